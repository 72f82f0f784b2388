from __future__ import annotations

import io
import sys
from typing import Any

import pytest

import flopcount
from flopcount.api import analyze
from flopcount.errors import IncompleteError, OpError, UsageError
from flopcount.sweeps.sweep import Sweep, require_all, sweep

NET = """\
params: {width: 4, side: 8}
input: [3, side, side]
layers:
  - conv: {out: width, kernel: 3}
  - flatten
  - linear: {name: fc, out: 10}
"""
MAGIC = "input: [3, 8, 8]\nlayers:\n  - opaque: {out: [4, 8, 8]}\n  - conv: {out: 8, kernel: 1}\n"
PAIR = "inputs: {a: [3], b: [5]}\nlayers:\n  - {linear: 4, from: a, name: x}\n  - {linear: 4, from: b, name: y}\n"


def swept(text: str, monkeypatch: pytest.MonkeyPatch, over: dict[str, Any], **options: Any) -> Sweep:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    return sweep("-", over, **options)


def test_every_point_is_the_report_of_its_setting() -> None:
    over = {"width": "0.5,1", "batch": [1, 8], "input": "3x160x160,3x224x224"}
    points = sweep("mobilenet_v1", over, convention="macs", ignoring=["bias"]).points
    assert [point.at for point in points[:3]] == [
        ("0.5", "1", "3x160x160"), ("0.5", "1", "3x224x224"), ("0.5", "8", "3x160x160"),
    ]  # fmt: skip
    assert len(points) == 8
    for point in points:
        width, batch, size = point.at
        report = analyze("mobilenet_v1", settings={"width": width}, batch=int(batch), inputs=[size], convention="macs",
                         ignoring=["bias"])  # fmt: skip
        assert point.totals == report.totals
        assert point.graph is not None
        assert (point.graph.inputs, point.graph.batch) == (report.graph.inputs, int(batch))
        assert point.graph.provenance.settings == report.graph.provenance.settings


def test_the_order_is_that_of_the_axes() -> None:
    over = {"width": "0.5,1", "input": "3x64x64,3x96x96"}
    forth = sweep("mobilenet_v1", over).points
    back = sweep("mobilenet_v1", dict(reversed(over.items()))).points
    assert [point.at for point in back] == [
        ("3x64x64", "0.5"), ("3x64x64", "1"), ("3x96x96", "0.5"), ("3x96x96", "1"),
    ]  # fmt: skip
    assert {point.at[::-1]: point.totals for point in back} == {point.at: point.totals for point in forth}


def test_the_source_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(swept(NET, monkeypatch, {"width": "1,2,3"}).points) == 3  # standard input can be read no second time


def test_a_size_that_wants_other_weights_is_refused_and_a_parameter_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    own, other, tiny = swept(NET, monkeypatch, {"input": "3x8x8,3x9x9,3x2x2"}).points
    assert own.error is None
    assert own.totals["params"].value == 112 + 4 * 36 * 10 + 10
    assert isinstance(other.error, OpError)
    assert other.graph is None
    assert other.totals == {}
    assert (other.error.layer, other.error.what) == ("fc (linear)", "takes 144 features, not 196")
    assert tiny.error
    assert (tiny.error.layer, tiny.error.what) == (
        "conv1 (conv)",
        "kernel 3 is larger than its padded input 2",
    )
    points = swept(NET, monkeypatch, {"side": "8,9"}).points
    assert [point.totals["params"].value for point in points] == [1562, 112 + 4 * 49 * 10 + 10]


def test_the_networks_own_size_is_that_of_the_same_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    points = swept(NET, monkeypatch, {"input": "3x8x8,3x9x9", "side": "8,9"}).points
    assert [(point.at, point.error is None) for point in points] == [
        (("3x8x8", "8"), True), (("3x8x8", "9"), False), (("3x9x9", "8"), False), (("3x9x9", "9"), True),
    ]  # fmt: skip


def test_a_network_that_cannot_have_its_own_size_keeps_the_first_it_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    points = swept(NET, monkeypatch, {"input": "3x7x7,3x9x9,3x8x8"}, settings={"side": 2}).points
    assert [point.error is None for point in points] == [True, False, False]
    assert points[1].error
    assert points[1].error.what == "takes 100 features, not 196"


def test_one_of_several_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    points = swept(PAIR, monkeypatch, {"b": "5,6"}).points
    assert points[1].error
    assert points[1].error.what == "takes 5 features, not 6"
    with pytest.raises(UsageError, match="no input 'input'"):
        swept(PAIR, monkeypatch, {"input": "5,6"})


def test_what_is_given_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    points = swept(PAIR, monkeypatch, {"b": "5"}, inputs=["a=7"], batch=2).points
    assert points[0].graph
    assert [tensor.shape for tensor in points[0].graph.inputs] == [(2, 7), (2, 5)]


def test_where_no_network_can_be_built_the_first_error_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OpError) as caught:
        swept(NET, monkeypatch, {"input": "3x9x9,3x2x2"})
    assert caught.value.what == "takes 144 features, not 196"


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"width": "1,a b"}, "cannot read the value of width"),
        ({"input": "3x8x8,3x8"}, "the input 'input' cannot be 3×8"),
        ({"widht": "1"}, "no parameter and no input 'widht'"),
    ],
)
def test_a_wrong_request_is_no_row(monkeypatch: pytest.MonkeyPatch, over: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        swept(NET, monkeypatch, over)


def test_views_and_modes() -> None:
    (ten,) = sweep("alexnet", {"batch": [2]}, views=10).points
    assert ten.totals["macs"].value == 20 * 1_135_256_096
    assert ten.totals["params"].value == 62_378_344
    (step,) = sweep("alexnet", {"batch": [2]}, mode="train").points
    assert step.totals == analyze("alexnet", batch=2, mode="train").totals
    with pytest.raises(UsageError, match="several views of a sample are for test time"):
        sweep("alexnet", {"batch": [2]}, mode="train", views=10)


def test_what_strictness_requires(monkeypatch: pytest.MonkeyPatch) -> None:
    require_all(swept(NET, monkeypatch, {"width": "1,2"}))
    with pytest.raises(OpError, match="takes 144 features, not 196"):
        require_all(swept(NET, monkeypatch, {"input": "3x8x8,3x9x9"}))
    with pytest.raises(IncompleteError, match="has 1 layer that nobody can count") as caught:
        require_all(swept(MAGIC, monkeypatch, {"batch": "1,2"}))
    assert caught.value.facts == {"batch": "1"}


def test_it_is_public() -> None:
    assert isinstance(flopcount.sweep("lecture_ten_filters", {"batch": [1]}), flopcount.Sweep)
