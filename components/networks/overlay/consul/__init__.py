"""Consul: the server that a stack runs, and the control plane of overlays on it."""
