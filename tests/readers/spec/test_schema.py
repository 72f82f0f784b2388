from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from flopcount import library
from flopcount.budget.limits import Terms
from flopcount.budget.reading import read_budget
from flopcount.errors import FlopcountError
from flopcount.fields import fields_of
from flopcount.graph import DTYPE_BYTES
from flopcount.ops import OPS
from flopcount.readers.spec.file import EXPECTABLE, KEYS, parse_spec
from flopcount.readers.spec.modifiers import MODIFIERS
from flopcount.readers.spec.parse import BLOCK_KEYS
from flopcount.readers.spec.schema import spec_schema

SCHEMA = spec_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def is_valid(text: str) -> bool:
    return VALIDATOR.is_valid(yaml.safe_load(text))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", library.files(), ids=lambda path: path.stem)
def test_every_shipped_spec_satisfies_it(path: Path) -> None:
    VALIDATOR.validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_it_knows_the_keys_that_the_parser_knows() -> None:
    layer = SCHEMA["$defs"]["layer"]["anyOf"][-1]["properties"]
    assert SCHEMA["properties"].keys() == {*KEYS}
    assert layer.keys() == MODIFIERS | OPS.keys() | {"layers", "branches", "join", "let"}
    assert SCHEMA["$defs"]["block"]["anyOf"][-1]["properties"].keys() == {*BLOCK_KEYS}
    assert SCHEMA["$defs"]["expect"]["properties"].keys() == {*EXPECTABLE}
    assert SCHEMA["properties"]["dtype"]["enum"] == [*DTYPE_BYTES]


@pytest.mark.parametrize("tag", OPS)
def test_it_knows_the_fields_that_the_parser_knows(tag: str) -> None:
    whole: Any = SCHEMA["$defs"][f"op-{tag}"]["anyOf"][0]
    assert whole["properties"].keys() == MODIFIERS | fields_of(OPS[tag]).keys()


VALID = [
    "{input: [3], layers: [relu]}",
    "{input: [3, 8], layers: [{mean: 2}]}",
    "{input: {shape: [3], dtype: int64}, layers: {linear: 4}}",
    "{inputs: {a: [3], b: 4}, layers: [{add: {from: [a, b]}}], outputs: [add1]}",
    "{input: [n], params: {n: 3}, variants: {big: {n: 4, expect: {macs: 1}}, small: }, layers: [{linear: 2*n}]}",
    "{input: [3], layers: [{linear: 4, name: fc, when: 1 < 2, repeat: 3 as i, each: {c: [1]}, trainable: false}]}",
    "{input: [3], layers: [{conv: {out: c, kernel: [3, k], padding: same, name: a}}, {relu: }, {relu: {}}]}",
    "{input: [3], blocks: {u: {args: {a: 2, b: 1}, layers: [v]}, v: [relu]}, layers: [u, {u: 3}, {u: {a: 1}}]}",
    "{input: [3], layers: [{branches: {m: [relu], s: []}, join: {concat: {axis: 1}}}, {layers: [relu], let: {a: 1}}]}",
    "{input: [3], layers: [{branches: [[relu], []]}, {add: , from: [a, b]}]}",
    "{input: [3], layers: []}",
    "{input: [3], layers: [{linear: {out: 4, weight: a.weight}}, {linear: {out: 4, weight: {bias: a.bias}}}]}",
]
INVALID = [
    "[relu]",
    "{input: [3]}",
    "{layers: [relu]}",
    "{input: [3], inputs: {a: [3]}, layers: [relu]}",
    "{input: [3], layer: [relu], layers: [relu]}",
    "{input: [3], layers: 3}",
    "{input: [3], layers: relu}",
    "{input: [], layers: [relu]}",
    "{input: {dtype: int64}, layers: [relu]}",
    "{input: {shape: [3], dtype: real}, layers: [relu]}",
    "{input: [3], layers: [[relu]]}",
    "{input: [3], layers: [null]}",
    "{input: [3], layers: [{conv: {out: 4, kernel: 3, stirde: 2}}]}",
    "{input: [3], layers: [{conv: {kernel: 3}}]}",
    "{input: [3], layers: [{conv: {out: 0, kernel: 3}}]}",
    "{input: [3], layers: [{conv: {out: {a: 1}, kernel: 3}}]}",
    "{input: [3], layers: [{conv: {out: 4, kernel: 3, bias: 1}}]}",
    "{input: [3], layers: [{relu: , trainable: maybe}]}",
    "{input: [3], layers: [{relu: , name: [a]}]}",
    "{input: [3], layers: [{linear: {out: 4, weight: {}}}]}",
    "{input: [3], layers: [{linear: {out: 4, weight: {bias: [a.bias]}}}]}",
    "{input: [3], layers: [{relu: , each: [1, 2]}]}",
    "{input: [3], blocks: {u: {layers: [relu], arguments: [a]}}, layers: [u]}",
    "{input: [3], blocks: {u: {args: [a]}}, layers: [u]}",
    "{input: [3], expect: {param: 3}, layers: [relu]}",
    "{input: [3], expect: {params: many}, layers: [relu]}",
]


@pytest.mark.parametrize("text", VALID)
def test_what_is_valid(text: str) -> None:
    assert is_valid(text)
    parse_spec(text, "net.yaml")


@pytest.mark.parametrize("text", INVALID)
def test_what_is_a_mistake(text: str) -> None:
    assert not is_valid(text)


@pytest.mark.parametrize(
    ("budget", "valid"),
    [
        ("{params: 5M, macs: 600000000, 'flops:torch': 1 GFLOPs, share: 40%, convention: lecture}", True),
        ("{params: {max: 5M, max_increase: 2%, level: warn}, ops: {deny: [lrn]}, allow_partial: true}", True),
        ("{params: [{max: 5M, level: warn}, 6M], max_increase: not worse}", True),
        ("", False),
        ("5M", False),
        ("{params: {maximum: 5M}}", False),
        ("{params: {max: 5M, level: off}}", False),
        ("{params: [[5M]]}", False),
    ],
)
def test_budgets(budget: str, valid: bool) -> None:
    text = f"input: [3]\nlayers: [relu]\nbudget: {budget}\n"
    assert is_valid(text) == valid
    node = parse_spec(text, "net.yaml").budget
    if valid:
        read_budget("net.yaml", node, Terms())
    else:
        with pytest.raises(FlopcountError):
            read_budget("net.yaml", node, Terms())
