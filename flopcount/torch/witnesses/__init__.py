"""Witnesses: tools that we did not write, asked about the module that a graph builds. A file each.

A witness is `hear(graph) -> Testimony`: what it says of each layer and of the whole network.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from msgspec import Struct

from ...errors import FlopcountError
from ...graph import Graph

MODULES = {"torch": "structure", "FlopCounterMode": "flop_counter", "fvcore": "fvcore"}


class Testimony(Struct, frozen=True):
    """What a witness says.

    Attributes:
        layers: By layer and by what is asked: `outputs`, `params`, `buffers`, or a unit of work.
        whole: The same of the whole network, in the witness's own sum.
    """

    layers: dict[str, dict[str, Any]]
    whole: dict[str, Any]


def hear(name: str, graph: Graph) -> Testimony | str:
    """What a witness says, or why it cannot.

    Args:
        name: A key of `MODULES`.
        graph: The network.

    Raises:
        FlopcountError: The network cannot be built, or a tool is missing.
    """
    witness: Any = import_module(f".{MODULES[name]}", __name__)
    try:
        testimony: Testimony = witness.hear(graph)
    except FlopcountError:
        raise
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        return " ".join((f"{type(error).__name__}: {first}", *getattr(error, "__notes__", ())))
    return testimony
