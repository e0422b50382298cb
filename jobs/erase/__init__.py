"""A person taken out of every layer, on request, and the proof that it was done."""
