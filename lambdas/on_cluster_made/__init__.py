"""Event: a deploy has made a Kafka cluster. Answers with the addresses of its brokers."""
