"""Branches and loops: a body is counted as often as it runs, where that is known or told."""

from __future__ import annotations

from ..arrays import Array
from ..call import Call, Results
from ..values import UnsizedError, Value, computed
from ._rules import Rule

MAX_TRIPS = 1 << 40
MAX_UNROLLED = 4096
"""How many steps of a loop are written out one by one."""


def _if(call: Call) -> Results:
    """The branch that the condition chooses; where the data decide, the one that the user names."""
    condition = call.input(0)
    if condition.data is not None:
        chosen = "then" if condition.data.items[0] else "else"
    else:
        told = call.host.setting(call.node.name)
        if told not in ("then", "else"):
            raise UnsizedError("the data decide which branch is taken")
        chosen = told
    return call.host.inline(call, call.graph(f"{chosen}_branch"), [], 1, chosen)


def _loop(call: Call) -> Results:
    body = call.graph("body")
    most, condition = call.optional(0), call.optional(1)
    carried = [call.input(place) for place in range(2, len(call.inputs))]
    if any(value.parts is not None for value in carried):
        return _unrolled(call, most, condition, carried)
    trips = _trips(call, most, condition)
    number = Value("iteration", "int64", computed("iteration", Array((), (0,))).tensor)
    going = computed("condition", Array((), (True,), "bool"))
    found = call.host.inline(call, body, [number, going, *map(_running, carried)], trips, "")
    after, scanned = found[1 : 1 + len(carried)], found[1 + len(carried) :]
    _check_carried(carried, after)
    return [*after, *(_stacked(call, value, trips) for value in scanned)]


def _unrolled(call: Call, most: Value | None, condition: Value | None, carried: list[Value]) -> Results:
    """A loop that makes or takes a sequence: every step by itself, since each has another length before it."""
    limit = MAX_UNROLLED if most is None else call.array(0).flat[0]
    going = condition is None or bool(call.array(1).items[0])
    scanned: list[list[Value]] = []
    steps = 0
    while going and steps < limit:
        if steps == MAX_UNROLLED:
            raise UnsizedError("a sequence of too many steps")
        number, again = Array((), (steps,)), Array((), (True,), "bool")
        given = [computed("iteration", number), computed("condition", again), *carried]
        ended, *found = call.host.inline(call, call.graph("body"), given, 1, str(steps))
        if ended.data is None:
            raise UnsizedError("the data decide how often it runs")
        going, steps = bool(ended.data.items[0]), steps + 1
        carried = found[: len(carried)]
        scanned.append(found[len(carried) :])
    if scanned and any(len({value.shape for value in values}) > 1 for values in zip(*scanned, strict=True)):
        raise UnsizedError("what it gives changes its shape from step to step")
    return [*carried, *(_stacked(call, value, steps) for value in (scanned[0] if scanned else []))]


def _scan(call: Call) -> Results:
    body = call.graph("body")
    scans = call.integer("num_scan_inputs")
    given = [call.input(place) for place in range(len(call.inputs))]
    if not 0 < scans <= len(given):
        raise UnsizedError("it scans nothing")
    states, sequences = given[: len(given) - scans], given[len(given) - scans :]
    axes = call.integers("scan_input_axes") or (0,) * scans
    trips = sequences[0].shape[axes[0]]
    steps = [_step(value, axis) for value, axis in zip(sequences, axes, strict=True)]
    found = call.host.inline(call, body, [*map(_running, states), *steps], trips, "")
    after, scanned = found[: len(states)], found[len(states) :]
    _check_carried(states, after)
    outs = call.integers("scan_output_axes") or (0,) * len(scanned)
    return [*after, *(_stacked(call, value, trips, axis) for value, axis in zip(scanned, outs, strict=True))]


def _trips(call: Call, most: Value | None, condition: Value | None) -> int:
    told = call.host.setting(call.node.name) if call.node.name else None
    if told is not None and told.isdigit():
        return min(int(told), MAX_TRIPS)
    if most is None or most.data is None or (condition is not None and condition.data is None):
        raise UnsizedError("the data decide how often it runs")
    if condition is not None and condition.data is not None and not condition.data.items[0]:
        return 0
    return max(0, min(int(most.data.items[0]), MAX_TRIPS))


def _running(value: Value) -> Value:
    """A carried value within the body: of the same shape, but no longer known."""
    return Value(value.name, value.dtype, value.tensor, False, value.sources)


def _step(value: Value, axis: int) -> Value:
    from msgspec.structs import replace

    shape = list(value.shape)
    del shape[axis]
    return Value(value.name, value.dtype, replace(value.known, name=f"{value.name}[]", shape=tuple(shape)))


def _check_carried(before: list[Value], after: list[Value]) -> None:
    for old, new in zip(before, after, strict=False):
        if old.tensor is None or new.tensor is None or old.shape != new.shape:
            raise UnsizedError("its state changes its shape from step to step")


def _stacked(call: Call, value: Value, trips: int, axis: int = 0) -> Value:
    from msgspec.structs import replace

    shape = value.shape
    place = axis + len(shape) + 1 if axis < 0 else axis
    tensor = replace(value.known, name=f"{value.known.name}:steps", shape=(*shape[:place], trips, *shape[place:]))
    return Value(tensor.name, value.dtype, tensor)


RULES: dict[str, Rule] = {"If": _if, "Loop": _loop, "Scan": _scan}
