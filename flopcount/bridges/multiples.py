"""What numbers of layers are whole multiples of: elements, parameters, products ..."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..engine import Layer
from ..sizes import prod


def fitted(layers: Sequence[Layer], old: Sequence[int], new: Sequence[int]) -> tuple[str, int, int, int] | None:
    """The quantity of which both numbers are the same small whole multiples in every layer: (name, sum, old, new)."""
    best = None
    for name, amounts in _quantities(layers):
        if not all(amounts):
            continue
        price, other = old[0] // amounts[0], new[0] // amounts[0]
        fits = [price * amount for amount in amounts] == old and [other * amount for amount in amounts] == new
        if fits and (best is None or abs(price) + abs(other) < abs(best[2]) + abs(best[3])):
            best = name, sum(amounts), price, other
    return best


def _quantities(layers: Sequence[Layer]) -> Iterator[tuple[str, list[int]]]:
    """What layers have a number of, the plainest first."""
    uses = [layer.use for layer in layers]
    trips = [layer.node.trips for layer in layers]

    def times(amounts: Iterable[int]) -> list[int]:
        return [amount * trip for amount, trip in zip(amounts, trips, strict=True)]

    if all(use.inputs for use in uses):
        inputs = times(prod(use.x) for use in uses)
        outputs = times(prod(use.y) for use in uses)
        yield ("elements" if inputs == outputs else "inputs"), inputs
        yield "outputs", outputs
        yield (
            "parameters per sample",
            times(use.y[0] * sum(map(prod, use.op.weights(*use.inputs).values())) for use in uses),
        )
    yield "products", times(sum(entry.count for entry in use.work if entry.kind == "dot") for use in uses)
    if all(isinstance(getattr(use.op, "kernel", None), int) for use in uses):
        yield "taps", times(prod(use.y) * use.op.kernel ** (len(use.x) - 2) for use in uses)
