"""What macvlan networks promise."""

from __future__ import annotations

from planning.contract import Contract, Reach

CONTRACT = Contract(
    key="macvlan",
    title="macvlan",
    engines="any",
    addresses="of the hosts' LAN, chosen, or automatic from the host's slice",
    changes="promiscuous mode of the NIC, if asked for, kept across reboots by a unit",
    networks="one network of the same name on each host",
    undo="the NIC's mode, the unit",
    reach={
        Reach.SAME_HOST: True,
        Reach.ACROSS: True,
        Reach.NAMES: False,
        Reach.OWN_HOST: False,
        Reach.OTHER_HOST: True,
        Reach.FROM_LAN: True,
        Reach.TO_LAN: True,
        Reach.PUBLISHED: False,
    },
    modules=("macvlan",),
)
