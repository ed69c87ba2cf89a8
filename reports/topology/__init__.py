"""A stack's fleet as a picture: hosts, networks, containers, and the paths that are broken.

model.py is what there is to draw, paths.py what a reachability check says of it, view.py what of
both is worth its room; mermaid.py and svg.py draw a view.
"""
