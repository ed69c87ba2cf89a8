"""Commands that change hosts or a stack's state; each says what it will do, and asks."""
