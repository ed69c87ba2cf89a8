"""Strategy overlay: a subnet of the containers' own across hosts, carried by VXLAN.

The engines find each other through a control plane (plane.py), one of consul/ and swarm/.
"""
