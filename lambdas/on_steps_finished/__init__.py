"""Steps of a run came to an end: how did they come out?"""
