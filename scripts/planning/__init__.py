"""`./lake plan`: what changed contracts will do to a lake, whom it affects and what it costs. Nothing here writes."""
