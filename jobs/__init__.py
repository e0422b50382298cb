"""What runs on EMR Serverless: one room per step of the data's way."""
