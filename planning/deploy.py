"""`deploy` of a Compose service, as far as it has a meaning for one container on one host.

Source: the Compose Deploy Specification. What only Swarm's services have (update_config, placement,
...) has no effect, as with docker compose.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from planning.field_types import Duration, Size, parse_size
from planning.stack_model import StackModel

_OF_SWARM = "Of Swarm's services: has no effect here, as with docker compose"


class Limits(StackModel):
    """Most that the container may use."""

    refused = {"pids": "the docker provider cannot set it"}

    cpus: float | None = Field(default=None, gt=0, description="As `cpus` of the container")
    memory: Size | None = Field(default=None, description="As `mem_limit`")


class Reservations(StackModel):
    """What is kept for the container."""

    refused = {
        "devices": "write `devices` of the container instead",
        "generic_resources": "only Swarm's services have it",
    }

    cpus: float | None = Field(default=None, description=_OF_SWARM)
    memory: Size | None = Field(default=None, description="As `mem_reservation`")


class Resources(StackModel):
    """Limits and reservations."""

    limits: Limits | None = Field(default=None, description="Most that the container may use")
    reservations: Reservations | None = Field(
        default=None, description="What is kept for the container"
    )


class RestartPolicy(StackModel):
    """When Docker starts the container again."""

    condition: Literal["none", "on-failure", "any"] = Field(
        default="any", description="As `restart` with no, on-failure and always"
    )
    max_attempts: int | None = Field(
        default=None, ge=0, description="Most starts of on-failure, as on-failure:N"
    )
    delay: Duration | None = Field(default=None, description=_OF_SWARM)
    window: Duration | None = Field(default=None, description=_OF_SWARM)


class Deploy(StackModel):
    """Resources and restart policy in the words of `deploy`."""

    resources: Resources | None = Field(default=None, description="Limits and reservations")
    restart_policy: RestartPolicy | None = Field(
        default=None, description="When Docker starts it again, where `restart` does not say"
    )
    replicas: int = Field(default=1, description="One: write an entry for each further container")
    mode: Literal["replicated"] = Field(default="replicated", description=_OF_SWARM)
    endpoint_mode: str | None = Field(default=None, description=_OF_SWARM)
    labels: dict[str, Any] | list[str] | None = Field(default=None, description=_OF_SWARM)
    placement: dict[str, Any] | None = Field(default=None, description=_OF_SWARM)
    update_config: dict[str, Any] | None = Field(default=None, description=_OF_SWARM)
    rollback_config: dict[str, Any] | None = Field(default=None, description=_OF_SWARM)

    @field_validator("replicas")
    @classmethod
    def one_container(cls, value: int) -> int:
        if value != 1:
            raise ValueError(f"{value}: one entry is one container: write an entry for each")
        return value


def with_deploy(service: Any) -> Any:
    """A service's words with those that `deploy` stands for; ValueError where both differ.

    What is wrong in `deploy` itself is left to its model.
    """
    if not isinstance(service, dict) or not isinstance(service.get("deploy"), dict):
        return service
    deploy = service["deploy"]
    resources = _map(deploy.get("resources"))
    limits, reserved = _map(resources.get("limits")), _map(resources.get("reservations"))
    meant = {
        "cpus": limits.get("cpus"),
        "mem_limit": limits.get("memory"),
        "mem_reservation": reserved.get("memory"),
    }
    whole = dict(service)
    for key, value in meant.items():
        if value is None:
            continue
        if key in service and not _same(service[key], value):
            raise ValueError(
                f"{key} is {service[key]}, and deploy.resources says {value}: remove one"
            )
        whole[key] = value
    if "restart_policy" in deploy and "restart" not in service:
        policy = _map(deploy["restart_policy"])
        whole["restart"] = _restart(policy.get("condition", "any"), policy.get("max_attempts"))
    return whole


def _restart(condition: Any, most: Any) -> str:
    if condition == "on-failure" and isinstance(most, int) and most > 0:
        return f"on-failure:{most}"
    return {"any": "always", "none": "no"}.get(str(condition), "on-failure")


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _same(one: Any, other: Any) -> bool:
    if str(one) == str(other):
        return True
    try:
        return parse_size(one) == parse_size(other)
    except ValueError:
        return False
