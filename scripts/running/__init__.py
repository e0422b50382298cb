"""A machine of the lake, run whole on this computer."""
