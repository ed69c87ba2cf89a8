"""Swarm: the swarm of a stack's hosts, and the control plane of overlays in it."""
