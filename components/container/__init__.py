"""Containers, in the words of a Compose service."""
