"""Spectra: their shapes are known, what a transform costs is not (it hangs on the algorithm)."""

from __future__ import annotations

from ..call import Call, Results
from ..values import UnreadError, UnsizedError, constant
from ._rules import Rule


def _fourier(call: Call) -> Results:
    """DFT: over one axis, real and imaginary parts on the last."""
    x = call.input(0)
    rank = len(x.shape)
    if call.optional(2) is not None:
        axis = call.array(2).flat[0]
    else:
        axis = call.integer("axis", -2 if call.version >= 20 else 1)
    if not -rank <= axis < rank - 1 or axis == -1:
        raise UnreadError("an axis that the input does not have")
    shape = list(x.shape)
    onesided, inverse = bool(call.integer("onesided")), bool(call.integer("inverse"))
    if call.optional(1) is not None:
        shape[axis] = call.array(1).flat[0]
    elif onesided and inverse:
        shape[axis] = 2 * (shape[axis] - 1)
    if onesided and not inverse:
        shape[axis] = shape[axis] // 2 + 1
    shape[-1] = 1 if onesided and inverse else 2
    return call.moved(tuple(shape), free=False)


def _short_time(call: Call) -> Results:
    """STFT: frames of a signal, each a spectrum."""
    signal, step = call.input(0), call.array(1).flat[0]
    window = call.optional(2)
    length = call.array(3).flat[0] if call.optional(3) is not None else window.shape[0] if window is not None else 0
    if step < 1 or length < 1 or length > signal.shape[1]:
        raise UnsizedError("no frame fits")
    bins = length // 2 + 1 if call.integer("onesided", 1) else length
    return call.moved((signal.shape[0], (signal.shape[1] - length) // step + 1, bins, 2), free=False)


def _mel(call: Call) -> Results:
    """MelWeightMatrix: made beforehand of numbers that are known."""
    bins, length = call.array(0).flat[0], call.array(1).flat[0]
    return (constant(call.node.outputs[0], (length // 2 + 1, bins), "float32"),)


RULES: dict[str, Rule] = {"DFT": _fourier, "STFT": _short_time, "MelWeightMatrix": _mel}
