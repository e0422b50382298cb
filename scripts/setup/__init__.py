"""Sets up the checkout on the first call, before any library is installed: standard library only, one part per file."""
