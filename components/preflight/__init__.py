"""What must hold on hosts before anything is changed; check.py asks all of it.

What a strategy needs is in its own folder (components/networks/).
"""
