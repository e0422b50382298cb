"""A machine was started: is this run new, and what does it work on?"""
