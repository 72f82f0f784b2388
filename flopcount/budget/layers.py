"""Which layers hold a number, and which ones made it grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..engine import Layer
from ..verdict import Held

MOST = 3
"""How many layers a message names."""


def holding(layers: Sequence[Layer], numbers: Sequence[int | None], most: int = MOST) -> tuple[Held, ...]:
    """The layers that hold most, the largest first."""
    known = [(number, place) for place, number in enumerate(numbers) if number]
    known.sort(key=lambda item: (-item[0], item[1]))
    return tuple(_held(layers[place], number) for number, place in known[:most])


def growing(
    layers: Sequence[Layer], numbers: Sequence[int | None], before: Mapping[str, int], most: int = MOST
) -> tuple[Held, ...]:
    """The layers that hold more than the layer of their name did, those that grew most first."""
    pairs = [
        (number - before.get(layer.node.name, 0), place)
        for place, (layer, number) in enumerate(zip(layers, numbers, strict=True))
        if number is not None and number > before.get(layer.node.name, 0)
    ]
    pairs.sort(key=lambda item: (-item[0], item[1]))
    return tuple(
        _held(layers[place], (numbers[place] or 0), before.get(layers[place].node.name)) for _, place in pairs[:most]
    )


def differing(
    layers: Sequence[Layer], numbers: Sequence[int | None], before: Mapping[str, int], most: int
) -> tuple[Held, ...]:
    """The layers that hold more or less than before, also those that are gone (0 now), the largest difference first."""
    now = {layer.node.name: (number or 0, layer) for layer, number in zip(layers, numbers, strict=True)}
    found = [
        _held(layer, number, before.get(name)) for name, (number, layer) in now.items() if number != before.get(name, 0)
    ]
    found += [Held(name, "", 0, number) for name, number in before.items() if name not in now and number]
    found.sort(key=lambda held: -abs(held.value - (held.before or 0)))
    return tuple(found[:most])


def _held(layer: Layer, value: int, before: int | None = None) -> Held:
    return Held(layer.node.name, layer.node.op.tag, value, before, layer.node.where)
