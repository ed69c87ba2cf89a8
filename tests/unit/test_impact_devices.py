"""What the impact report says of VXLAN devices, VLANs and the like."""

from __future__ import annotations

from planning.interruption_text import interrupted
from reports.impact import expected as expectations
from reports.impact.expected import Expected
from reports.impact.model import Gate
from reports.impact.verdict import verdict
from tests.unit.impacts import of, sentences
from tests.unit.previews import NETWORK, REMOTE, said, step

VXLAN = "planned=x network=mesh bridge=br1 device=vx1 vni={vni} port=4789 local=10.0.0.11 mtu=1450 id=a\n"


def test_a_device_that_changes_is_told_in_words_with_what_changes():
    old = {"stdin": VXLAN.format(vni=42) + "10.0.0.12 172.16.2.16/28\n"}
    new = {"stdin": VXLAN.format(vni=43) + "10.0.0.13 172.16.2.32/28\n"}
    found = of(
        step("update", REMOTE, "mesh-vxlan@docker01", old, new),
        step("create", REMOTE, "mesh-vxlan@docker02", None, {"stdin": "not known yet"}),
        step("update", REMOTE, "mesh-vxlan@docker03", old, {"stdin": "not known yet"}),
        step(
            "update",
            REMOTE,
            "mesh-vxlan@docker04",
            old,
            {"stdin": old["stdin"].replace("planned=x", "planned=y")},
        ),
        step("delete", REMOTE, "lan-shim@docker02", new, None),
        step("create", REMOTE, "vlan-ens33.20@docker02", None, {"stdin": "x"}),
        step("create", REMOTE, "slices-lan@docker02", None, {"stdin": "x"}),
        step("delete", NETWORK, "mesh@docker02", {"driver": "bridge"}, None),
    )
    assert sentences(found) == [
        "the VXLAN device of mesh is changed in place (VNI 42 -> 43, it sends to 10.0.0.13 too, it sends to "
        "10.0.0.12 no more)"
    ]
    assert sentences(found, "docker02") == [
        "network mesh is removed",
        "VLAN ens33.20 is made",
        "the VXLAN device of mesh is made",
        "the host's own device on lan is removed",
        "slices-lan: create",
    ]
    assert sentences(found, "docker03") == ["the VXLAN device of mesh is changed in place"]
    assert sentences(found, "docker04") == [
        "the VXLAN device of mesh is brought back to what the stack file says"
    ]


def test_a_network_that_is_interrupted_between_hosts_is_in_the_verdict_and_shuts_a_gate():
    old, new = {"stdin": VXLAN.format(vni=42)}, {"stdin": VXLAN.format(vni=43)}
    told = interrupted(
        "docker01", "the VXLAN device of mesh is made anew (vni 42 -> 43)", "have that"
    )
    found = of(
        step("update", REMOTE, "mesh-vxlan@docker01", old, new),
        diagnostics=[said(told, about="mesh")],
    )
    assert verdict(found) == "interrupts mesh between hosts"
    assert sentences(found) == [told.removeprefix("docker01: ")]
    assert expectations.shut(found, Expected(), [Gate.REPLACE])
    assert not expectations.shut(found, expectations.read("Expected: replace mesh"), [Gate.REPLACE])
