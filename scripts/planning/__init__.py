"""What a change of contracts will do to a lake: compared, followed downstream, and priced. Nothing here writes."""
