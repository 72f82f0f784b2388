from __future__ import annotations

import pytest

from flopcount.errors import (
    ExpectationError,
    FlopcountError,
    IncompleteError,
    MissingExtraError,
    OpError,
    SourceError,
    SpecError,
    UsageError,
    did_you_mean,
    show_shape,
)


def test_the_shape_of_an_error() -> None:
    error = OpError(
        "groups 3 do not divide 64", facts={"input": "1×64"}, hint="use 4", where="n.yaml:1:2", layer="c (conv)"
    )
    assert str(error) == ("error: n.yaml:1:2  c (conv)\n  groups 3 do not divide 64\n  input: 1×64\n  hint: use 4")
    assert str(OpError("wrong")) == "error: wrong"


def test_the_first_to_know_a_place_is_right() -> None:
    error = OpError("wrong", where="inner", facts={"a": "1"})
    assert error.located("outer", "layer", {"a": "2", "b": "3"}) is error
    assert (error.where, error.layer, error.facts) == ("inner", "layer", {"a": "1", "b": "3"})


@pytest.mark.parametrize(
    ("kind", "status"),
    [(SourceError, 2), (SpecError, 2), (OpError, 2), (UsageError, 2), (IncompleteError, 3), (ExpectationError, 1)],
)
def test_exit_status(kind: type[FlopcountError], status: int) -> None:
    assert kind("x").exit_status == status


def test_a_missing_extra_names_the_command() -> None:
    error = MissingExtraError("reading torch models", "torch")
    assert (error.exit_status, error.hint) == (2, 'install it with: pip install "flopcount[torch]"')


def test_suggestions() -> None:
    assert did_you_mean("cnv", ["conv", "linear"]) == "did you mean 'conv'?"
    assert did_you_mean("zzz", map(str, range(25))) is None
    assert did_you_mean("zzz", []) is None


def test_shapes() -> None:
    assert (show_shape((1, 2)), show_shape(())) == ("1×2", "scalar")
