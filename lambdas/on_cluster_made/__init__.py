"""A deploy has made a cluster of Kafka: where is it met?"""
