"""How much a spec may unfold into, so that a few lines cannot keep a machine busy for ever."""

from __future__ import annotations

from time import monotonic

from msgspec import Struct, field

from ...errors import SpecError
from .document import where
from .syntax import Node

MAX_LAYERS = 2**19
"""Five times the largest network that anyone writes down."""

MAX_VALUES = 2**22
"""How many copies, arguments and derived values may be computed on the way."""

MAX_SECONDS = 30
"""A last fuse, for expressions that are long to compute each time: a network of 100,000 layers takes two seconds."""

_HINT = "look for a repeat inside a repeat, or blocks that use each other twice"


class Budget(Struct):
    """What one spec has unfolded into so far."""

    path: str
    layers: int = 0
    values: int = 0
    started: float = field(default_factory=monotonic)

    def layer(self, node: Node) -> None:
        """Count a layer, block, group or branches."""
        self.layers += 1
        if self.layers > MAX_LAYERS:
            raise self._exceeded(node, f"{MAX_LAYERS} layers")

    def spend(self, node: Node, values: int) -> None:
        """Count what is computed perhaps without a layer to show for it."""
        self.values += values
        if self.values > MAX_VALUES:
            raise self._exceeded(node, f"{MAX_VALUES} values")
        if monotonic() - self.started > MAX_SECONDS:
            raise self._exceeded(node, f"can be computed in {MAX_SECONDS} seconds")

    def _exceeded(self, node: Node, most: str) -> SpecError:
        return SpecError(f"the spec unfolds into more than {most}", where=where(self.path, node), hint=_HINT)
