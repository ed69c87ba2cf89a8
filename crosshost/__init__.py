"""The commands that a person runs by hand: ``python -m crosshost COMMAND``.

start/ has the one that begins, look/ has those that only look, change/ those that change hosts or a stack's state.
"""
