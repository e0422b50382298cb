"""`./lake replacements`: compares two cloud assemblies, and finds what a deploy would remove or replace."""
