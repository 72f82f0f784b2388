"""A model of somebody's own, and a graph that says what it is: every module is asked about."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from flopcount.graph import Graph
from flopcount.verifying.verify import Verification, verify
from tests.samples import Sample


class Block(nn.Module):
    """A residual block whose activation is a function."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False)
        self.bn = nn.BatchNorm2d(8)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.bn(self.conv(x)))


class Model(nn.Module):
    """Two blocks, a head, a module that nobody calls, and a product that no module holds."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.blocks = nn.Sequential(Block(), Block())
        self.head = nn.Linear(8, 4)
        self.spare = nn.Linear(5, 5)

    def forward(self, image: Tensor, scale: Tensor | None = None) -> dict[str, Tensor]:
        y = self.blocks(self.stem(image)).flatten(2)
        return {"classes": self.head((y @ y.transpose(1, 2)).mean(1))}


def described(**wrong: Any) -> Graph:
    b = Sample("model", 2)
    x = b.then(b.input("image", (2, 3, 6, 6)), "conv", "stem", out=8, kernel=1)
    for i in range(2):
        fields = {"out": 8, "kernel": 3, "padding": 1, "groups": 8, "bias": False} | wrong
        y = b.then(b.then(x, "conv", f"blocks.{i}.conv", **fields), "bn", f"blocks.{i}.bn")
        x = b.then(b.then(x, "add", f"blocks.{i}.add", y), "relu", f"blocks.{i}.relu")
    x = b.then(x, "flatten", "flatten", start=2)
    x = b.then(x, "matmul", "matmul", b.then(x, "transpose", "transpose"))
    x = b.then(x, "mean", "mean", axes=(1,))
    return b.build([b.then(x, "linear", "head", out=4)])


def verified(graph: Graph | None = None, **options: Any) -> Verification:
    return verify(graph or described(), model=Model(), args=(torch.zeros(2, 3, 6, 6),), **options)


def test_every_module_is_confirmed() -> None:
    verification = verified()
    assert verification.failures == ()
    assert verification.silent == {}
    asked = {(check.layer, check.what): check.theirs for check in verification.checks}
    assert asked[("blocks.1", "params")] == 72 + 16
    assert asked[("blocks", "params")] == 2 * 88
    assert asked[("blocks", "buffers")] == 2 * 17
    assert asked[("blocks.0", "FLOPs")] == 2 * 72 * 2 * 36
    assert asked[("stem", "outputs")] == ((2, 8, 6, 6),)
    assert asked[("", "outputs")] == ((2, 4),)
    assert ("spare", "params") not in asked


def test_what_no_module_holds_is_in_the_total() -> None:
    flops = {check.layer: check.theirs for check in verified().checks if check.what == "FLOPs"}
    stem, block, head, product = 2 * 2 * 36 * 8 * 3, 2 * 2 * 72 * 36, 2 * 2 * 8 * 4, 2 * 2 * 8 * 8 * 36
    assert (flops["stem"], flops["blocks.0"], flops["blocks"], flops["head"]) == (stem, block, 2 * block, head)
    assert flops[""] == stem + 2 * block + head + product


def test_modules_that_are_never_called_are_named() -> None:
    (check,) = (check for check in verified().checks if check.layer == "" and check.what == "params")
    assert (check.ours, check.theirs, check.note) == (274, 274, "30 of them in modules that are never called")


def test_a_wrong_description_fails_in_every_module_around_it() -> None:
    failures = {(check.layer, check.witness) for check in verified(described(groups=4)).failures}
    assert {layer for layer, _ in failures} == {"blocks.0.conv", "blocks.0", "blocks.1.conv", "blocks.1", "blocks", ""}
    assert {witness for _, witness in failures} == {"torch", "FlopCounterMode", "fvcore"}


def test_the_model_is_left_as_it_was() -> None:
    model = Model().train()
    before = copy.deepcopy(model.state_dict())
    verify(described(), model=model, args=(torch.zeros(2, 3, 6, 6),))
    after = model.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(
        module.training and not module._forward_hooks and not module._forward_pre_hooks for module in model.modules()
    )
    assert all(weight.requires_grad and not weight.is_meta for weight in model.parameters())


def test_arguments_by_name() -> None:
    verification = verify(described(), model=Model(), named_args={"image": torch.zeros(2, 3, 6, 6)})
    assert verification.failures == ()
    assert verification.silent == {}


@pytest.mark.parametrize("witness", ["torch", "FlopCounterMode", "fvcore"])
def test_a_shared_module_has_its_parameters_once_and_its_work_twice(witness: str) -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(self.fc(x))  # type: ignore[no-any-return]

    b = Sample("shared")
    x = b.then(b.input("x", (1, 4)), "linear", "fc", out=4)
    weights = dict(zip(("weight", "bias"), b.nodes[0].weights, strict=True))
    y = b.add(b.nodes[0].op, [x], name="fc.again", tied=weights)
    verification = verify(b.build(y), model=Shared(), args=(torch.zeros(1, 4),), witnesses=[witness])
    assert verification.failures == ()
