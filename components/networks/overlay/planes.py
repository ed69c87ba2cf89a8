"""The control planes of overlays. A new one is one folder here and one line in each of the two."""

from __future__ import annotations

from typing import Literal

from components.networks.overlay.consul.plane import ConsulPlane
from components.networks.overlay.plane import ControlPlane
from components.networks.overlay.swarm.plane import SwarmPlane

PlaneName = Literal["consul", "swarm"]

PLANES: dict[PlaneName, type[ControlPlane]] = {"consul": ConsulPlane, "swarm": SwarmPlane}
