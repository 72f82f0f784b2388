"""What every rewrite can be told: which layers it is meant for, and the types of its own options."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Annotated, Any

from msgspec import Struct

from ..errors import OpError, UsageError, did_you_mean
from ..fields import REQUIRED, AnyWord, FieldType, fields_of, show_value
from ..graph import Graph, Node
from ..op import Op
from ..ops import find_op

WILD = frozenset("*?[")


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value if isinstance(value, list | tuple) else [value]))


def _fraction(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Fraction) or value <= 0:
        raise OpError(f"must be a positive number, not {show_value(value)}")
    return Fraction(value)


Globs = Annotated[
    tuple[str, ...],
    FieldType("layer names, with * and ? for any characters", _texts, {"type": "array"}, AnyWord()),
]
Tags = Annotated[tuple[str, ...], FieldType("ops: bn, relu", _texts, {"type": "array"}, AnyWord())]
Factor = Annotated[Fraction, FieldType("a positive number", _fraction, {"type": "number"})]


class Options(Struct, frozen=True, kw_only=True):
    """The options of every rewrite.

    Attributes:
        only: The layers that it is meant for, by globs of their names; none given: all.
        skip: The layers that it leaves alone.
    """

    only: Globs = ()
    skip: Globs = ()

    def select(self, name: str) -> bool:
        """Whether a layer of this name is meant.

        Example:
            >>> options = Options(only=("layer*",), skip=("*.downsample.*",))
            >>> [options.select(name) for name in ("layer1.0.conv1", "layer1.0.downsample.conv1", "conv1")]
            [True, False, False]
        """
        return (not self.only or matches(name, self.only)) and not matches(name, self.skip)


def scaled(size: int, factor: Fraction) -> int:
    """The nearest integer to a share of a size, halves up, at least one.

    Example:
        >>> scaled(3, Fraction(1, 2))
        2
    """
    return max(1, int(size * factor + Fraction(1, 2)))


def matches(name: str, globs: Sequence[str]) -> bool:
    """Whether a layer's name is one of these.

    Example:
        >>> matches("features.conv1", ["features.*"])
        True
    """
    return any(fnmatchcase(name, glob) for glob in globs)


def refuse_strangers(graph: Graph, option: str, globs: Sequence[str]) -> None:
    """Refuse a glob that no layer of the network answers to.

    Raises:
        UsageError: With the nearest names.
    """
    names = [node.name for node in graph.nodes]
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in names):
            hint = did_you_mean(glob, names) or "a module's layers are MODULE.*: `layer1.*`"
            raise UsageError(f"{option}={glob}: {graph.name} has no layer of this name", hint=hint)


def inner_layers(tags: Sequence[str]) -> list[Op]:
    """The layers that an option such as `between=bn,relu` puts after a new one.

    Raises:
        UsageError: One is no op, or cannot stand there by its name alone.
    """
    return [_plain(tag) for tag in tags]


def _plain(tag: str) -> Op:
    op = find_op(tag)
    needed = [name for name, field in fields_of(op).items() if field.default is REQUIRED]
    if needed or op.arity[0] != 1:
        why = f"needs {', '.join(needed)}" if needed else f"takes {op.arity[0]} inputs"
        raise UsageError(f"'{tag}' cannot stand between two layers: it {why}", hint="bn, relu, relu6, silu ...")
    return op()


def shared_weights(graph: Graph) -> dict[str, str]:
    """The layers that use a weight which another layer uses too, each with that layer's name."""
    users: dict[str, list[Node]] = {}
    for node in graph.nodes:
        for weight in node.weights:
            users.setdefault(weight.name, []).append(node)
    shared: dict[str, str] = {}
    for nodes in users.values():
        for node in nodes if len(nodes) > 1 else ():
            shared[node.name] = next((other.name for other in nodes if other is not node), node.name)
    return shared
