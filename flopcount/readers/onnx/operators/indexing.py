"""Elements by their places: look up, gather, scatter, choose."""

from __future__ import annotations

from ....ops.axes import axis_of, replaced
from ....ops.embedding import Embedding
from ....ops.gathering import Gather, GatherElements, GatherND, OneHot, Scatter, ScatterND, Tril, Triu
from ....ops.split import Select
from ..call import Call, Results
from ..values import UnreadError, is_table
from ._rules import Rule


def _gather(call: Call) -> Results:
    x, places = call.input(0), call.input(1)
    axis = call.integer("axis")
    learned = x.held and len(x.shape) == 2 and axis == 0 and x.known.kind == "parameter"
    if learned and (is_table(x) or not places.held):
        vocab, dim = x.shape
        return call.layer(Embedding(vocab=vocab, dim=dim), places, beforehand=False, weight=x)
    if places.data is not None and not places.shape:
        return call.layer(Select(axis=axis, index=places.data.flat[0]), x)
    return call.layer(Gather(axis=axis), x, places)


def _gather_elements(call: Call) -> Results:
    return call.layer(GatherElements(axis=call.integer("axis")), call.input(0), call.input(1))


def _gather_nd(call: Call) -> Results:
    return call.layer(GatherND(batch_axes=call.integer("batch_dims")), call.input(0), call.input(1))


def _scatter(call: Call) -> Results:
    op = Scatter(axis=call.integer("axis"), reduce=call.text("reduction", "none"))  # type: ignore[arg-type]
    return call.layer(op, call.input(0), call.input(1), call.input(2))


def _scatter_nd(call: Call) -> Results:
    op = ScatterND(reduce=call.text("reduction", "none"))  # type: ignore[arg-type]
    return call.layer(op, call.input(0), call.input(1), call.input(2))


def _one_hot(call: Call) -> Results:
    return call.layer(OneHot(depth=int(call.array(1).items[0]), axis=call.integer("axis", -1)), call.input(0))


def _trilu(call: Call) -> Results:
    return call.layer(Triu() if call.integer("upper", 1) else Tril(), call.input(0))


def _compress(call: Call) -> Results:
    """The slices that a condition chooses: how many, the condition says, where it is known."""
    x, chosen = call.input(0), sum(map(bool, call.array(1).items))
    if "axis" not in call.attributes:
        return call.moved((chosen,))
    axis = call.integer("axis")
    if not -len(x.shape) <= axis < len(x.shape):
        raise UnreadError("an axis that the input does not have")
    return call.moved(replaced(x.shape, axis_of(axis, len(x.shape)), chosen))


RULES: dict[str, Rule] = {
    "Gather": _gather, "GatherElements": _gather_elements, "GatherND": _gather_nd, "Scatter": _scatter,
    "ScatterElements": _scatter, "ScatterND": _scatter_nd, "OneHot": _one_hot, "Trilu": _trilu, "Compress": _compress,
}  # fmt: skip
