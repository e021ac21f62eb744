"""A small payment service."""
