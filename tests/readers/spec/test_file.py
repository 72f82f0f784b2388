from __future__ import annotations

import pytest

from flopcount.readers.spec.file import EXPECTABLE, KEYS, parse_spec

from .networks import network, shapes

WHOLE = """
name: tiny
about: What it is
source: Someone 2020
dtype: float16
params: {width: 4, sizes: [1, 2], word: "'same'"}
let: {twice: 2*width}
variants:
  wide: {width: 8, about: Wider, source: Another 2021, expect: {params: 27}, budget: {params: 30}}
  plain:
input: [3]
blocks: {unit: [relu]}
layers: [{linear: twice, name: fc}, unit]
outputs: [fc]
expect: {params: 32, macs: 24}
budget: {params: 40}
"""


def test_a_whole_file() -> None:
    spec = parse_spec(WHOLE, "folder/net.yaml")
    assert (spec.path, spec.name, spec.about, spec.source) == ("folder/net.yaml", "tiny", "What it is", "Someone 2020")
    assert spec.dtype == "float16"
    assert list(spec.params) == ["width", "sizes", "word"]
    assert spec.params["sizes"].constant == [1, 2]
    assert list(spec.let) == ["twice"]
    assert list(spec.blocks) == ["unit"]
    assert spec.expect == {"params": 32, "macs": 24}
    wide, plain = spec.variants["wide"], spec.variants["plain"]
    assert (wide.about, wide.source, wide.expect) == ("Wider", "Another 2021", {"params": 27})
    assert wide.settings["width"].constant == 8
    assert (plain.settings, plain.expect) == ({}, {})


def test_budgets_of_the_spec_and_its_variants() -> None:
    spec = parse_spec(WHOLE, "net.yaml")
    assert spec.budgets() == {"": spec.budget, "wide": spec.variants["wide"].budget}
    assert spec.budgets("wide") == {"wide": spec.variants["wide"].budget}
    assert spec.budgets("plain") == {"plain": spec.budget}  # it sets nothing, and so is the default
    bare = parse_spec(WHOLE.replace(", budget: {params: 30}", ""), "net.yaml")
    assert bare.budgets("wide") == bare.budgets("none") == {}


def test_no_key_of_the_language_is_left_out_above() -> None:
    assert {key for key in KEYS if f"\n{key}:" in WHOLE} == {*KEYS} - {"inputs"}


@pytest.mark.parametrize(
    ("path", "name"),
    [("net.yaml", "net"), ("a/b.c/net.yml", "net"), ("a\\net.yaml", "net"), ("<stdin>", "<stdin>"), ("net", "net")],
)
def test_the_files_name_is_the_models(path: str, name: str) -> None:
    assert parse_spec("{input: [3], layers: [relu]}", path).name == name


@pytest.mark.parametrize("empty", ["params:", "let: {}", "variants: ~", "blocks:", "expect:"])
def test_sections_may_be_empty(empty: str) -> None:
    assert shapes(network(f"input: [3]\nlayers: [relu]\n{empty}\n")) == {"relu1": (3,)}


@pytest.mark.parametrize("form", ["[3]", "3", "'3'", "{shape: [3]}", "{shape: 3}", "2 + 1", "{shape: [2 + 1]}"])
def test_ways_to_write_one_input(form: str) -> None:
    graph = network(f"input: {form}\nlayers: [relu]\n")
    assert (graph.inputs[0].name, graph.inputs[0].shape, graph.inputs[0].dtype) == ("input", (1, 3), "float32")


@pytest.mark.parametrize("total", EXPECTABLE)
def test_what_may_be_expected(total: str) -> None:
    assert parse_spec(f"{{input: [3], layers: [relu], expect: {{{total}: 1}}}}", "net.yaml").expect == {total: 1}


def test_scalars_follow_yaml_1_2() -> None:
    assert shapes(network("input: [012]\nparams: {on: 3}\nlayers: [{linear: on}]\n")) == {"linear1": (3,)}
