"""Does the place do what the lake stands on? Looked at by a job, where nothing but a job can."""
