"""Axes reduced, ordered and searched."""

from __future__ import annotations

from typing import Any

from ....ops import find_op
from ....ops.ordering import NMS, CumProd, CumSum, TopK
from ....ops.reduction import Argmax, Argmin
from ..call import Call, Results
from ..values import UnsizedError
from ._rules import Rule

REDUCED: dict[str, tuple[str, dict[str, Any]]] = {
    "ReduceSum": ("sum", {}), "ReduceMean": ("mean", {}), "ReduceProd": ("prod", {}), "ReduceMax": ("max", {}),
    "ReduceMin": ("min", {}), "ReduceL1": ("norm", {"p": "l1"}), "ReduceL2": ("norm", {}),
    "ReduceSumSquare": ("sum_square", {}), "ReduceLogSum": ("log_sum", {}), "ReduceLogSumExp": ("logsumexp", {}),
}  # fmt: skip


def _reduced(tag: str, fields: dict[str, Any]) -> Rule:
    def rule(call: Call) -> Results:
        x = call.input(0)
        axes = call.listed("axes", 1)
        if not axes and call.integer("noop_with_empty_axes"):
            return call.same(x)
        chosen = tuple(axes) if axes else tuple(range(len(x.shape)))
        if not chosen:
            return call.same(x)
        return call.layer(find_op(tag)(axes=chosen, keepdim=bool(call.integer("keepdims", 1)), **fields), x)

    return rule


def _argument(call: Call) -> Results:
    kind = Argmax if call.node.op_type == "ArgMax" else Argmin
    return call.layer(kind(axis=call.integer("axis"), keepdim=bool(call.integer("keepdims", 1))), call.input(0))


def _topk(call: Call) -> Results:
    k = call.integer("k") if "k" in call.attributes else int(call.array(1).items[0])
    x = call.input(0)
    if k == 0:
        raise UnsizedError("it keeps nothing")
    return call.layer(TopK(k=k, axis=call.integer("axis", -1)), x)


def _running(call: Call) -> Results:
    kind = CumSum if call.node.op_type == "CumSum" else CumProd
    return call.layer(kind(axis=int(call.array(1).items[0])), call.input(0))


def _suppression(call: Call) -> Results:
    """How many boxes are kept, the data decide: the file may have a name for it, which the user may set."""
    boxes, scores = call.input(0), call.input(1)
    setting = call.host.setting(call.node.outputs[0] if call.node.outputs else "")
    if setting is None or not setting.isdigit() or int(setting) < 1:
        raise UnsizedError("how many boxes are kept, the data decide")
    return call.layer(NMS(kept=int(setting), triples=True), boxes, scores)


RULES: dict[str, Rule] = {
    **{name: _reduced(tag, fields) for name, (tag, fields) in REDUCED.items()},
    "ArgMax": _argument, "ArgMin": _argument, "TopK": _topk, "CumSum": _running, "CumProd": _running,
    "NonMaxSuppression": _suppression,
}  # fmt: skip
