from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.engine import count
from flopcount.errors import OpError
from flopcount.graph import GraphBuilder
from flopcount.ops.embedding import Embedding
from flopcount.ops.linear import Linear
from tests.counting import backward_ledger


@given(st.lists(st.integers(1, 5), max_size=3).map(tuple), st.integers(1, 9), st.integers(1, 9))
def test_shapes_and_parameters_are_torchs(shape: tuple[int, ...], vocab: int, dim: int) -> None:
    op = Embedding(vocab=vocab, dim=dim)
    module = torch.nn.Embedding(vocab, dim, device="meta")
    assert op.infer(shape) == tuple(module(torch.empty(shape, dtype=torch.int64, device="meta")).shape)
    assert op.weights(shape) == {name: tuple(weight.shape) for name, weight in module.named_parameters()}
    assert op.work(shape, op.infer(shape)) == ()


def test_a_tied_head_still_works_but_has_no_parameters_of_its_own() -> None:
    builder = GraphBuilder("lm")
    tokens = builder.input("tokens", (1, 16), "int64")
    (embedded,) = builder.add(Embedding(vocab=100, dim=8), [tokens], name="embed")
    table = builder.nodes[0].weights[0]
    (logits,) = builder.add(Linear(out=100, bias=False), [embedded], name="head", tied={"weight": table})
    report = count(builder.build([logits]))
    assert embedded.dtype == "float32"
    assert [layer.params for layer in report.layers] == [800, 0]
    assert [sum(entry.count for entry in layer.work or ()) for layer in report.layers] == [0, 16 * 8 * 100]


def test_refuses_what_is_not_an_integer() -> None:
    builder = GraphBuilder("lm")
    tokens = builder.input("tokens", (1, 16))
    with pytest.raises(OpError) as caught:
        builder.add(Embedding(vocab=100, dim=8), [tokens], name="embed", where="lm.yaml:3:5")
    assert str(caught.value) == (
        "error: lm.yaml:3:5  embed (embedding)\n"
        "  looks up integers, but its input is float32\n"
        "  input: 1×16\n"
        "  hint: declare the dtype of the network's input as int64"
    )


def test_every_tokens_gradient_is_added_to_its_row() -> None:
    assert backward_ledger(Embedding(vocab=100, dim=8), (2, 7), to=["weight"]) == {"add": 2 * 7 * 8}
