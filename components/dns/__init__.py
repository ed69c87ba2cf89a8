"""Names on networks whose engines do not know each other: a name server in a container on each host."""
