"""The parts the stacks are made of, one construct a file.

Beside them stand the few things that constructs are given and that are none themselves: a place, a placement, a queue
of what was not delivered, the parameters of `spark-submit`, and the texts of alarms.
"""
