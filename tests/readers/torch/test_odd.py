"""Odd models against witnesses that we did not write, and what people see where one cannot be read."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from flopcount.engine import count
from flopcount.errors import SourceError, UsageError
from flopcount.sources import load
from flopcount.verifying.verify import verify
from tests.cli.conftest import Run, run  # noqa: F401

HERE = "tests.readers.torch.odd"
WORDS = "5:int64"
VECTORS = dict.fromkeys(("FlopCounterMode", "fvcore"), "ValueError: it does not see torch.mv")
HEADS = ["2x4x8", "2x6x8", "2x6x8"]

CONFIRMED: list[tuple[str, Any, dict[str, Any]]] = [
    ("Twice", "8", {}),
    ("Tied", WORDS, {}),
    ("Functional", "3x8x8", {}),
    ("Attention", "5x16", {}),
    ("Attention", "5x16", {"weights": False}),
    ("Masked", "5x16", {}),
    ("Masked", "5x16", {"norm_first": True, "activation": "gelu"}),
    ("Both", ["5x16", "7x16"], {}),
    ("InPlace", "8", {}),
    ("Normed", "8", {}),
    ("Normed", "8", {"kind": "old_weight_norm"}),
    ("Checkpointed", "8", {}),
    ("Listed", "8", {}),
    ("Wrapped", "8", {}),
    ("Wrapped", "8", {"slots": True}),
    ("ByName", "8", {}),
    ("ByName", "x=8", {}),
    ("Stateful", "8", {}),
    ("Noisy", "8", {}),
    ("Recurrent", "5x8", {}),
    ("Recurrent", "5x8", {"kind": "GRU", "layers": 2, "both": True}),
    ("Recurrent", "5x8", {"kind": "RNN"}),
    ("Recurrent", "5x8", {"proj": 3, "layers": 2}),
    ("Decoder", ["5x6", "7x6"], {}),
    ("Decoder", ["5x6", "7x6"], {"kind": "GRU"}),
    ("Constant", "8", {}),
    ("Growing", "5x8", {}),
    ("Cells", "5x8", {}),
    ("Cells", "5x8", {"kind": "GRUCell"}),
    ("Packed", "5x8", {}),
    ("Packed", "5x8", {"kind": "GRU"}),
    ("FixedMask", "8", {}),
    ("Branching", "8", {}),
    ("Contexts", "8", {}),
    ("Mapped", "8", {}),
    ("Numpy", "8", {}),
    ("Nested", f"{HERE}:nested", {}),
    ("Complex", "8", {}),
    ("Scored", HEADS, {}),
    ("Scored", HEADS, {"masked": True}),
    ("Scored", ["4x4x8", "2x6x8", "2x6x8"], {"grouped": True}),
    ("half", "3x8x8", {}),
    ("lazy", "3x8x8", {}),
    ("compiled", "8", {}),
    ("parallel", "8", {}),
    ("sparse", WORDS, {}),
    ("bag", WORDS, {}),
    ("hooked", "8", {}),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "inputs", "kwargs"), CONFIRMED)
def test_every_witness_confirms(name: str, inputs: Any, kwargs: dict[str, Any]) -> None:
    verification = verify(f"{HERE}:{name}", inputs=inputs, batch=2, kwargs=kwargs)
    assert verification.failures == ()
    assert verification.silent == {}
    assert count(verification.graph).uncounted == ()


@pytest.mark.parametrize(
    ("name", "kwargs", "silent"),
    [
        ("Custom", {}, {"fvcore": "ValueError: it does not see what a torch.autograd.Function does"}),
        ("Checkpointed", {"reentrant": True}, {"fvcore": "RuntimeError: unordered_map::at"}),
        ("Normed", {"kind": "spectral_norm"}, VECTORS),
        ("Normed", {"kind": "old_spectral_norm"}, VECTORS),
    ],
)
def test_what_a_counter_cannot_see_it_does_not_deny(name: str, kwargs: dict[str, Any], silent: dict[str, str]) -> None:
    verification = verify(f"{HERE}:{name}", inputs="8", batch=2, kwargs=kwargs)
    assert verification.failures == ()
    assert verification.silent == silent


@pytest.mark.parametrize(
    ("name", "inputs", "batch", "kwargs", "unknown", "note"),
    [
        ("OpenMask", "8", 2, {}, "index", "how many elements a mask takes depends on its numbers"),
        (
            "quantized",
            "8",
            2,
            {},
            "quantized.linear_dynamic",
            "nobody knows what the operator quantized.linear_dynamic",
        ),
        ("Normed", "8", 2, {"kind": "orthogonal"}, "linalg_matrix_exp", "it does not run on shapes alone"),
    ],
)
def test_what_is_unknown_is_listed_with_its_reason(
    name: str, inputs: str, batch: int, kwargs: dict[str, Any], unknown: str, note: str
) -> None:
    report = count(load(f"{HERE}:{name}", inputs=inputs, batch=batch, kwargs=kwargs))
    assert [layer.node.name.endswith(unknown) for layer in report.uncounted] == [True]
    assert any(note in each for each in report.graph.provenance.notes)


def test_a_gradient_within_the_forward_pass_is_a_part_of_it() -> None:
    report = count(load(f"{HERE}:Differentiated", inputs="8", batch=3))
    assert report.totals["macs"].value == 2 * 3 * 8
    assert report.uncounted == ()
    assert "it takes gradients itself: what they cost is a part of it" in report.graph.provenance.notes


def test_a_first_state_that_is_given_is_wired() -> None:
    """So that a decoder's gradient reaches its encoder."""
    graph = load(f"{HERE}:Decoder", inputs=["5x6", "7x6"], batch=2)
    layers = {node.name: node for node in graph.nodes}
    assert len(layers["encoder"].inputs) == 1
    assert [tensor.shape for tensor in layers["decoder"].inputs] == [(2, 7, 6), (1, 2, 6), (1, 2, 6)]
    trained = {layer.node.name: layer for layer in count(graph, mode="train").layers}
    assert any(entry.phase == "grad_weight" for entry in trained["encoder"].work or ())


def test_experts_that_see_no_token() -> None:
    """Every token goes to two experts, whichever these are."""
    report = count(load(f"{HERE}:Routed", inputs="8", batch=3))
    assert report.totals["macs"].value == 3 * 8 * 16 + 3 * 2 * 8 * 8
    assert report.totals["params"].value == 8 * 16 + 16 + 16 * 72
    assert {layer.node.op.tag for layer in report.uncounted} == {"opaque"}


def test_complex_products_are_named() -> None:
    notes = load(f"{HERE}:Complex", inputs="8").provenance.notes
    assert notes == ("some products are of complex numbers: each counts as one, and takes four of real numbers",)


def test_a_traced_script_is_read() -> None:
    report = count(load(f"{HERE}:scripted", inputs="8"))
    assert (report.totals["params"].value, report.totals["macs"].value) == (72, 64)


@pytest.mark.parametrize("name", ["Branching", "OpenMask"])
def test_numbers_are_the_same_every_time(name: str) -> None:
    first, second = (load(f"{HERE}:{name}", inputs="8", batch=64) for _ in range(2))
    assert [node.outputs[0].shape for node in first.nodes] == [node.outputs[0].shape for node in second.nodes]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Quitting", "Quitting raised SystemExit: 3"),
        ("Empty", "Empty makes a module without forward"),
        ("Plain", "Plain takes no argument 'z'"),
    ],
)
def test_refuses(name: str, message: str) -> None:
    with pytest.raises((SourceError, UsageError), match=message):
        load(f"{HERE}:{name}", inputs="8", kwargs={"z": 1} if name == "Plain" else None)


def test_nothing_that_a_model_writes_is_in_our_output() -> None:
    command = [sys.executable, "-m", "flopcount", "report", f"{HERE}:Noisy", "-i", "8", "-f", "csv"]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert made.stdout == "layer,op,outputs,params,macs,flops,share\na,linear,1x8,72,64,128,1.000000\n"
    assert sorted(made.stderr.split()) == ["descriptor", "forward", "original", "print"]


def test_errors_name_the_line_of_the_user(run: Run) -> None:  # noqa: F811
    result = run("report", f"{HERE}:Quitting", "-i", "8")
    assert result.status == 2
    assert result.err.splitlines()[0] == f"error: {HERE}:Quitting raised SystemExit: 3"
    assert "tests/readers/torch/odd.py:" in result.err.splitlines()[1]
