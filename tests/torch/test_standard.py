from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopcount.errors import FlopcountError, IncompleteError
from flopcount.graph import Graph, Tensor
from flopcount.op import Op
from flopcount.ops import find_op
from flopcount.ops.linear import Linear
from flopcount.ops.pool import AvgPool
from flopcount.readers.onnx import read
from flopcount.torch import build
from flopcount.torch.network import example_inputs
from flopcount.torch.standard import standard
from tests.readers.onnx import backend
from tests.samples import Sample, small
from tests.torch.drawn import networks, op_of

CASES = backend.cases()


class Wide(Linear, frozen=True, kw_only=True):
    """A form that a spec has not, with a field more."""

    times: int = 1

    def infer(self, x: Any) -> Any:
        return (*x[:-1], self.times * self.out) if self.out < 100 else (*x, 1)


class Lax(AvgPool, frozen=True, kw_only=True):
    """A form that takes what the op refuses."""

    def check(self, x: Any) -> None:
        return


class Foreign(Op, frozen=True, kw_only=True):
    tag = "gru"


class Unheard(Op, frozen=True, kw_only=True):
    tag = "unheard_of"


class Missing(Op, frozen=True, kw_only=True):
    tag = "opaque"
    kind: str = "NonZero"


@given(st.data())
def test_ops_of_the_spec_language_stay(data: st.DataObject) -> None:
    graph = data.draw(networks(least=1, most=1))
    op = op_of(graph)
    assert standard(op, *[tensor.shape for tensor in graph.nodes[0].inputs]) is op


def test_a_form_that_computes_the_same_is_the_op() -> None:
    assert standard(Wide(out=3, bias=False), (1, 8)) == Linear(out=3, bias=False)
    assert type(standard(Lax(kernel=2), (1, 3, 8, 8))) is AvgPool


@pytest.mark.parametrize(
    ("op", "message"),
    [
        (Wide(out=3, times=2), "cannot be built: the module of linear has no times"),
        (Wide(out=300), "cannot be built: its form of linear has another shape"),
        (Lax(kernel=2, padding=2), "cannot be built as avgpool: padding 2 is more than half of kernel 2"),
        (Foreign(), "cannot be built: its form of gru has no module"),
        (Unheard(), "cannot be built: no module is known for unheard_of"),
        (Missing(), "cannot be built: nobody knows what NonZero computes"),
    ],
)
def test_any_other_has_no_module(op: Op, message: str) -> None:
    with pytest.raises(IncompleteError) as caught:
        standard(op, (1, 3, 8, 8))
    assert (caught.value.what, caught.value.hint) == (message, "replace it by the layers that it stands for")


def test_a_layer_without_a_module_has_its_place() -> None:
    b = Sample("net")
    (y,) = b.add(Lax(kernel=2, padding=2), [b.input("x", (1, 3, 8, 8))], name="pool", where="net.onnx node 3")
    with pytest.raises(IncompleteError) as caught:
        build(b.build([y]))
    assert str(caught.value).splitlines() == [
        "error: net.onnx node 3  pool (avgpool)",
        "  cannot be built as avgpool: padding 2 is more than half of kernel 2",
        "  hint: replace it by the layers that it stands for",
    ]


def reading_what_nobody_makes() -> Graph:
    b = Sample("net")
    return b.build([b.then(b.input("x", (1, 3)), "add", "add", Tensor("table", (3,), kind="parameter"))])


def holding_more_than_its_op() -> Graph:
    b = Sample("net")
    return b.build(b.add(find_op("relu")(), [b.input("x", (1, 3))], name="relu", kept=[Tensor("table", (3,))]))


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (reading_what_nobody_makes, "  cannot be built: it uses 'table', which no layer makes"),
        (holding_more_than_its_op, "  cannot be built: it uses 'table', which no layer makes"),
        (lambda: replace(small(), outputs=(Tensor("places", (1,)),)),
         "error: small cannot be built: no layer makes its output 'places'"),
    ],
)  # fmt: skip
def test_what_no_layer_makes_is_named(graph: Any, message: str) -> None:
    with pytest.raises(IncompleteError) as caught:
        build(graph())
    assert message in str(caught.value).splitlines()


@pytest.mark.parametrize(
    "case",
    [case if place % 20 == 0 else pytest.param(case, marks=pytest.mark.slow) for place, case in enumerate(CASES)],
    ids=[case.name for case in CASES],
)
@pytest.mark.filterwarnings("ignore")
def test_what_is_read_of_a_file_is_built_or_the_reason_said(case: backend.Case, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    onnx.save(case.model, path)
    try:
        graph = read(str(path))
        network = build(graph, device="meta").eval()
    except FlopcountError:
        return  # said, not stumbled over
    if any(0 in tensor.shape for tensor in graph.inputs):
        return  # torch has no extremes of nothing
    with torch.no_grad():
        made = network(*example_inputs(graph))
    outputs = made if isinstance(made, tuple) else (made,)
    assert [tuple(y.shape) for y in outputs] == [tensor.shape for tensor in graph.outputs]
