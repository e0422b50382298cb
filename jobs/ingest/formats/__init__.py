"""File formats: the records of a landed or downloaded file as Arrow rows, in Spark's workers."""
