"""A resource's failure, before it is dressed as the bridge dresses it."""

from __future__ import annotations

from ..values import Props


class Failed(Exception):
    """`state` is given where the resource exists all the same."""

    def __init__(self, text: str, *, resource_id: str = "", state: Props | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.resource_id = resource_id
        self.state = state
