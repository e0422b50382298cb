"""Who may see what of the lake: derived from the contracts, and how an account is brought there."""
