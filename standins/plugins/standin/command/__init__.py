"""The stand-in for the command plugin: commands on hosts and here, files copied to hosts."""
