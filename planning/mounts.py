"""Mounts of a Compose service: bind mounts and named volumes, in their short and their long form."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from planning.field_types import parse_size
from planning.stack_model import StackModel

# Docker Desktop's, without effect elsewhere; and the default.
_WITHOUT_EFFECT = frozenset({"rw", "cached", "delegated", "consistent"})
_LONG = frozenset({"bind", "volume", "consistency"})


class VolumeMount(StackModel):
    """A bind mount or named volume inside the container."""

    short_forms = ("string",)
    refused = {
        "image": "crosshost mounts no images",
        "tmpfs": "it belongs to type: tmpfs",
    }

    type: Literal["bind", "volume"] = Field(
        description="bind: a path of the Docker host; volume: a named volume"
    )
    source: str | None = Field(
        default=None,
        description="Absolute path on the Docker host, or the volume's name (without: a new volume)",
    )
    target: str = Field(description="Absolute path in the container")
    read_only: bool = Field(default=False, description="The container cannot write to it")
    selinux: Literal["z", "Z"] | None = Field(
        default=None, description="SELinux label: z for several containers, Z for this one alone"
    )

    @model_validator(mode="before")
    @classmethod
    def short_form(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return _from_long(value)
        if not isinstance(value, str):
            return value
        parts = value.split(":")
        if len(parts) == 1:
            return {"type": "volume", "target": parts[0]}
        if len(parts) > 3:
            raise ValueError(f"{value!r} is no volume: write SOURCE:TARGET or SOURCE:TARGET:ro")
        return {
            "type": "bind" if is_path(parts[0]) else "volume",
            "source": parts[0],
            "target": parts[1],
            **_options(value, parts[2].split(",") if parts[2:] else []),
        }

    @model_validator(mode="after")
    def absolute(self) -> VolumeMount:
        if not self.target.startswith("/"):
            raise ValueError(f"{self.target!r} must be an absolute path in the container")
        if self.type == "bind" and not (self.source or "").startswith("/"):
            raise ValueError(f"{self.source!r} must be an absolute path on the Docker host")
        for path in (self.target, self.source or ""):
            if ":" in path:
                raise ValueError(f"{path!r} holds a colon, which Docker takes for the path's end")
        if (
            self.type == "volume"
            and self.source is not None
            and not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", self.source)
        ):
            raise ValueError(f"{self.source!r} is no volume name")
        return self


def is_path(source: str) -> bool:
    """Whether the source of a mount in its short form is a path, and not a volume's name."""
    return source.startswith(("/", ".", "~"))


def _options(value: str, options: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"read_only": "ro" in options}
    for option in options:
        if option in ("z", "Z"):
            found["selinux"] = option
        elif option != "ro" and option not in _WITHOUT_EFFECT:
            raise ValueError(
                f"{value!r} is no volume that crosshost can mount: the options are ro, rw, z and Z"
            )
    return found


def _from_long(value: dict[Any, Any]) -> dict[Any, Any]:
    """The long form without what is Docker's default anyway; ValueError for what is not."""
    bind, volume = value.get("bind") or {}, value.get("volume") or {}
    if not isinstance(bind, dict) or not isinstance(volume, dict):
        return value
    plain = {key: item for key, item in value.items() if key not in _LONG}
    if "selinux" in bind:
        plain["selinux"] = bind["selinux"]
    if bind.get("create_host_path") in (False, "false"):
        raise ValueError("bind.create_host_path cannot be false: Docker makes a missing folder")
    for key in (*bind, *volume):
        if key not in ("selinux", "create_host_path", "labels"):
            raise ValueError(
                f"{key} cannot be set: the docker provider mounts with Docker's default"
            )
    return plain


def tmpfs_from_mounts(service: Any) -> Any:
    """A service's words with its mounts of type tmpfs among its `tmpfs`."""
    mounts = service.get("volumes") if isinstance(service, dict) else None
    if not isinstance(mounts, list):
        return service
    kept, paths = [], []
    for mount in mounts:
        if isinstance(mount, dict) and mount.get("type") == "tmpfs":
            paths.append(_tmpfs(mount))
        else:
            kept.append(mount)
    if not paths:
        return service
    given = service.get("tmpfs") or []
    if not isinstance(given, (str, list)):
        return service
    return {
        **service,
        "volumes": kept,
        "tmpfs": [*([given] if isinstance(given, str) else given), *paths],
    }


def _tmpfs(mount: dict[Any, Any]) -> str:
    options = mount.get("tmpfs") or {}
    if extra := sorted(
        {*map(str, mount)} - {"type", "target", "tmpfs", "read_only", "consistency"}
    ):
        raise ValueError(f"a mount of type tmpfs has no {extra[0]}")
    if not isinstance(options, dict) or {*options} - {"size", "mode"}:
        raise ValueError("tmpfs of a mount has the keys size and mode")
    words = [f"size={parse_size(options['size'])}"] if "size" in options else []
    if "mode" in options:
        mode = options["mode"]
        if not isinstance(mode, int):
            raise ValueError(f"tmpfs.mode is {mode!r}: write a number, e.g. 0o700")
        words.append(f"mode={mode:o}")
    if mount.get("read_only"):
        words.append("ro")
    return ":".join(filter(None, [str(mount.get("target")), ",".join(words)]))
