"""`./lake recover`: finds the newest complete run in a partly copied lake, and cuts off what came after it."""
