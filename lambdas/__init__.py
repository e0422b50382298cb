"""The functions: between the steps, at events of AWS, at a deploy, behind the API; one folder for each event."""
