"""Sets the checkout up before any library is there: standard library only, one part a file."""
