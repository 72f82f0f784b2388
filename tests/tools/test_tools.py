"""Rules of tools, against the tools: layer by layer, each tool in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest

from flopcount.conventions import CONVENTIONS
from flopcount.verifying.verify import AGAINST
from tests.tools.layers import CASES


@cache
def said_by(name: str) -> dict[str, Any]:
    try:
        version(name.partition("-")[0])
    except PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    made = subprocess.run(
        [sys.executable, "-m", "tests.tools.asking", name], capture_output=True, text=True, check=False
    )
    assert not made.returncode, made.stderr
    return dict(json.loads(made.stdout))


@pytest.mark.parametrize("name", AGAINST)
def test_every_layer_costs_what_the_tool_says(name: str) -> None:
    said = said_by(name)
    ours = {key: CONVENTIONS[name].total(case.use) for key, case in CASES.items()}
    unknown = [key for key, number in ours.items() if number is None]
    assert unknown == (["upsample to a size"] if name == "ptflops" else [])
    assert ours == {key: None if key in unknown else number for key, number in said.items()}
    assert sum(said.values()) > 0


def test_torchs_own_counter() -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    for key, case in CASES.items():
        module = deepcopy(case.module).eval().to("meta")
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(torch.zeros(case.shape, device="meta"))
        assert (key, CONVENTIONS["torch"].total(case.use)) == (key, counter.get_total_flops())
