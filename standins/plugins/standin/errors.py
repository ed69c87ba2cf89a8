"""What a provider may raise; the server turns each into the engine's error."""

from __future__ import annotations

from .values import Props


class PluginError(Exception):
    """A call failed: `text` is what the user reads."""

    def __init__(self, text: str, code: str = "UNKNOWN") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class Unimplemented(PluginError):
    """The plugin has no such call; the engine goes on without it."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "UNIMPLEMENTED")


class InitFailed(PluginError):
    """The resource exists and goes into the state, but is not as it should be."""

    def __init__(self, text: str, resource_id: str, state: Props, inputs: Props) -> None:
        super().__init__(text)
        self.resource_id = resource_id
        self.state = state
        self.inputs = inputs
