"""Sequences of tensors, and what may be there or not: known beforehand, as long as their lengths are."""

from __future__ import annotations

from ....ops.joining import Concat, Stack
from ....ops.shape import Squeeze, Unsqueeze
from ....ops.split import Split
from ..arrays import Array
from ..call import Call, Results
from ..values import UnreadError, UnsizedError, Value, computed
from ._rules import Rule

MAX_PARTS = 65_536


def parts_of(value: Value) -> tuple[Value, ...]:
    """The elements of a sequence.

    Raises:
        UnsizedError: Nobody knows how many there are.
    """
    if value.parts is None:
        raise UnsizedError(f"the length of '{value.name}' is not known")
    return value.parts


def sequence(call: Call, parts: tuple[Value, ...]) -> Results:
    """A sequence as the node's output.

    Raises:
        UnreadError: It is too long.
    """
    if len(parts) > MAX_PARTS:
        raise UnreadError(f"a sequence of more than {MAX_PARTS:,} elements")
    return (Value(call.node.outputs[0], "", None, parts=parts),)


def _construct(call: Call) -> Results:
    return sequence(call, tuple(call.given))


def _place(call: Call, place: int, length: int, default: int) -> int:
    """A position, counted from the end where it is negative.

    Raises:
        UnreadError: It lies outside.
    """
    found = call.array(place).flat[0] if call.optional(place) is not None else default
    if not -length <= found <= length:
        raise UnreadError(f"position {found} of {length}")
    return found + length if found < 0 else found


def _at(call: Call) -> Results:
    parts = parts_of(call.input(0))
    place = _place(call, 1, len(parts), 0)
    if place >= len(parts):
        raise UnreadError(f"position {place} of {len(parts)}")
    return call.same(parts[place])


def _insert(call: Call) -> Results:
    parts = parts_of(call.input(0))
    place = _place(call, 2, len(parts), len(parts))
    return sequence(call, (*parts[:place], call.input(1), *parts[place:]))


def _erase(call: Call) -> Results:
    parts = parts_of(call.input(0))
    place = _place(call, 1, len(parts), len(parts) - 1)
    return sequence(call, (*parts[:place], *parts[place + 1 :]))


def _length(call: Call) -> Results:
    return (computed(call.node.outputs[0], Array((), (len(parts_of(call.input(0))),))),)


def _split(call: Call) -> Results:
    """SplitToSequence: parts of sizes that are given, of one size, or slices of an axis, which may disappear."""
    x, axis = call.input(0), call.integer("axis")
    size, given = x.shape[axis], call.optional(1)
    if given is None:
        sizes = [1] * size
    elif given.shape:
        sizes = call.array(1).flat
    else:
        each = call.array(1).flat[0]
        if each < 1:
            raise UnreadError("parts without elements")
        sizes = [each] * (size // each) + ([size % each] if size % each else [])
    if len(sizes) > MAX_PARTS or not all(sizes):
        raise UnreadError("parts without elements, or too many")
    made = call.layer(Split(sizes=tuple(sizes), axis=axis), x) if len(sizes) > 1 else call.same(x)
    if given is None and not call.integer("keepdims", 1):
        made = tuple(call.layer(Squeeze(axes=(axis,)), part, part="squeeze")[0] for part in made)
    return sequence(call, tuple(made))


def _concat(call: Call) -> Results:
    parts, axis = parts_of(call.input(0)), call.integer("axis")
    if not parts:
        raise UnsizedError("nothing to join")
    if call.integer("new_axis"):
        several = len(parts) > 1
        return call.layer(Stack(axis=axis), *parts) if several else call.layer(Unsqueeze(axes=(axis,)), *parts)
    return call.layer(Concat(axis=axis), *parts) if len(parts) > 1 else call.same(parts[0])


def _map(call: Call) -> Results:
    """The body once for each element; further sequences are walked beside the first, tensors are given to every one."""
    body, first = call.graph("body"), parts_of(call.input(0))
    others = call.given[1:]
    found = [
        call.host.inline(
            call, body, [part, *(other if other.parts is None else other.parts[i] for other in others)], 1, str(i)
        )
        for i, part in enumerate(first)
    ]
    return [
        Value(name, "", None, parts=tuple(outputs[place] for outputs in found))
        for place, name in enumerate(call.node.outputs)
    ]


def _optional(call: Call) -> Results:
    return call.same(call.input(0))


def _has(call: Call) -> Results:
    value = call.optional(0)
    if value is not None and value.tensor is None and value.parts is None:
        raise UnsizedError("the data decide whether it is there")
    return (computed(call.node.outputs[0], Array((), (value is not None,), "bool")),)


RULES: dict[str, Rule] = {
    "SequenceEmpty": _construct, "SequenceConstruct": _construct, "SequenceAt": _at, "SequenceInsert": _insert,
    "SequenceErase": _erase, "SequenceLength": _length, "SplitToSequence": _split, "ConcatFromSequence": _concat,
    "SequenceMap": _map, "Optional": _optional, "OptionalGetElement": _optional, "OptionalHasElement": _has,
}  # fmt: skip
