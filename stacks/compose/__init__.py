"""The services of an existing Compose file, as containers of a stack."""
