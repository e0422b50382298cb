"""A job run came to its end: what was it billed for?"""
