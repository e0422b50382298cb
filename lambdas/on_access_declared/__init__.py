"""Event: a deploy has declared who may see what. Brings Lake Formation there."""
