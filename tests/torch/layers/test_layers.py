from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flopcount.ops import FAMILIES, OPS
from flopcount.torch import layers
from flopcount.torch.layers import builder_of
from tests.torch.drawn import LAYERS, missing

FOLDER = Path(layers.__file__).parent


@pytest.mark.parametrize("tag", OPS)
def test_every_op_has_a_module(tag: str) -> None:
    assert callable(builder_of(OPS[tag]))


def test_every_op_but_the_opaque_is_drawn_in_random_networks() -> None:
    assert missing() == set()
    assert LAYERS.keys() <= set(OPS)


def test_there_is_a_file_per_family_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("[!_]*.py")} == set(FAMILIES)


def test_no_layer_takes_its_weights_shapes_from_us() -> None:
    """Otherwise torch's word on them would be ours."""
    for path in FOLDER.glob("*.py"):
        calls = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
        assert not calls & {"infer", "weights", "buffers"}, path.name
