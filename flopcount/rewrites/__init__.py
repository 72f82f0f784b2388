"""Rewrites: one file per design that could stand in a network's place, each a pure function from graph to graph.

No rewrite knows what anything costs: costs fall out of counting both graphs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct, field

from ..graph import Graph


class Rewritten(Struct, frozen=True):
    """What a rewrite gives.

    Attributes:
        graph: The new network.
        replaced: The layers that changed, each with those of the new network that stand in its place: itself where
            only its op or its sizes changed, another's where that does its work too.
        kept: The layers that the rewrite is meant for and that stay as they are, each with the reason.
    """

    graph: Graph
    replaced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)


class Rewrite(Protocol):
    """The module of a rewrite.

    Its docstring's first line says what it does, and `Options` are its options, a kind of `_options.Options`.

    Some have more: `replacement` (of a `_local.Replacement`'s kind), where each layer is rewritten by itself, so that
    `advise` can try it; `promised_ratio(node)` and its heading `PROMISE`, where a source says what is left of the cost;
    `MODE`, where it shows in training only.
    """

    Options: Any
    MEANT: str
    """The layers that it is meant for, as a message names one: "a standard convolution"."""

    def rewrite(self, graph: Graph, options: Any) -> Rewritten:
        """Rewrite a network.

        Raises:
            FlopcountError: It cannot be applied; with the layer and why.
        """
