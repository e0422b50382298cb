"""Event: files landed. Starts one run that brings the tables of files up to date."""
