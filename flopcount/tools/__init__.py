"""What other tools count that no price can state: rules of a convention, beside it and never inside an op's formula.

A rule takes what a tool meets in one layer (a `Use`) and gives the ledger that the tool believes in. Most are one
number per element, made by the functions here; those that are longer stand in a file a tool.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ..op import Work
from ..ops.window import per_axis
from ..sizes import prod

BATCH_NORMS = ("bn",)
NORMS = ("bn", "gn", "instance_norm", "ln")
MAX_POOLS = ("maxpool", "adaptive_maxpool", "global_maxpool")
WINDOW_POOLS = ("maxpool", "avgpool")
ADAPTIVE_AVERAGES = ("adaptive_avgpool", "global_avgpool")
POOLS = (*MAX_POOLS, "avgpool", *ADAPTIVE_AVERAGES)
RECURRENT = ("gru", "lstm", "rnn")
JOINING = ("add", "sub", "mul", "div", "maximum", "minimum")


class Use(Struct, frozen=True, gc=False):
    """One layer, as a tool meets it.

    Attributes:
        op: What it is.
        work: Its ledger, or what the rules before have made of it.
        inputs, outputs: The shapes of its inputs and outputs.
        origin, places: See `flopcount.graph.Node`.
    """

    op: Any
    work: Sequence[Work]
    inputs: tuple[Any, ...] = ()
    outputs: tuple[Any, ...] = ()
    origin: str = "module"
    places: int = 1

    @property
    def x(self) -> Any:
        """The shape of the first input."""
        return self.inputs[0]

    @property
    def y(self) -> Any:
        """The shape of the first output."""
        return self.outputs[0]


Belief = Callable[[Use], Sequence[Work] | None]
"""The ledger that a tool believes in; None: nobody has found out."""


class Rule(Struct, frozen=True):
    """What a tool keeps account of in place of the true ledger.

    Attributes:
        name: What it counts, as a note or a bridge says it.
        ops: The tags of the ops that it is for; empty: every op.
        belief: What the tool believes.
        wrong: Whether the tool is plainly mistaken: then a report says so of the layers concerned.
        phase: The entries that it is about: those of this phase are replaced, all others stay.
    """

    name: str
    ops: tuple[str, ...]
    belief: Belief
    wrong: bool = False
    phase: str = "forward"

    def apply(self, use: Use) -> Use | None:
        """The layer with what the tool believes of it; None: unknown.

        Example:
            >>> from flopcount.ops.norm import BatchNorm
            >>> shape = (1, 64, 56, 56)
            >>> use = Use(BatchNorm(), BatchNorm().work(shape, shape), (shape,), (shape,))
            >>> Rule("2 per element", BATCH_NORMS, per_input(2)).apply(use).work
            (Work(kind='unit', count=401408),)
        """
        if self.ops and use.op.tag not in self.ops:
            return use
        others = [entry for entry in use.work if entry.phase != self.phase]
        own = use.work if not others else [entry for entry in use.work if entry.phase == self.phase]
        believed = self.belief(use if own is use.work else replace(use, work=own))
        if believed is own:
            return use
        return None if believed is None else replace(use, work=(*believed, *others))


def repeated(work: Sequence[Work], times: int) -> Sequence[Work]:
    """Entries so many times."""
    if times == 1:
        return work
    return [replace(entry, count=entry.count * times, outputs=entry.outputs * times) for entry in work]


def at_every_place(use: Use) -> Sequence[Work]:
    """A module that stands in several places is summed at each, with all its calls."""
    return repeated(use.work, use.places)


SUMS = ("add", "mul", "scale", "shift")
RENAMED = ("relu", "prelu", "softmax")
"""What is a function of torch and a tensor's method too, which those who patch torch.nn.functional do not see."""


def summed(use: Use) -> Sequence[Work]:
    """1 per element where it is `torch.add` or `torch.mul`; nothing where it is a sign."""
    return unit(prod(use.y)) if use.origin == "method" else use.work


def by_no_sign(use: Use) -> Sequence[Work]:
    """Matrix products by the sign `@` are not seen."""
    return () if use.origin == "operator" else use.work


def by_functional(use: Use) -> Sequence[Work]:
    """Only the function of torch.nn.functional is seen."""
    return () if use.origin == "method" else use.work


def unless_bilinear(use: Use) -> Sequence[Work]:
    """Torch's bilinear layer, which is read as an einsum, is one operator without a formula."""
    return () if use.op.equation == "...i,oij,...j->...o" else use.work


def unless_nothing(belief: Belief) -> Belief:
    """The belief, where the rules before have left anything."""
    return lambda use: belief(use) if use.work else use.work


def no_bilinear(phase: str = "forward") -> Rule:
    """A rule for those who count operators."""
    return Rule("no bilinear layer: it is one operator without a formula", ("einsum",), unless_bilinear, True, phase)


def unless_torchs_grid(use: Use) -> Sequence[Work]:
    """Torch's affine grid, of two axes or three, is one operator; of one axis it has none, and a product makes it."""
    return () if len(use.op.size) > 1 else use.work


NO_AFFINE_GRID = Rule(
    "no affine grid: it is one operator without a formula", ("affine_grid",), unless_torchs_grid, wrong=True
)
BY_NO_SIGN = Rule("no matrix product by the sign @", ("matmul",), by_no_sign, wrong=True)
BY_FUNCTIONAL = Rule("no activation but by a module or torch.nn.functional", RENAMED, by_functional, wrong=True)
SUMMED = Rule("1 per element of torch.add and torch.mul", SUMS, summed)


def unit(count: Any) -> tuple[Work, ...]:
    """Work in a tool's own unit, priced 1.

    Example:
        >>> unit(5 * 64)
        (Work(kind='unit', count=320),)
    """
    return (Work("unit", count),)


def nothing(use: Use) -> Sequence[Work]:
    """The tool does not count the op."""
    return ()


def unknown(use: Use) -> None:
    """What the tool counts here has not been found out."""


def per_input(count: int, plain: int | None = None) -> Belief:
    """So many per element of the first input; `plain`: so many where the layer has no weights."""
    return lambda use: unit((count if plain is None or use.op.affine else plain) * prod(use.x))


def per_output(count: int) -> Belief:
    """So many per element of the output."""
    return lambda use: unit(count * prod(use.y))


def per_element_joined(use: Use) -> Sequence[Work]:
    """1 per element of the output for each input but the first."""
    return unit((len(use.inputs) - 1) * prod(use.y))


def products_only(use: Use) -> Sequence[Work]:
    """Dot products, without anything around them."""
    dots = tuple(entry for entry in use.work if entry.kind == "dot")
    return use.work if len(dots) == len(use.work) else dots


def window(use: Use) -> Sequence[Work]:
    """1 per tap of every window."""
    return unit(prod(use.y) * prod(per_axis(use.op.kernel, len(use.x) - 2)))


def surveyed(tags: Sequence[str]) -> Rule:
    """What the tool counts in any other op that computes something is unknown."""
    return Rule("all else not surveyed", (), lambda use: use.work if not use.work or use.op.tag in tags else None)
