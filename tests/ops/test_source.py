from __future__ import annotations

import pytest

from flopcount.engine import count
from flopcount.errors import OpError
from flopcount.graph import GraphBuilder
from flopcount.ops.joining import Add, Concat
from flopcount.ops.source import Constant, Opaque, Parameter


def test_class_token_and_positions_of_a_vision_transformer() -> None:
    builder = GraphBuilder("vit", batch=8)
    patches = builder.input("patches", (8, 196, 768))
    (token,) = builder.add(Parameter(shape=(1, 768)), [patches], name="token")
    (tokens,) = builder.add(Concat(), [token, patches], name="tokens")
    (positions,) = builder.add(Parameter(shape=(197, 768)), [tokens], name="positions")
    (y,) = builder.add(Add(), [tokens, positions], name="embedded")
    assert y.shape == (8, 197, 768)
    layers = {layer.node.name: layer for layer in count(builder.build([y])).layers}
    assert [layers[name].params for name in ("token", "positions")] == [768, 197 * 768]
    assert [layers[name].work for name in ("token", "positions")] == [(), ()]


def test_a_constant_is_kept_and_not_learned() -> None:
    builder = GraphBuilder("sinusoids")
    x = builder.input("x", (1, 10, 4))
    (y,) = builder.add(Constant(shape=(10, 4)), [x], name="positions")
    (layer,) = count(builder.build([y])).layers
    assert (layer.params, layer.trainable_params, layer.buffers, layer.work) == (0, 0, 40, ())


def test_an_opaque_layer_is_unknown_and_what_follows_is_counted() -> None:
    builder = GraphBuilder("net", batch=2)
    x, z = builder.input("x", (2, 3, 32, 32)), builder.input("z", (2, 7))
    (hidden,) = builder.add(Opaque(out=(10,)), [x, z], name="secret")
    (y,) = builder.add(Add(), [hidden, hidden], name="sum")
    report = count(builder.build([y]))
    assert hidden.shape == (2, 10)
    assert [layer.node.name for layer in report.uncounted] == ["secret"]
    assert report.layers[0].params is None
    assert report.layers[1].work is not None


def test_beside_token_ids_a_parameter_is_real() -> None:
    assert Parameter(shape=(4,)).dtype("int64") is None  # the network's own
    assert Parameter(shape=(4,)).dtype("float16") == "float16"


def test_needs_a_batch() -> None:
    with pytest.raises(OpError, match="axis 0 is out of range: the input has 0 axes"):
        Parameter(shape=(4,)).check(())
