"""The parts the stacks are made of, one construct a file.

Beside them are the few arguments of constructs that are no constructs themselves: a place, a placement, a queue for
undelivered events, the parameters of `spark-submit`, and the texts of alarms.
"""
