"""The stand-in for the docker plugin: Container, Network, RemoteImage, Volume and lookups."""
