"""Makes a lake of a copy that has not arrived whole: finds the newest run that has, and cuts off what came after it."""
