"""Proof that what a stack's networks promise is so, asked for by ``up`` and at any time."""
