"""What everything in a stack follows: tags, paths and bounds of roles, what is kept, which findings are accepted."""
