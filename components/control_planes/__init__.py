"""The control planes of overlays. A new one is one file here and one line in each of the two."""

from __future__ import annotations

from typing import Literal

from components.control_planes.base import ControlPlane, Parts
from components.control_planes.consul import ConsulPlane
from components.control_planes.swarm import SwarmPlane

__all__ = ["PLANES", "ControlPlane", "Parts", "PlaneName"]

PlaneName = Literal["consul", "swarm"]

PLANES: dict[PlaneName, type[ControlPlane]] = {"consul": ConsulPlane, "swarm": SwarmPlane}
