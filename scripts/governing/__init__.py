"""Brings the account of an environment to what the contracts say, from the command line."""
