"""Losses: what a training graph ends with, as the layers that its definition names."""

from __future__ import annotations

from ....ops import find_op
from ....ops.gathering import Gather, GatherElements
from ....ops.joining import Div, Mul
from ....ops.shape import Squeeze, Unsqueeze
from ....ops.softmax import LogSoftmax
from ..call import Call, Results
from ..values import UnreadError, Value
from ._rules import Rule


def _likelihood(call: Call) -> Results:
    return (_loss(call, call.input(0)),)


def _entropy(call: Call) -> Results:
    (logs,) = call.layer(LogSoftmax(axis=1), call.input(0), part="log_softmax")
    return (_loss(call, logs), logs)


def _loss(call: Call, logs: Value) -> Value:
    """The logarithm at each target with the other sign, weighed by its class, and their sum or mean.

    Targets to ignore weigh nothing, which takes a comparison and a choice for each.
    """
    target, weight = call.input(1), call.optional(2)
    if len(logs.shape) != len(target.shape) + 1:
        raise UnreadError("targets of other axes")
    (places,) = call.layer(Unsqueeze(axes=(1,)), target, part="places")
    (chosen,) = call.layer(GatherElements(axis=1), logs, places, part="chosen")
    (chosen,) = call.layer(Squeeze(axes=(1,)), chosen, part="squeeze")
    (loss,) = call.layer(find_op("neg")(), chosen, part="neg")
    weights = None
    if weight is not None:
        (weights,) = call.layer(Gather(), weight, target, part="weights")
    if "ignore_index" in call.attributes:
        (ignored,) = call.layer(find_op("eq")(), target, target, part="ignored")
        (loss,) = call.layer(find_op("where")(), ignored, loss, loss, part="kept")
    if weights is not None:
        (loss,) = call.layer(Mul(), loss, weights, part="weigh")
    how, axes = call.text("reduction", "mean"), tuple(range(len(loss.shape)))
    if how == "none" or not axes:
        return loss
    if how == "mean" and weights is not None:
        (total,) = call.layer(find_op("sum")(axes=axes), loss, part="sum")
        (whole,) = call.layer(find_op("sum")(axes=axes), weights, part="whole")
        return call.layer(Div(), total, whole)[0]
    return call.layer(find_op("sum" if how == "sum" else "mean")(axes=axes), loss)[0]


RULES: dict[str, Rule] = {"NegativeLogLikelihoodLoss": _likelihood, "SoftmaxCrossEntropyLoss": _entropy}
