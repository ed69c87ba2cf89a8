"""What a stack's networks promise, as probes from inside its containers, and what came of them.

Standard library only: components/reachability/run.py may run without the project's packages.
"""
