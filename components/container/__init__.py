"""Containers, with the keys of a Compose service."""
