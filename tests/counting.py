"""Counting by doing: numbers that tally every primitive performed on them.

The independent oracle of the ledger: a test runs an op's definition as naive loops over `Number`s and compares what was
really performed with what the op's formula says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from itertools import product
from operator import add
from typing import Any

from flopcount.formula.lift import lift
from flopcount.op import Op, Work

TALLY: Counter[str] = Counter()


class Number:
    """A number whose value nobody needs; its arithmetic is tallied."""

    def _counted(kind: str) -> Callable[..., Number]:  # type: ignore[misc]
        def operation(self: Number, other: object = None) -> Number:
            TALLY[kind] += 1
            return Number()

        return operation

    __add__ = __radd__ = __sub__ = __rsub__ = _counted("add")
    __mul__ = __rmul__ = _counted("mul")
    __truediv__ = __rtruediv__ = _counted("div")
    maximum = minimum = _counted("cmp")
    special = _counted("special")


def array(shape: Iterable[int]) -> dict[tuple[int, ...], Number]:
    """An array of fresh numbers, by index."""
    return {index: Number() for index in indices(shape)}


def indices(shape: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Every index of a shape."""
    return product(*map(range, shape))


def total(numbers: Iterable[Number]) -> Number:
    """Their sum: one addition fewer than there are numbers."""
    return reduce(add, numbers)


def dot_product(left: Iterable[Number], right: Iterable[Number]) -> Number:
    """K multiplications and K - 1 additions."""
    return total([x * w for x, w in zip(left, right, strict=True)])


@contextmanager
def tallied() -> Iterator[Counter[str]]:
    """Tally what the block performs."""
    TALLY.clear()
    result: Counter[str] = Counter()
    yield result
    result.update(TALLY)


def performed(work: Iterable[Work] | None) -> Counter[str]:
    """What a ledger says is performed, primitive by primitive (masked work is not)."""
    assert work is not None
    result: Counter[str] = Counter()
    for entry in work:
        if entry.role == "masked":
            continue
        if entry.kind == "dot":
            result["mul"] += entry.count
            result["add"] += entry.count - entry.outputs
        else:
            result[entry.kind] += entry.count
    return +result


def ledger(op: Op, *shapes: tuple[int, ...]) -> Counter[str]:
    """What the op's own formula says for inputs of these shapes."""
    op.check(*shapes)
    outputs = op.infer(*shapes)
    return performed(op.work(*shapes, *(outputs if isinstance(outputs, list) else [outputs])))


def ledger_in_letters(op: Op, *shapes: tuple[int, ...]) -> Counter[str]:
    """The same from the formulas that explain it: run on letters, then evaluated."""
    outputs = op.infer(*shapes)
    lifted = lift(op, shapes, outputs if isinstance(outputs, list) else [outputs])
    result = performed(lifted.op.work(*lifted.inputs, *lifted.outputs))
    return Counter({kind: int(count) for kind, count in result.items()})


def backward_work(op: Op, *shapes: tuple[int, ...]) -> list[Work]:
    """What the op's own formula says of all its gradients."""
    op.check(*shapes)
    outputs = op.infer(*shapes)
    work = op.backward(*shapes, *(outputs if isinstance(outputs, list) else [outputs]))
    assert work is not None
    return list(work)


def backward_ledger(op: Op, *shapes: tuple[int, ...], to: Collection[int | str] | None = None) -> Counter[str]:
    """The primitives of the gradients: of all, or only of those to these inputs and weights."""
    return performed(entry for entry in backward_work(op, *shapes) if to is None or entry.to in {"", *to})


def backward_in_letters(op: Op, *shapes: tuple[int, ...]) -> Counter[str]:
    """The gradients' primitives from the formulas that explain them."""
    outputs = op.infer(*shapes)
    lifted = lift(op, shapes, outputs if isinstance(outputs, list) else [outputs])
    result = performed(lifted.op.backward(*lifted.inputs, *lifted.outputs))
    return Counter({kind: int(count) for kind, count in result.items()})


def sizes_of(mapping: dict[str, Any]) -> int:
    """How many numbers the named shapes hold together."""
    elements = 0
    for shape in mapping.values():
        count = 1
        for size in shape:
            count *= size
        elements += count
    return elements
