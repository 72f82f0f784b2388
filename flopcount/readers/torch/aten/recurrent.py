"""Recurrent networks over whole sequences, packed ones too. Single cells run by their parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from ..site import Site, Unmapped, is_held
from ..trace import Value
from .movement import reshaped
from .table import aten, named


def _run(
    site: Site, tag: str, x: Value, state: Any, params: Sequence[Value], bias: bool, layers: int, bidirectional: bool,
    batch_first: bool, **fields: Any,
) -> list[Value | None]:  # fmt: skip
    """The states of all steps, and the last one of every layer and direction."""
    if not all(map(is_held, params)):
        raise Unmapped
    hidden = params[1].shape[1]
    if tag == "lstm" and params[0].shape[0] != 4 * hidden:
        hidden, fields["proj"] = params[0].shape[0] // 4, hidden
    names = list(_names(layers, bidirectional, bias, "proj" in fields))
    x = x if batch_first else site.moved("transpose", x, axes=(0, 1))
    y = site.layer(
        tag, x, *_given(state), held=named(names, params), hidden=hidden, layers=layers, bidirectional=bidirectional,
        bias=bias, **fields,
    )  # fmt: skip
    states = y if batch_first else site.moved("transpose", y, axes=(0, 1))
    last = [_last(site, y, value.shape) if site.is_used(i) and value else None for i, value in _states(site)]
    return [states, *last]


def _given(state: Any) -> list[Value]:
    """The first states, where a model computes, learns or is given them; zeros made for the occasion are none."""
    states = [state] if isinstance(state, Value) else list(state)
    return [] if all(value.kind == "constant" for value in states) else states


def _states(site: Site) -> list[tuple[int, Value | None]]:
    return list(enumerate(site.call.outputs))[1:]


def _names(layers: int, bidirectional: bool, bias: bool, projected: bool) -> Iterator[str]:
    """The weights in torch's order."""
    kinds = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if bias else []), *(["weight_hr"] if projected else [])]
    for layer, suffix, kind in product(range(layers), ("", "_reverse")[: 1 + bidirectional], kinds):
        yield f"{kind}_l{layer}{suffix}"


def _last(site: Site, y: Value, shape: tuple[int, ...]) -> Value:
    """The last state of every layer and direction, wired to the sequence: no arithmetic."""
    directions, batch, size = shape
    parts = y.shape[-1] // size
    last = site.moved("select", y, axis=1, index=-1)
    if y.shape[-1] % size or directions % parts:  # a cell's state before its projection: wired, and as large
        return site.moved("expand", site.moved("slice", last, axis=1, end=1), shape=shape, keep_batch=False)
    each = site.moved("reshape", last, shape=(batch, parts, size), keep_batch=False)
    each = site.moved("transpose", each, axes=(0, 1))
    return each if directions == parts else site.moved("tile", each, repeats=directions // parts, axis=0)


@aten("_pack_padded_sequence")
def packed(site: Site, x: Value, lengths: Value, batch_first: bool = False) -> list[Value]:
    """aten._pack_padded_sequence(x, lengths, batch_first): the steps that are not padding, one under another."""
    rows, size = site.shape
    flat = reshaped(site, x, (x.elements // size, size))
    return [site.layer("slice", flat, axis=0, end=rows), Value(site.shapes[1] or (), "int64", "constant")]


def _unpacked(site: Site, run: Any, x: Value, state: Any, *args: Any) -> list[Value | None]:
    """A packed sequence as one of as many steps: how they are spread over the samples changes no count."""
    batch, rows = (state if isinstance(state, Value) else state[0]).shape[1], x.shape[0]
    if rows % batch:
        raise Unmapped("its sequences are of different lengths")
    steps = site.moved("reshape", x, shape=(batch, rows // batch, x.shape[1]), keep_batch=False)
    y, *last = run(site, steps, state, *args[:6], batch_first=True)
    return [site.moved("reshape", y, shape=(rows, y.shape[2]), keep_batch=False), *last]


@aten("lstm")
def lstm(
    site: Site, x: Value, state: Any, params: Any, bias: Any, layers: Any, dropout: float = 0, train: bool = False,
    bidirectional: bool = False, batch_first: bool = False,
) -> list[Value | None]:  # fmt: skip
    """aten.lstm(x, (h, c), weights, has_biases, num_layers, dropout, train, bidirectional, batch_first).

    A packed one: aten.lstm(x, batch_sizes, (h, c), weights, has_biases, num_layers, dropout, train, bidirectional).
    """
    if isinstance(state, Value):
        return _unpacked(site, lstm, x, params, bias, layers, dropout, train, bidirectional, batch_first)
    return _run(site, "lstm", x, state, params, bias, layers, bidirectional, batch_first)


@aten("gru")
def gru(
    site: Site, x: Value, state: Any, params: Any, bias: Any, layers: Any, dropout: float = 0, train: bool = False,
    bidirectional: bool = False, batch_first: bool = False,
) -> list[Value | None]:  # fmt: skip
    """aten.gru(x, h, weights, has_biases, num_layers, dropout, train, bidirectional, batch_first)."""
    if isinstance(params, Value):  # packed
        return _unpacked(site, gru, x, params, bias, layers, dropout, train, bidirectional, batch_first)
    return _run(site, "gru", x, state, params, bias, layers, bidirectional, batch_first)


@aten("rnn_tanh rnn_relu")
def rnn(
    site: Site, x: Value, state: Any, params: Any, bias: Any, layers: Any, dropout: float = 0, train: bool = False,
    bidirectional: bool = False, batch_first: bool = False,
) -> list[Value | None]:  # fmt: skip
    """aten.rnn_tanh(x, h, weights, has_biases, num_layers, dropout, train, bidirectional, batch_first)."""
    if isinstance(params, Value):  # packed
        return _unpacked(site, rnn, x, params, bias, layers, dropout, train, bidirectional, batch_first)
    nonlinearity = site.call.operator.removeprefix("rnn_")
    return _run(site, "rnn", x, state, params, bias, layers, bidirectional, batch_first, nonlinearity=nonlinearity)
