"""A deploy has said who may see what: Lake Formation is brought there."""
