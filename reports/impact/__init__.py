"""What an up would do, for the reader of a pull request; pure functions of plain data."""
