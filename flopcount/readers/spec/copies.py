"""How often an entry stands, and with which variables: `each:` and `repeat:`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...errors import FlopcountError, SpecError
from ...fields import integer, show_value
from .budget import MAX_LAYERS, Budget
from .document import where
from .syntax import Entry, Repeat, Walk
from .values import Environment, evaluate


def copies(path: str, entry: Entry, env: Environment, budget: Budget) -> Iterator[Environment]:
    """The variables of each copy of an entry: every row of `each:`, `repeat:` times.

    Args:
        path: The file, for messages.
        entry: What is copied.
        env: The values that its lists and counts know.
        budget: What rows and copies may still be made.

    Raises:
        SpecError: Lists of different lengths, a count that is none, more copies than a model may have.
    """
    rows = _rows(path, entry.each, env)
    budget.spend(entry.node, len(rows) * (1 + len(entry.each)))
    for row in rows:
        if entry.repeat is None:
            yield row
            continue
        times = _times(path, entry.repeat, {**env, **row})
        budget.spend(entry.node, times)
        for i in range(times):
            yield {**row, entry.repeat.index: i} if entry.repeat.index else row


def _times(path: str, repeat: Repeat, env: Environment) -> int:
    place = where(path, repeat.times.node)
    try:
        times = integer(evaluate(path, repeat.times, env), "a non-negative integer", 0)
    except FlopcountError as error:
        error.what = f"repeat {error.what}" if error.what.startswith("must") else error.what
        raise error.located(place) from None
    if times > MAX_LAYERS:
        raise SpecError(f"repeat is {times}, more than the {MAX_LAYERS} layers that a model may have", where=place)
    return times


def _rows(path: str, each: tuple[Walk, ...], env: Environment) -> list[Environment]:
    lists = [(walk, _list(path, walk, env)) for walk in each]
    if not lists:
        return [{}]
    length = len(lists[0][1])
    rows: list[Environment] = [{} for _ in range(length)]
    for walk, values in lists:
        if len(values) != length:
            raise SpecError(
                f"the lists of each differ in length: '{' '.join(lists[0][0].names)}' has {length},"
                f" '{' '.join(walk.names)}' has {len(values)}",
                where=where(path, walk.values.node),
            )
        for row, value in zip(rows, values, strict=True):
            row.update(_unpack(path, walk, value))
    return rows


def _list(path: str, walk: Walk, env: Environment) -> list[Any]:
    values = evaluate(path, walk.values, env)
    if not isinstance(values, list):
        raise SpecError(f"each walks lists, not {show_value(values)}", where=where(path, walk.values.node))
    return values


def _unpack(path: str, walk: Walk, value: Any) -> Environment:
    if len(walk.names) == 1:
        return {walk.names[0]: value}
    if isinstance(value, list) and len(value) == len(walk.names):
        return dict(zip(walk.names, value, strict=True))
    raise SpecError(
        f"a row of each is {show_value(value)}, but '{' '.join(walk.names)}' names {len(walk.names)} values",
        where=where(path, walk.values.node),
    )
