"""Counters asked in a process of their own, and `verify --against` them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

import pytest
import torch
from msgspec.structs import replace

from flopcount.conventions import CONVENTIONS
from flopcount.errors import ExpectationError, UsageError
from flopcount.readers.torch import read
from flopcount.torch.witnesses import apart
from flopcount.torch.witnesses.apart import ask
from flopcount.verifying.verify import require_agreement, verify
from tests.samples import Sample, small

pytestmark = pytest.mark.filterwarnings("ignore")


def needs(name: str) -> None:
    """Skip where a counter is not installed; it is not imported here."""
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")


class Own(torch.nn.Module):
    """Two modules and a function between them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.fc = torch.nn.Linear(4, 5)

    def forward(self, x: torch.Tensor) -> Any:
        return self.fc(torch.nn.functional.relu(self.conv(x)).mean((2, 3)))


@pytest.mark.parametrize("name", ["thop", "torchinfo"])
def test_a_built_network_layer_by_layer(name: str) -> None:
    needs(name)
    verification = verify(small(), witnesses=[], against=[name])
    assert verification.failures == ()
    assert verification.silent == {}
    layers = {check.layer for check in verification.checks if check.witness == name}
    assert {node.name for node in small().nodes if node.weights} | {""} <= layers
    require_agreement(verification)


def test_somebodys_model_and_what_it_calls() -> None:
    needs("thop")
    model = Own()
    graph = read(model, inputs=[("", ((3, 8, 8), None))])
    asked = ["thop", "torchinfo", "ptflops", "ptflops-cpu", "ptflops-modules", "ptflops-aten"]
    verification = verify(graph, model=model, witnesses=[], against=asked)
    assert verification.failures == ()
    totals = {check.witness: check.theirs for check in verification.checks if not check.layer}
    products, biases, relu = 4 * 27 * 36 + 20, 4 * 36 + 5, 4 * 36
    assert totals == {
        "thop": products,
        "torchinfo": products + biases,
        "ptflops-aten": products + biases,
        "ptflops-modules": products + biases,
        "ptflops-cpu": products + biases + relu,
        "ptflops": products + biases + relu + 20,
    }


def test_the_tool_leaves_no_trace() -> None:
    needs("ptflops")
    before = torch.nn.functional.adaptive_max_pool2d
    model = Own()
    names = [name for name, _ in model.named_buffers()]
    graph = read(model, inputs=[("", ((3, 8, 8), None))])
    assert ask("ptflops-cpu", graph, model).refusal == ""
    assert torch.nn.functional.adaptive_max_pool2d is before
    assert [name for name, _ in model.named_buffers()] == names
    assert "ptflops" not in sys.modules
    assert "thop" not in sys.modules


def test_a_tool_that_says_otherwise_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("thop")
    monkeypatch.setitem(CONVENTIONS, "thop", replace(CONVENTIONS["thop"], bias=1))
    verification = verify(small(), witnesses=[], against=["thop"])
    assert {check.layer for check in verification.failures} == {"stem.conv", "linear", ""}
    with pytest.raises(ExpectationError, match="that a witness does not confirm"):
        require_agreement(verification)


def test_what_cannot_be_asked() -> None:
    needs("ptflops")
    b = Sample("two", 2)
    two = b.build([b.then(b.input("x", (2, 3)), "linear", "fc", out=4)])
    assert ask("ptflops", two).refusal == (
        "ValueError: it divides a part of what it counts by the batch: ask it with --batch 1"
    )
    b = Sample("attentive", 1)
    attentive = b.build([b.then(b.input("x", (1, 5, 8)), "attention", "mix", heads=2)])
    assert verify(attentive, witnesses=[], against=["thop"]).silent == {
        "thop": "what is built for mix (attention) is no module that it knows: ask about a torch model"
    }


def test_a_model_that_cannot_be_handed_on() -> None:
    model = Own()
    model.hook = lambda: None  # type: ignore[assignment]
    answer = ask("thop", small(), model)
    assert answer.refusal.startswith("the model cannot be handed to another process: ")


def test_a_process_that_dies_says_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-c", "raise SystemExit('no more')"))
    assert ask("thop", small()).refusal == "no more"


def test_a_tool_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = "import sys; sys.modules['thop'] = None; from flopcount.torch.witnesses.apart import main; main()"
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-c", hidden))
    with pytest.raises(UsageError) as caught:
        verify(small(), witnesses=[], against=["thop"])
    assert str(caught.value).splitlines() == [
        "error: the counter thop cannot be asked: thop is not installed",
        "  hint: install it beside torch",
    ]


def test_unknown_counters() -> None:
    with pytest.raises(UsageError, match="unknown counter 'thopp'") as caught:
        verify("alexnet", against=["thopp"])
    assert caught.value.hint == "did you mean 'thop'?"
