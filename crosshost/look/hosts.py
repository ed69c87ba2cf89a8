"""Reads the facts of a stack's hosts without an engine: the same ssh_config, the same script."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

from components.facts import read_facts
from components.ssh import SshAccess
from planning.facts import HostFacts, Unreachable

PROJECT_FOLDER = Path(__file__).resolve().parent.parent.parent


def read_hosts(access: SshAccess) -> dict[str, HostFacts | Unreachable]:
    """The facts of every host, all asked at once."""
    with chdir(PROJECT_FOLDER):  # the ssh_config names its files from there
        return read_facts(access)
