"""What a witness says."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Testimony(Struct, frozen=True):
    """What a witness says.

    Attributes:
        layers: By layer and by what is asked: `outputs`, `params`, `buffers`, or a unit of work.
        whole: The same of the whole network, in the witness's own sum.
        idle: Parameters of modules that are never called, by name: how many numbers each.
    """

    layers: dict[str, dict[str, Any]]
    whole: dict[str, Any]
    idle: dict[str, int] = {}
