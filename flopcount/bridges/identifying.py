"""Who counts this number? The search for a tool, mode or input size that gives a number for a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ..collector import paused
from ..conventions import CONVENTIONS, LECTURE, Convention
from ..engine import Layer, count
from ..errors import ExpectationError, FlopcountError
from ..graph import Graph
from ..metrics import METRICS, Measure
from ..op import Shape
from ..part import part_of
from ..resizing import fixed_by_size
from ..sources import Inputs, Opened, is_torch, open_source, read_inputs
from .written import Written, read_written

if TYPE_CHECKING:
    from torch.nn import Module

SIZES = (
    28, 32, 64, 96, 112, 128, 144, 160, 176, 192, 224, 227, 240, 256, 260, 288, 299, 300, 320, 331, 352, 380, 384,
    416, 448, 456, 480, 512, 528, 600, 608, 640, 800, 896, 1024,
)  # fmt: skip
"""Sides of images that networks are usually counted at."""
LENGTHS = (64, 77, 128, 196, 197, 256, 384, 512, 577, 768, 1024, 2048, 4096)
"""Lengths of sequences."""
TRACED = (224, 32, 64, 96, 128, 160, 192, 256, 299, 300, 320, 384, 416, 448, 512, 640)
"""The most usual of the sides, at which models are tried that must be traced anew for each."""
MOST_TRACED = 20_000
"""How many layers are traced before the search leaves out the sizes that remain."""
MODES = ("eval", "train forward", "train step")
"""The forward pass at test time, that of a model left in training mode, and all of a training step."""
FACTORS = (Fraction(1), Fraction(2), Fraction(1, 2))
MOST_PRICED = 1_000_000
"""How many layers are priced before the search leaves out the sizes that remain."""
MOST_ASSUMED = 2
"""How much of another size, another mode and a factor is assumed at once."""
NEAREST = 5


class Match(Struct, frozen=True):
    """A way of counting, and its number.

    Attributes:
        kind: `exact`, or `rounded`: equal in the digits that were written; empty where it is another number.
        conventions: Those that give this number; empty: it is the number of parameters.
        unit: What they count.
        mode: One of `MODES`.
        inputs: One sample's shape of each input.
        own: Whether these are the network's own sizes.
        factor: What the number is of theirs: 1, 2 or 1/2.
        count: Theirs times the factor; an odd number has no half, and is rounded down.
        difference: How much that is more than what was written.
    """

    kind: str
    conventions: tuple[str, ...]
    unit: str
    mode: str
    inputs: tuple[Shape, ...]
    own: bool
    factor: Fraction
    count: int
    difference: Fraction


class Identification(Struct, frozen=True):
    """What gives a number, as far as was searched.

    Attributes:
        graph: The network at its own size.
        written: The number.
        matches: The likeliest first.
        nearest: The nearest numbers without a factor, where nothing matches.
        conventions: All that were tried.
        tried: The input sizes that were tried.
        left: How many sizes were not, since the network is too large for it.
        part: The layer or module whose number it is; empty: the network's.
    """

    graph: Graph
    written: Written
    matches: tuple[Match, ...]
    nearest: tuple[Match, ...]
    conventions: tuple[str, ...]
    tried: tuple[tuple[Shape, ...], ...]
    left: int = 0
    part: str = ""


def identify(
    source: str | Path | Module,
    number: str | int,
    *,
    layer: str = "",
    inputs: Inputs | Iterable[str] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    conventions: Iterable[Convention] = (),
) -> Identification:
    """Find out what counts a number for a network: a convention, a mode, an input size, a factor of two.

    Args:
        source: What `load` takes. A torch model is tried at other sizes only where its own gives no match, and at
            fewer: each is a trace of its own.
        number: As it was printed: `4133742592`, `"4.13G"`, `"4.1 GFLOPs"`.
        layer: The layer or module whose number it is; empty: the network's.
        inputs: See `load`: the network's own size.
        batch: See `load`.
        settings: See `load`.
        kwargs: See `load`.
        conventions: Further ones to try, besides all that flopcount knows.

    Raises:
        UsageError: It is no number, or there is no such layer.
        FlopcountError: The source cannot be read, or makes no sense.

    Example:
        >>> found = identify("resnet50", "4,133,742,592").matches[0]
        >>> found.kind, found.conventions, found.mode
        ('exact', ('thop',), 'eval')
    """
    written = read_written(str(number))
    chosen = tuple({**CONVENTIONS, **{each.name: each for each in conventions}}.values())
    options: dict[str, Any] = {"batch": batch, "settings": settings}
    search = _Search(written, chosen, layer)
    with paused():
        opened, traced = open_source(source, kwargs), is_torch(source)
        own = opened.build(inputs=inputs if traced else read_inputs(inputs), **options)
        search.look(own, True)
        if not (traced and search.found):
            for size in _sizes(own, TRACED if traced else SIZES):
                if search.exhausted or (traced and search.met > MOST_TRACED):
                    search.left += 1
                elif graph := _resized(opened, own, size, options):
                    search.look(graph, False)
    return search.result(own)


def require_match(found: Identification) -> None:
    """Refuse a number that nothing gives.

    Raises:
        ExpectationError: Nothing gives it, with what comes nearest.
    """
    if found.matches:
        return
    what = f"{found.graph.name} {found.part}".rstrip()
    near = found.nearest[0] if found.nearest else None
    hint = f"nearest: {near.count:,} {near.unit}s, {', '.join(near.conventions)}, {near.mode}" if near else None
    raise ExpectationError(f"nothing that was tried gives {found.written.text} for {what}", hint=hint)


def _sizes(own: Graph, sides: Sequence[int]) -> Iterator[Shape]:
    """Other usual sizes of one sample."""
    if len(own.inputs) != 1 or own.batch is None or len(own.inputs[0].shape) < 2:
        return
    shape = own.inputs[0].shape[1:]
    for size in sides if len(shape) > 2 else LENGTHS:
        resized = (*shape[:-2], size, size) if len(shape) > 2 else (size, *shape[1:])
        if resized != shape:
            yield resized


def _resized(opened: Opened, own: Graph, size: Shape, options: dict[str, Any]) -> Graph | None:
    """The network with its weights at another size; None: it does not take it."""
    name = next(iter(opened.inputs), "")
    try:
        graph = opened.build(inputs={name: (size, own.inputs[0].dtype)}, **options)
    except FlopcountError:
        return None
    return graph if fixed_by_size(own, graph) is None else None


class _Search:
    """Prices networks, and keeps what matches."""

    def __init__(self, written: Written, conventions: Sequence[Convention], part: str) -> None:
        self.written = written
        self.conventions = conventions
        self.part = part
        self.priced = 0
        self.met = 0
        self.left = 0
        self.found: list[Match] = []
        self.missed: list[Match] = []
        self.tried: list[tuple[Shape, ...]] = []

    @property
    def exhausted(self) -> bool:
        return self.priced > MOST_PRICED

    def look(self, graph: Graph, own: bool) -> None:
        """Compare every convention's number of a network, in every mode, with what was written."""
        inputs = tuple(tensor.shape[graph.batch is not None :] for tensor in graph.inputs)
        self.tried.append(inputs)
        self.met += len(graph.nodes)
        seen: dict[str, set[int]] = {}
        for mode, layers, key in self.readings(graph):
            groups: dict[tuple[str, int], list[str]] = {}
            for convention in self.conventions:
                if mode == MODES[2] and not convention.backward:
                    continue
                number = self.total(layers, convention, METRICS[key].measure)
                numbers = seen.setdefault(convention.name, set())
                if number and number not in numbers:
                    numbers.add(number)
                    groups.setdefault((convention.unit, number), []).append(convention.name)
            for (unit, number), names in groups.items():
                self.compare(tuple(names), unit, mode, inputs, own, number)
            if own and mode == MODES[0] and (params := self.total(layers, LECTURE, METRICS["params"].measure)):
                self.compare((), "parameter", mode, inputs, own, params)

    def readings(self, graph: Graph) -> Iterator[tuple[str, Sequence[Layer], str]]:
        """The layers as they are counted in every mode, and the metric that is its number."""
        for mode, named in (("eval", {MODES[0]: "count"}), ("train", {MODES[1]: "forward", MODES[2]: "count"})):
            report = count(graph, mode=mode)
            layers = (part_of(report, self.part) if self.part else report).layers
            yield from ((name, layers, key) for name, key in named.items())

    def total(self, layers: Sequence[Layer], convention: Convention, measure: Measure) -> int | None:
        """The sum, a lower bound where a layer is unknown: no number that a tool prints."""
        self.priced += len(layers)
        total = 0
        for layer in layers:
            number = measure(layer, convention)
            if number is None:
                return None
            total += number
        return total

    def compare(
        self, names: tuple[str, ...], unit: str, mode: str, inputs: tuple[Shape, ...], own: bool, number: int
    ) -> None:
        """A way of counting, as it is and by factors; three assumptions at once would be coincidences."""
        assumed = (not own) + (mode != MODES[0])
        for factor in FACTORS if names and assumed < MOST_ASSUMED else FACTORS[:1]:
            theirs = factor * number
            kind = self.written.matches(theirs)
            if kind or (factor == 1 and names):
                difference = theirs - self.written.value
                match = Match(kind, names, unit, mode, inputs, own, factor, int(theirs), difference)
                (self.found if kind else self.missed).append(match)

    def result(self, own: Graph) -> Identification:
        matches = sorted(self.found, key=self.rank)
        nearest = [] if matches else sorted(self.missed, key=lambda match: abs(match.difference))[:NEAREST]
        return Identification(
            own, self.written, tuple(matches), tuple(nearest),
            tuple(convention.name for convention in self.conventions), tuple(self.tried), self.left, self.part,
        )  # fmt: skip

    def rank(self, match: Match) -> tuple[Any, ...]:
        """The likeliest first: what is exact, says what it counts, and needs the fewest assumptions."""
        other_unit = bool(self.written.unit) and match.unit != self.written.unit
        names = [convention.name for convention in self.conventions]
        return (
            match.kind != "exact", match.factor != 1, not match.own, MODES.index(match.mode),
            other_unit, names.index(match.conventions[0]) if match.conventions else -1,
        )  # fmt: skip
