"""The functions between the steps, one folder for each event they answer."""
