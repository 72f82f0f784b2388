from __future__ import annotations

from fractions import Fraction
from typing import Any

import jsonschema
import pytest

from flopcount.errors import OpError
from flopcount.fields import MAX_SIZE, REQUIRED, fields_of, show_value
from flopcount.ops import OPS
from flopcount.ops.conv import Conv

CONV = fields_of(Conv)


@pytest.mark.parametrize(
    ("field", "given", "read"),
    [
        ("out", 8, 8),
        ("out", Fraction(16, 2), 8),
        ("kernel", [3, 5], (3, 5)),
        ("padding", 0, 0),
        ("padding", "same", "same"),
        ("padding", [1, [0, 2]], (1, (0, 2))),
        ("bias", False, False),
    ],
)
def test_reads(field: str, given: Any, read: Any) -> None:
    assert CONV[field].type.read(given) == read


@pytest.mark.parametrize(
    ("field", "given", "message", "hint"),
    [
        ("out", 0, "must be a positive integer, not 0", None),
        ("out", True, "must be a positive integer, not true", None),
        ("out", "x", "must be a positive integer, not 'x'", None),
        ("out", Fraction(25, 2), "must be a positive integer, not 12.5", "int(...) gives 12; round8(...)"),
        ("out", MAX_SIZE + 1, "must be a positive integer of reasonable size", "the limit is 2^40"),
        ("kernel", [], "a list of one per spatial axis, not []", None),
        ("kernel", [1, 1, 1, 1], "a list of one per spatial axis, not [1, 1, 1, 1]", None),
        ("padding", -1, "must be a non-negative integer", None),
        ("padding", "smae", "not 'smae'", "did you mean 'same'?"),
        ("padding", [[1, 2, 3]], "not [[1, 2, 3]]", None),
        ("bias", 1, "must be true or false, not 1", None),
    ],
)
def test_refuses(field: str, given: Any, message: str, hint: str | None) -> None:
    with pytest.raises(OpError) as caught:
        CONV[field].type.read(given)
    assert message in caught.value.what
    assert (hint or "") in (caught.value.hint or "")
    assert (hint is None) == (caught.value.hint is None)


@pytest.mark.parametrize("tag", OPS)
def test_defaults_are_what_their_fields_accept(tag: str) -> None:
    for field in fields_of(OPS[tag]).values():
        jsonschema.Draft202012Validator.check_schema(field.type.schema)
        assert field.type.noun
        if field.default is not REQUIRED:
            assert field.type.read(field.default) == field.default
            listed = [*field.default] if isinstance(field.default, tuple) else field.default
            jsonschema.validate(listed, field.type.schema)


def test_required_fields_and_the_first_field() -> None:
    assert [name for name, field in CONV.items() if field.default is REQUIRED] == ["out", "kernel"]
    assert next(iter(fields_of(OPS["dropout"]))) == "p"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (Fraction(1, 2), "0.5"),
        (Fraction(4, 2), "2"),
        ([1, [2]], "[1, [2]]"),
        ("a", "'a'"),
    ],
)
def test_values_read_as_in_a_spec(value: Any, text: str) -> None:
    assert show_value(value) == text
