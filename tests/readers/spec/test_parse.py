from __future__ import annotations

import pytest

from flopcount.ops import OPS
from flopcount.readers.spec.document import compose
from flopcount.readers.spec.modifiers import MODIFIERS
from flopcount.readers.spec.parse import BodyParser
from flopcount.readers.spec.syntax import BranchesEntry, CallEntry, GroupEntry, OpEntry

from .networks import alike, layers, names, network, shapes


def parser() -> BodyParser:
    return BodyParser("net.yaml", {"unit": ("out", "kernel")})


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("- linear: 4", "- linear: {out: 4}"),
        ("- maxpool: 2", "- maxpool: {kernel: 2}"),
        ("- maxpool: [2, 4]", "- maxpool: {kernel: [2, 4]}"),
        ("- relu", "- relu: {}"),
        ("- relu", "- relu:"),
        ("- relu", "- relu: ~"),
        ("- linear: 2*2", "- linear: {out: 4}"),
        ("- linear: '4'", "- linear: {out: 4}"),
        ("{linear: 4}", "- linear: 4"),
        ("- conv: {name: a, out: 2, kernel: 1}", "- conv: {out: 2, kernel: 1}\n  name: a"),
        ("- relu\n- relu: {from: input}", "- relu\n- relu:\n  from: [input]"),
        ("- relu: {repeat: 2}", "- relu:\n  repeat: 2"),
        ("- relu: {when: 1 > 2}", "[]"),
        ("- linear: {out: c, each: {c: [1, 2]}}", "- linear: 1\n- linear: 2"),
        ("- linear: {out: 4, trainable: false}", "- linear: 4\n  trainable: false"),
        ("- {linear: {out: 2}, name: a}\n- linear: {out: 2, weight: a.weight, from: input}",
         "- {linear: {out: 2}, name: a}\n- {linear: 2, weight: a.weight, from: [input]}"),
        ("- {linear: {out: 2}, name: a}\n- linear: {out: 2, weight: {weight: a.weight}, from: input}",
         "- {linear: {out: 2}, name: a}\n- {linear: 2, weight: a.weight, from: [input]}"),
        ("~", "[]"),
    ],
)  # fmt: skip
def test_two_ways_to_write_the_same(short: str, long: str) -> None:
    assert alike(layers(short)) == alike(layers(long))


def test_a_block_is_called_as_an_op_is() -> None:
    blocks = "input: [3]\nblocks: {unit: {args: {out: 4, bias: true}, layers: [{linear: {out: out, bias: bias}}]}}"
    short, long = (layers(text, blocks) for text in ("- unit: 7\n- unit", "- unit: {out: 7}\n- unit: {}"))
    assert alike(short) == alike(long)
    assert shapes(short) == {"unit1.linear1": (7,), "unit2.linear1": (4,)}


def test_an_argument_may_have_a_modifiers_name() -> None:
    head = "input: [3]\nblocks: {unit: {args: [name], layers: [{linear: name}]}}"
    assert shapes(layers("- unit: {name: 7}\n  name: u", head)) == {"u.linear1": (7,)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("- relu", OpEntry),
        ("- unit: 3", CallEntry),
        ("- layers: [relu]", GroupEntry),
        ("- branches: [[relu], []]\n  join: add", BranchesEntry),
    ],
)
def test_every_kind_of_entry(text: str, kind: type) -> None:
    (entry,) = parser().body(compose(text, "net.yaml"))
    assert type(entry) is kind
    assert entry.is_plain


def test_modifiers_make_an_entry_more_than_plain() -> None:
    entries = parser().body(compose("[{relu: , when: x}, {relu: , repeat: 1}, {relu: , each: {a: [1]}}]", "net.yaml"))
    assert not any(entry.is_plain for entry in entries)


def test_layers_written_alike_share_one_op() -> None:
    graph = layers("- relu\n- linear: {out: 4}\n- relu\n- linear: {out: 4}\n- linear: 4")
    assert graph.nodes[1].op is graph.nodes[3].op is graph.nodes[4].op


def test_quotes_tell_alike_layers_apart() -> None:
    graph = layers("- pad: {amount: 1}\n- pad: {amount: '1'}".replace("amount", next(iter(_fields("pad")))))
    assert graph.nodes[0].op == graph.nodes[1].op


def _fields(tag: str) -> tuple[str, ...]:
    return OPS[tag].__struct_fields__


def test_no_op_has_a_field_that_an_entry_could_mean() -> None:
    assert {tag: set(_fields(tag)) & MODIFIERS for tag in OPS if set(_fields(tag)) & MODIFIERS} == {}
    assert not OPS.keys() & (MODIFIERS | {"layers", "branches", "join", "let"})


def test_blocks_may_stand_in_any_order() -> None:
    graph = network("""
        blocks: {outer: [inner], inner: {layers: [relu]}}
        layers: [outer]
        input: [3]
    """)
    assert names(graph) == ["outer1.inner1.relu1"]
