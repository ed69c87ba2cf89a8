"""What VXLAN networks promise, in the open and encrypted."""

from __future__ import annotations

from dataclasses import replace

from components.networks.vxlan import refusals
from components.networks.vxlan.device import WIREGUARD_PORT
from planning.contract import Contract, Reach
from planning.vxlan_numbers import PORT

CONTRACT = Contract(
    key="vxlan",
    title="vxlan",
    engines="any, mixed too",
    addresses="of the network's own subnet, automatic from the host's slice, or chosen in it",
    changes="a VXLAN device on the network's bridge, kept across reboots by a unit",
    networks="one network of the same name on each host",
    undo="the device, its entries, the unit",
    reach={
        Reach.SAME_HOST: True,
        Reach.ACROSS: True,
        Reach.NAMES: False,
        Reach.OWN_HOST: True,
        Reach.OTHER_HOST: True,
        Reach.FROM_LAN: False,
        Reach.TO_LAN: True,
        Reach.PUBLISHED: True,
    },
    modules=("vxlan", "bridge", "veth"),
    ports=(("udp", PORT),),
    lacks=refusals.tools,
)
ENCRYPTED = replace(
    CONTRACT,
    key="vxlan-encrypted",
    title="vxlan, encrypted",
    changes="a WireGuard device and a VXLAN device on the network's bridge, kept across reboots by a unit",
    undo="the devices, their entries, the host's key, the unit",
    ports=(("udp", WIREGUARD_PORT),),
    lacks=refusals.wireguard_tools,
)
