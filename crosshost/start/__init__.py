"""The way to a first stack: which hosts there are, what they can do, and the file that says it."""
