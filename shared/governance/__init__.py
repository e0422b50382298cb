"""Who may see what in the lake, derived from the contracts, and the changes that bring an account there."""
