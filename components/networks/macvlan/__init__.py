"""Strategy macvlan: containers with addresses of their own on the hosts' LAN."""
