from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import flopcount.ops
from flopcount.errors import UsageError
from flopcount.op import REGISTERED, Op, Work, add, bias_add, cmp, div, dot, mul, op, special
from flopcount.ops import FAMILIES, OPS, find_op


def test_every_op_is_listed_under_its_family() -> None:
    folder = Path(flopcount.ops.__file__).parent
    for path in folder.glob("[!_]*.py"):
        import_module(f"flopcount.ops.{path.stem}")
    package = {tag: cls for tag, cls in REGISTERED.items() if cls.__module__.startswith("flopcount.ops.")}
    assert package == dict(OPS)
    for family, tags in FAMILIES.items():
        assert {OPS[tag].__module__ for tag in tags.split()} == {f"flopcount.ops.{family}"}


@pytest.mark.parametrize("tag", OPS)
def test_every_op_says_what_it_is(tag: str) -> None:
    cls = OPS[tag]
    assert (cls.tag, bool(cls.group)) == (tag, True)
    assert (cls.__doc__ or "").partition("\n")[0].endswith(".")
    assert "->" in cls.signature
    assert cls.citation


def test_a_tag_is_taken_once() -> None:
    with pytest.raises(ValueError, match="two ops are named 'conv'"):

        @op
        class Again(Op, frozen=True, kw_only=True):
            tag = "conv"


def test_unknown_op() -> None:
    with pytest.raises(UsageError) as caught:
        find_op("cnov")
    assert (caught.value.what, caught.value.hint) == ("unknown op 'cnov'", "did you mean 'conv'?")


def test_ledger_entries() -> None:
    assert dot(12, 3, role="masked", part="scores") == Work("dot", 12, 3, "masked", "scores")
    assert [make(5).kind for make in (add, mul, div, cmp, special)] == ["add", "mul", "div", "cmp", "special"]
    assert bias_add(True, 7) == (Work("add", 7, role="bias"),)
    assert bias_add(False, 7) == ()


def test_what_an_op_need_not_say() -> None:
    plain = Op()
    assert (plain.weights((1,)), plain.buffers((1,)), plain.work((1,), (1,))) == ({}, {}, ())
    assert plain.dtype("int64", "float32") == "int64"
    with pytest.raises(NotImplementedError, match="Op"):
        plain.infer((1,))
