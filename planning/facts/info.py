"""`docker info`, as far as it is read."""

from __future__ import annotations

import json

from pydantic import BaseModel

from planning.answers import At, Word, WordOrNone
from planning.facts.printed import Printed


class _Firewall(BaseModel):
    Driver: str | None = ""


class _Client(BaseModel):
    Version: str | None = ""


class _Manager(BaseModel):
    NodeID: Word
    Addr: At


class _Encryption(BaseModel):
    AutoLockManagers: bool | None = False


class _Spec(BaseModel):
    EncryptionConfig: _Encryption | None = None


class ClusterInfo(BaseModel):
    """The swarm itself, of which only managers tell."""

    ID: WordOrNone | None = ""
    Spec: _Spec | None = None
    DataPathPort: int | None = None


class SwarmInfo(BaseModel):
    """The section Swarm."""

    LocalNodeState: WordOrNone | None = ""
    NodeID: WordOrNone | None = ""
    NodeAddr: At | None = ""
    ControlAvailable: bool | None = False
    Error: str | None = ""
    RemoteManagers: list[_Manager] | None = None
    Cluster: ClusterInfo | None = None


class Info(BaseModel):
    """What `docker info --format '{{json .}}'` prints."""

    ServerVersion: WordOrNone = ""
    Architecture: WordOrNone | None = ""
    ClusterStore: str | None = ""
    ClusterAdvertise: str | None = ""
    LiveRestoreEnabled: bool | None = False
    FirewallBackend: _Firewall | None = None
    ClientInfo: _Client | None = None
    Swarm: SwarmInfo | None = None


def docker_info(printed: Printed) -> Info:
    """What the engine told of itself, nothing where it told nothing or nonsense."""

    def info() -> Info:
        text = printed.text("info")
        return Info() if text is None else Info.model_validate(json.loads(text))

    return printed.read("info", info) or Info()
