"""What every topic of facts is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from typing import Self

    from planning.facts.printed import Printed


class Facts(BaseModel):
    """Base: frozen, and a field too many is a fault of ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Topic(Facts):
    """Facts that are read together: by the shell fragment beside the topic's module on the host, and
    from what that printed by ``read``.
    """

    @classmethod
    def read(cls, printed: Printed) -> Self:
        """The topic's facts. One that has not its form is None, or empty, and stands in
        ``printed.unread``; ValueError only where without it nothing else can be believed.
        """
        raise NotImplementedError
