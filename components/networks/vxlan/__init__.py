"""VXLAN networks: a bridge on each host, joined by devices that know the other hosts."""
