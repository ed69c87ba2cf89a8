"""What macvlan networks promise."""

from __future__ import annotations

from dataclasses import replace

from planning.contract import Contract, Reach

CONTRACT = Contract(
    key="macvlan",
    title="macvlan",
    engines="any",
    addresses="of the hosts' LAN, chosen, or automatic from the host's slice",
    changes="promiscuous mode of the NIC, VLANs on it, a device of the host's own (`shim`), each if asked for "
    "and kept across reboots by a unit",
    networks="one network of the same name on each host",
    undo="the NIC's mode, VLANs that were not there before, the host's own device, the units",
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


def contract(driver: str, *, names: bool, shim: bool, vlan: bool) -> Contract:
    """That of one network. ``driver``: Docker's. ``names``: with name servers. ``vlan``: on one somewhere."""
    reach = {**CONTRACT.reach, Reach.NAMES: names, Reach.OWN_HOST: shim}
    if vlan:
        # Hosts have no address there.
        del reach[Reach.OTHER_HOST], reach[Reach.TO_LAN]
    return replace(CONTRACT, title=driver, modules=(driver,), reach=reach)
