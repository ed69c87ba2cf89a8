"""The certificates of a daemon's TCP API, put on its host."""

from __future__ import annotations

import pulumi
import pulumi_command as command

from components.daemon_settings import Certificates
from components.host import Host
from planning import records
from planning.facts import HostFacts
from planning.host_paths import of_stack


def folder(stack: str, certificates: Certificates) -> str:
    """Where a host keeps them; another content is another folder."""
    return f"{of_stack(stack)}/tls/{certificates.hash[:16]}"


def put(
    host: Host, certificates: Certificates, *, parent: pulumi.Resource
) -> command.remote.Command:
    """The files on the host. The key goes there as a secret; the host's record holds its hash."""
    texts = (certificates.ca, certificates.cert, certificates.key)
    ca, cert, key = (str(len(text.splitlines())) for text in texts)
    facts = host.facts
    here = facts.certificates if isinstance(facts, HostFacts) else {}
    intact = here.get(certificates.hash[:16]) == f"{certificates.hash} 600"
    if certificates.hash[:16] in here and not intact:
        pulumi.log.warn(
            f"{host.host_name}: the API's certificates or their modes were changed by hand: up writes "
            "them again",
            resource=parent,
        )
    header = records.text(
        "",
        record=host.record("tls"),
        intact=intact,
        header={"hash": certificates.hash, "ca": ca, "cert": cert, "key": key},
    )
    return host.change(
        "tls", "tls.sh", pulumi.Output.secret(header + "".join(texts)), parent=parent
    )
