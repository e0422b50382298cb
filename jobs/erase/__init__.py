"""Erases a person from every layer, on request, and proves that nothing is left."""
