"""A file landed: bring the tables it feeds up to date."""
