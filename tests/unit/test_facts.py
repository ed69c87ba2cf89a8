"""What facts.sh prints, as facts."""

from __future__ import annotations

import pytest

from planning import facts
from tests.unit.fleet import facts_text


def test_facts_are_read_as_printed():
    seen = facts.parse(
        facts_text(
            daemon_json='{"a": 1}',
            records={"daemon": "planned=x\n{}", "nic/ens33": "planned=y\n"},
            nics={"ens33": "<BROADCAST,PROMISC,UP>", "lo": "<LOOPBACK,UP>"},
            info={"ClusterStore": "consul://10.0.0.11:8500", "LiveRestoreEnabled": True},
        )
    )
    assert seen.engine is not None
    assert seen.engine.version == "20.10.5+dfsg1"
    assert seen.engine.cluster_store == "consul://10.0.0.11:8500"
    assert seen.engine.live_restore
    assert seen.daemon_json == '{"a": 1}'
    assert seen.records == {"daemon": "planned=x\n{}", "nic/ens33": "planned=y\n"}
    assert seen.nics["ens33"].promiscuous
    assert not seen.nics["lo"].promiscuous
    assert str(seen.nics["ens33"].addresses[0]) == "10.0.0.11/24"
    assert seen.backends == {"consul", "etcd", "zookeeper"}


def test_a_host_without_a_daemon_json_is_told_from_one_with_an_empty_one():
    assert facts.parse(facts_text()).daemon_json is None
    assert facts.parse(facts_text(daemon_json="")).daemon_json == ""


@pytest.mark.parametrize("lost", [1, 5, 12])
def test_facts_that_are_cut_off_are_refused(lost):
    text = "".join(facts_text().splitlines(keepends=True)[:-lost])
    with pytest.raises(ValueError, match="did not run to its end"):
        facts.parse(text)
