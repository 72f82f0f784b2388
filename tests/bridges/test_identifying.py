from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcount.api import analyze
from flopcount.bridges import identifying
from flopcount.bridges.identifying import Match, identify, require_match
from flopcount.conventions import CONVENTIONS, Convention
from flopcount.errors import ExpectationError, UsageError

OWN = ((3, 224, 224),)


def told(match: Match) -> tuple[object, ...]:
    return match.kind, match.conventions, match.mode, match.inputs, str(match.factor)


def test_thop_of_resnet50() -> None:
    found = identify("resnet50", 4_133_742_592)
    assert [*map(told, found.matches)] == [("exact", ("thop",), "eval", OWN, "1")]
    assert found.matches[0].unit == "MAC"
    assert found.nearest == ()


def test_the_number_of_a_model_left_in_training_mode() -> None:
    found = identify("resnet50", "4.145G")
    assert [*map(told, found.matches)] == [("rounded", ("fvcore",), "train forward", OWN, "1")]
    assert found.matches[0].count == 4_144_854_528


def test_a_layer_that_two_conventions_count_alike() -> None:
    found = identify("alexnet", "210,830,400", layer="conv1")
    best = found.matches[0]
    assert told(best) == ("exact", ("lecture", "torch", "torch-cpu", "xla"), "eval", ((3, 227, 227),), "1")
    doubled = next(match for match in found.matches if match.factor == 2)
    assert {"macs", "fvcore", "thop"} <= {*doubled.conventions}
    assert found.part == "conv1"


@pytest.mark.parametrize("size", [160, 256, 320])
def test_another_input_size(size: int) -> None:
    macs = analyze("mobilenet_v2", inputs=[f"3x{size}x{size}"], convention="macs").totals["count"].value
    found = identify("mobilenet_v2", macs)
    assert told(found.matches[0]) == ("exact", ("macs", "netscope"), "eval", ((3, size, size),), "1")
    assert not found.matches[0].own


def test_twice_and_half() -> None:
    macs = analyze("resnet18", convention="thop").totals["count"].value
    assert told(identify("resnet18", 2 * macs).matches[0]) == ("exact", ("thop",), "eval", OWN, "2")
    flops = analyze("resnet18", convention="deepspeed").totals["count"].value
    found = identify("resnet18", flops // 2).matches[0]
    assert (found.conventions, str(found.factor)) == (("deepspeed", "calflops"), "1/2")


def test_the_number_of_parameters() -> None:
    (found,) = identify("resnet50", 25_557_032).matches
    assert (found.conventions, found.unit, found.kind) == ((), "parameter", "exact")


def test_a_training_step() -> None:
    step = analyze("resnet18", convention="torch", mode="train").totals["count"].value
    assert told(identify("resnet18", step).matches[0])[1:3] == (("torch", "torch-cpu"), "train step")


def test_the_unit_that_is_named_ranks() -> None:
    found = identify("resnet50", "8.2 GFLOPs")
    assert found.matches[0].unit == "FLOP"
    first = identify("resnet50", "4.1 GMACs").matches[0]
    assert (first.conventions, first.unit) == (("macs", "netscope"), "MAC")


def test_what_is_lower_bound_is_no_number(tmp_path: Path) -> None:
    """A tool's number of a network that has a layer whose cost nobody knows is not known either."""
    path = tmp_path / "net.yaml"
    path.write_text(
        "input: [3, 8, 8]\nlayers:\n  - opaque: {out: [4, 8, 8]}\n  - conv: {out: 8, kernel: 1, bias: false}\n"
    )
    found = identify(path, 4 * 8 * 64)
    assert found.matches == ()
    assert found.nearest == ()
    with pytest.raises(ExpectationError) as caught:
        require_match(found)
    assert caught.value.hint is None


def test_nothing_gives_it() -> None:
    found = identify("alexnet", 1_135_256_097)
    assert found.matches == ()
    assert found.nearest[0].conventions == ("macs", "fvcore", "thop", "netscope")
    assert found.nearest[0].difference == -1
    with pytest.raises(ExpectationError) as caught:
        require_match(found)
    assert str(caught.value) == (
        "error: nothing that was tried gives 1135256097 for alexnet\n"
        "  hint: nearest: 1,135,256,096 MACs, macs, fvcore, thop, netscope, eval"
    )
    assert caught.value.exit_status == 1


def test_only_sizes_that_the_weights_take() -> None:
    """AlexNet's FC layers fix its input to within a stride."""
    found = identify("alexnet", "1G")
    assert 1 < len(found.tried) < 5
    assert all(abs(shape[1] - 227) < 32 for (shape,) in found.tried)


def test_a_convention_of_ones_own() -> None:
    ours = Convention("ours", "MAC", "", "", product=3)
    found = identify("alexnet", 3 * 1_135_256_096, conventions=[ours])
    assert told(found.matches[0])[1] == ("ours",)
    assert found.conventions == (*CONVENTIONS, "ours")


def test_the_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifying, "MOST_PRICED", 10_000)
    found = identify("resnet50", "4.1G")
    assert found.left > 20
    assert 0 < len(found.tried) < 5
    assert found.matches


def test_too_much_is_not_assumed_at_once() -> None:
    found = identify("resnet50", "4.2G")
    for match in found.matches:
        assert (not match.own) + (match.mode != "eval") + (match.factor != 1) <= 2


def test_there_is_no_such_layer() -> None:
    with pytest.raises(UsageError, match="no layer or module is named 'conv9'"):
        identify("alexnet", "1G", layer="conv9")


def pooled(fixed: bool) -> Any:
    """A torch model whose head takes any size, or one size alone."""
    nn = pytest.importorskip("torch.nn")
    head = [nn.Flatten(), nn.LazyLinear(5)] if fixed else [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)]
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), *head)
    if fixed:
        model(pytest.importorskip("torch").zeros(1, 3, 32, 32))
    return model


def test_a_torch_model_at_another_size() -> None:
    macs = 27 * 8 * 320 * 320 + 40
    found = identify(pooled(False), macs, inputs=["3x32x32"])
    assert told(found.matches[0]) == ("exact", ("macs", "netscope"), "eval", ((3, 320, 320),), "1")
    assert not found.matches[0].own
    assert len(found.tried) == len(identifying.TRACED)


def test_a_torch_model_whose_own_size_gives_the_number_is_traced_once() -> None:
    found = identify(pooled(False), 27 * 8 * 32 * 32 + 40, inputs=["3x32x32"])
    assert found.tried == (((3, 32, 32),),)
    assert (found.matches[0].own, found.left) == (True, 0)


def test_a_torch_model_that_takes_one_size_is_tried_at_that() -> None:
    found = identify(pooled(True), 7, inputs=["3x32x32"])
    assert found.tried == (((3, 32, 32),),)
    assert found.matches == ()


def test_the_traces_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifying, "MOST_TRACED", 12)
    found = identify(pooled(False), 7, inputs=["3x32x32"])
    assert (len(found.tried), found.left) == (3, len(identifying.TRACED) - 3)
