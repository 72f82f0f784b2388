from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from torch import Tensor, nn
from torch.nn import functional

from flopcount.conventions import CONVENTIONS
from flopcount.errors import ExpectationError, IncompleteError, MissingExtraError, UsageError
from flopcount.graph import Graph
from flopcount.ops import find_op
from flopcount.ops.linear import Linear
from flopcount.readers.torch.assemble import Assembler
from flopcount.sources import shipped_names
from flopcount.torch.witnesses import apart
from flopcount.verifying.questions import Check
from flopcount.verifying.verify import WITNESSES, require_agreement, show, verify
from tests.samples import Sample, resnet50, small
from tests.torch.drawn import networks

SAMPLE = {
    "alexnet", "vgg11", "googlenet", "resnet18", "resnet50_v1", "mobilenet_v1", "mobilenet_v2", "squeezenet1_1",
    "efficientnet_b0", "vit_b_32", "gpt2", "lstm_lm", "lecture_ten_filters", "lecture_separable", "inception_module",
}  # fmt: skip
"""What continuous integration asks about; the others are slow."""


@pytest.mark.parametrize(
    "name", [name if name in SAMPLE else pytest.param(name, marks=pytest.mark.slow) for name in shipped_names()]
)
def test_every_witness_confirms_every_shipped_spec(name: str) -> None:
    verification = verify(name)
    assert verification.failures == ()
    assert verification.silent == {}
    assert {check.witness for check in verification.checks} == {*WITNESSES, "expect"}
    require_agreement(verification)


def test_resnet50_as_published_by_each_witness() -> None:
    """Totals that the tools print; see the sources that the conventions name."""
    totals = {(check.witness, check.what): check.theirs for check in verify(resnet50()).checks if not check.layer}
    assert totals[("torch", "params")] == 25_557_032
    assert totals[("torch", "buffers")] == 53_120 + 53
    assert totals[("FlopCounterMode", "FLOPs")] == 8_178_368_512
    assert totals[("fvcore", "MACs")] == 4_111_512_576


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(networks())
def test_random_networks_are_confirmed(graph: Graph) -> None:
    verification = verify(graph)
    assert verification.failures == ()
    refused = verification.silent.get("fvcore", "")
    assert verification.silent.keys() <= {"fvcore"}
    assert refused == "" or refused.startswith("AssertionError: [")  # norms of more than five axes


def test_there_is_a_check_for_each_layer_witness_and_question() -> None:
    graph = small()
    checks = verify(graph).checks
    asked = [(check.layer, check.witness, check.what) for check in checks]
    assert len(asked) == len(set(asked))
    for node in graph.nodes:
        assert [(witness, what) for layer, witness, what in asked if layer == node.name] == [
            ("torch", "outputs"), ("torch", "params"), ("torch", "buffers"), ("FlopCounterMode", "FLOPs"),
            ("fvcore", "MACs"),
        ]  # fmt: skip


def test_torchs_counter_of_batches_is_predicted_and_named() -> None:
    (check,) = (c for c in verify(small()).checks if c.layer == "body.bn" and c.what == "buffers")
    assert (check.ours, check.theirs, check.note) == (17, 17, "1 of them num_batches_tracked")


def test_shared_weights_count_once_for_both() -> None:
    b = Sample("tied")
    x = b.then(b.input("x", (1, 4)), "linear", "a", out=4)
    x = b.add(b.nodes[0].op, [x], name="b", tied={"weight": b.nodes[0].weights[0]})[0]
    checks = {(c.layer, c.what): c.theirs for c in verify(b.build([x]), witnesses=["torch"]).checks}
    assert (checks[("a", "params")], checks[("b", "params")], checks[("", "params")]) == (20, 4, 24)


def wrong(what: str) -> Graph:
    """A network that states of its second layer what is not so."""
    graph = small()
    node = graph.nodes[2]
    if what == "outputs":
        (tensor,) = node.outputs
        node = replace(node, outputs=(replace(tensor, shape=(1, 8, 8, 9)),))
    elif what == "params":
        node = replace(node, weights=(replace(node.weights[0], shape=(8, 1, 3, 4)),))
    else:
        raise AssertionError(what)
    return replace(graph, nodes=(*graph.nodes[:2], node, *graph.nodes[3:]))


@pytest.mark.parametrize("what", ["outputs", "params"])
def test_a_wrong_number_is_a_failure(what: str) -> None:
    failures = verify(wrong(what), witnesses=["torch"]).failures
    assert ("body.depthwise", what) in {(check.layer, check.what) for check in failures}


@pytest.mark.parametrize("witness", ["FlopCounterMode", "fvcore"])
def test_a_residual_of_one_is_a_failure(witness: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = str(WITNESSES[witness])
    price = type(CONVENTIONS[name]).price

    def off_by_one(convention: Any, work: Any, op: Any) -> Any:
        return price(convention, work, op) + (op.tag == "linear" and work.kind == "dot")

    monkeypatch.setattr(type(CONVENTIONS[name]), "price", off_by_one)
    failures = verify(small(), witnesses=[witness]).failures
    assert [(check.layer, check.difference) for check in failures] == [("linear", -1), ("", -1)]
    with pytest.raises(ExpectationError) as caught:
        require_agreement(verify(small(), witnesses=[witness]))
    unit = f"{CONVENTIONS[name].unit}s"
    assert str(caught.value).splitlines()[:2] == [
        "error: small: 2 numbers that a witness does not confirm",
        f"  linear, {unit} by {witness}: " + ("20,481 and 20,480" if unit == "FLOPs" else "10,241 and 10,240"),
    ]


SMALL = "tests.readers.torch.networks:Small"


def test_a_torch_model_is_asked_itself_about_each_module() -> None:
    verification = verify(SMALL, inputs="3x16x16", batch=2)
    assert (verification.failures, verification.silent) == ((), {})
    said = {(check.layer, check.witness, check.what): check.theirs for check in verification.checks}
    assert {layer for layer, _, _ in said} == {"", "conv", "bn", "fc"}  # relu_ and mean are nobody's
    assert said[("bn", "torch", "buffers")] == 17
    assert said[("", "torch", "params")] == 330
    assert said[("conv", "FlopCounterMode", "FLOPs")] == 2 * 2 * 27 * 8 * 256
    assert said[("", "fvcore", "MACs")] == 2 * (27 * 8 * 256 + 2 * 8 * 256 + 80)  # its rule for norms


def test_a_torch_model_and_a_residual_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Linear.work

    def off_by_one(op: Linear, x: Any, y: Any) -> Any:
        first, *others = work(op, x, y)
        return (replace(first, count=first.count + 1), *others)

    monkeypatch.setattr(Linear, "work", off_by_one)
    failures = verify(SMALL, inputs="3x16x16", witnesses=["FlopCounterMode", "fvcore"]).failures
    assert [(check.layer, check.witness, check.difference) for check in failures] == [
        ("fc", "FlopCounterMode", -2), ("", "FlopCounterMode", -2), ("fc", "fvcore", -1), ("", "fvcore", -1),
    ]  # fmt: skip


def test_a_torch_model_and_a_parameter_that_was_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Assembler, "_keep_the_rest", lambda assembler: None)
    failures = verify(Idle(), inputs="4", witnesses=["torch"]).failures
    assert [(check.layer, check.what, check.difference) for check in failures] == [
        ("idle", "params", 12), ("", "params", 12),
    ]  # fmt: skip


class Idle(nn.Linear):
    def __init__(self) -> None:
        super().__init__(4, 4)
        self.idle = nn.Linear(3, 3)


def test_a_model_that_asks_for_numbers_is_asked_with_numbers() -> None:
    verification = verify("tests.readers.torch.networks:Asking", inputs="3x16x16")
    assert (verification.failures, verification.silent) == ((), {})


def test_a_counter_apart_is_asked_about_the_same_model(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def ask(*order: Any) -> apart.Answer:
        asked.append(order)
        return apart.Answer(refusal="not today")

    monkeypatch.setattr(apart, "ask", ask)
    verification = verify(SMALL, inputs="3x16x16", kwargs={"classes": 3}, witnesses=[], against=["thop"])
    assert verification.silent == {"thop": "not today"}
    assert asked == [("thop", verification.graph, SMALL, {"classes": 3})]


def test_what_a_convention_does_not_know_is_not_taken_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """On shapes alone ptflops counts interpolation in a way that is not surveyed: it is not said to differ from 0."""
    answer = apart.Answer(layers={"0": (27 + 1) * 2 * 36, "1": 5}, whole=3000)
    monkeypatch.setattr(apart, "ask", lambda *_: answer)
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Upsample(scale_factor=2, mode="bilinear"))
    verification = verify(model, inputs="3x8x8", witnesses=[], against=["ptflops"])
    assert [check.layer for check in verification.checks] == ["0"]
    assert verification.silent == {
        "ptflops": "what it counts is not known of 1 (upsample): no total is predicted",
    }
    with pytest.raises(IncompleteError, match="not every witness could be heard"):
        require_agreement(verification)


def test_a_saved_program_is_built(tmp_path: Path) -> None:
    program = torch.export.export(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), (torch.zeros(2, 4),))
    torch.export.save(program, tmp_path / "net.pt2")
    verification = verify(str(tmp_path / "net.pt2"))
    assert (verification.failures, verification.silent) == ((), {})
    assert {check.layer for check in verification.checks} == {"", "0", "1"}


def test_unknown_operators_of_a_torch_model_cannot_be_verified() -> None:
    with pytest.raises(IncompleteError, match="no convention predicts") as caught:
        verify(nn.Sequential(nn.Linear(4, 4), Inverse()), inputs="4x4")
    assert caught.value.facts["unknown"] == "1 (opaque)"


class Inverse(nn.Module):
    def forward(self, x: Any) -> Any:
        return torch.linalg.inv(x)


def test_promises_are_verified_too() -> None:
    verification = verify(small(expect={"params": 10_690, "macs": 1}), witnesses=["torch"])
    (failure,) = verification.failures
    assert (failure.witness, failure.what, failure.ours, failure.theirs) == ("expect", "macs", 36_864, 1)
    assert failure.difference == 1 - 36_864


def test_promises_are_for_one_sample() -> None:
    checks = verify("lecture_ten_filters", batch=3, witnesses=["torch"]).checks
    assert "expect" not in {check.witness for check in checks}
    assert checks[0].ours == checks[0].theirs == ((3, 10, 28, 28),)


def test_a_witness_that_cannot_run_the_network_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    b = Sample("six")
    graph = b.build([b.then(b.input("x", (1, 2, 2, 2, 2, 3)), "ln", "norm")])
    verification = verify(graph)
    assert verification.failures == ()
    assert verification.silent == {"fvcore": "AssertionError: [1, 2, 2, 2, 2, 3]"}
    with pytest.raises(IncompleteError) as caught:
        require_agreement(verification)
    assert caught.value.exit_status == 3
    assert "fvcore: AssertionError" in str(caught.value)


def test_fvcore_is_heard_of_convolutions_that_no_layer_holds() -> None:
    """Torch cannot trace one without computing it."""
    b = Sample("dynamic")
    graph = b.build([b.then(b.input("x", (1, 2, 6)), "dynamic_conv", "layer", b.input("filters", (4, 2, 3)))])
    verification = verify(graph, witnesses=["fvcore"])
    assert (verification.failures, verification.silent) == ((), {})
    assert {check.theirs for check in verification.checks} == {4 * 2 * 3 * 4}


def test_fvcore_is_heard_of_constants_that_no_pass_keeps() -> None:
    b = Sample("constant")
    (mask,) = b.add(find_op("constant")(shape=(3,), keep_batch=False, kept=False), [], name="mask")
    verification = verify(b.build([b.then(b.input("x", (2, 3)), "mul", "layer", mask)]), witnesses=["fvcore"])
    assert (verification.failures, verification.silent) == ((), {})


class Transformer(nn.Module):
    """A spatial transformer: an image at places that a layer decides."""

    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Linear(3 * 8 * 8, 6)

    def forward(self, x: Tensor) -> Tensor:
        grid = functional.affine_grid(self.map(x.flatten(1)).view(-1, 2, 3), list(x.shape), align_corners=False)
        return functional.grid_sample(x, grid, align_corners=False)


def test_an_affine_grid_is_one_operator_to_the_witnesses() -> None:
    """They see the 1,152 products of the map and not the grid's; fvcore counts 4 for every sample."""
    verification = verify("tests.verifying.test_verify:Transformer", inputs="3x8x8")
    assert (verification.failures, verification.silent) == ((), {})
    said = {(check.witness, check.what): check.theirs for check in verification.checks if not check.layer}
    assert said[("FlopCounterMode", "FLOPs")] == 2 * 1152
    assert said[("fvcore", "MACs")] == 1152 + 4 * 3 * 8 * 8


@pytest.mark.parametrize("size", [(4,), (5, 7), (2, 3, 4)])
def test_an_affine_grid_is_one_operator_where_it_is_built(size: tuple[int, ...]) -> None:
    b = Sample("grid")
    theta = b.input("theta", (2, len(size), len(size) + 1))
    verification = verify(b.build([b.then(theta, "affine_grid", "layer", size=size)]))
    assert (verification.failures, verification.silent) == ((), {})


def test_what_torch_cannot_run_names_the_layer() -> None:
    b = Sample("flat")
    graph = b.build([b.then(b.input("x", (1, 3, 1, 1)), "instance_norm", "norm")])
    (reason,) = verify(graph, witnesses=["torch"]).silent.values()
    assert reason.startswith("ValueError: Expected more than 1 spatial element when training")
    assert reason.endswith("in layer norm")


def test_unknown_layers_cannot_be_verified() -> None:
    with pytest.raises(IncompleteError, match="nobody knows what an opaque layer computes"):
        verify(small(unknown=True))


def test_unknown_witnesses() -> None:
    with pytest.raises(UsageError, match="unknown witness 'fvcroe'") as caught:
        verify("alexnet", witnesses=["fvcroe"])
    assert caught.value.hint == "did you mean 'fvcore'?"


@pytest.mark.parametrize(
    ("module", "capability"), [("torch", "verification"), ("fvcore.nn", "the witness fvcore")]
)  # fmt: skip
def test_missing_packages(module: str, capability: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        verify("lecture_ten_filters")
    assert str(caught.value).splitlines() == [
        f"error: {capability} needs the extra 'torch'",
        '  hint: install it with: pip install "flopcount[torch]"',
    ]


def test_values_as_people_write_them() -> None:
    assert (show(None), show(1234), show(((1, 2), (3,)))) == ("nothing", "1,234", "1×2, 3")


def test_shapes_have_no_difference() -> None:
    check = Check("a", "relu", "torch", "outputs", ((1, 2),), ((2, 1),))
    assert (check.equal, check.difference) == (False, None)
