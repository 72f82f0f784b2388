"""How often an entry stands, and with which variables: `each:` and `repeat:`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...errors import FlopcountError, SpecError
from ...fields import integer, show_value
from .document import where
from .syntax import Entry, Node, Repeat, Walk
from .values import Environment, evaluate

MAX_STEPS = 2**19
"""How many entries a spec may unfold into: five times the largest network that anyone writes down."""

MAX_VALUES = 2**22
"""How many copies, arguments and derived values it may compute on the way."""


def copies(path: str, entry: Entry, env: Environment, spend: Callable[[Node, int], None]) -> Iterator[Environment]:
    """The variables of each copy of an entry: every row of `each:`, `repeat:` times.

    Args:
        path: The file, for messages.
        entry: What is copied.
        env: The values that its lists and counts know.
        spend: Is told how many rows and copies there are, and may refuse.

    Raises:
        SpecError: Lists of different lengths, a count that is none, more copies than a model may have.
    """
    rows = _rows(path, entry.each, env)
    spend(entry.node, len(rows) * (1 + len(entry.each)))
    for row in rows:
        if entry.repeat is None:
            yield row
            continue
        times = _times(path, entry.repeat, {**env, **row})
        spend(entry.node, times)
        for i in range(times):
            yield {**row, entry.repeat.index: i} if entry.repeat.index else row


def _times(path: str, repeat: Repeat, env: Environment) -> int:
    place = where(path, repeat.times.node)
    try:
        times = integer(evaluate(path, repeat.times, env), "a non-negative integer", 0)
    except FlopcountError as error:
        error.what = f"repeat {error.what}" if error.what.startswith("must") else error.what
        raise error.located(place) from None
    if times > MAX_STEPS:
        raise SpecError(f"repeat is {times}, more than the {MAX_STEPS} layers that a model may have", where=place)
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
