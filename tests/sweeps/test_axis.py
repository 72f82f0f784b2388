from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import UsageError
from flopcount.graph import Graph
from flopcount.sources import Opened
from flopcount.sweeps.axis import MAX_POINTS, Axis, pieces, read_axes

NOTHING = Graph("nothing", (), (), ())
OPENED = Opened(("width", "depths", "length"), ("tokens", "length"), lambda: NOTHING)
IMAGE = Opened(("batch",), ("image",), lambda: NOTHING)


def axes(opened: Opened = OPENED, /, **over: Any) -> tuple[Axis, ...]:
    return read_axes(opened, over, inputs={}, batch=1, settings={})


def test_a_parameter_by_texts_or_by_values() -> None:
    assert axes(width="0.5, 1.0,2*3") == (
        Axis("width", "parameter", ("0.5", "1.0", "2*3"), ("0.5", "1.0", "2*3")),
    )  # fmt: skip
    (axis,) = axes(width=[0.5, 1, [2, 3]])
    assert (axis.values, axis.texts) == ((0.5, 1, [2, 3]), ("0.5", "1", "[2, 3]"))


def test_inputs_and_batches() -> None:
    tokens = Axis("tokens", "input", (((128,), None), ((256,), "int32")), ("128", "256:int32"))
    assert axes(tokens="128,256:int32", batch="1,8") == (tokens, Axis("batch", "batch", (1, 8), ("1", "8")))
    assert axes(tokens=[(128,), ((256,), "int32")])[0] == tokens


def test_input_is_the_only_one_of_any_name() -> None:
    assert axes(IMAGE, input="3x8x8")[0].name == axes(IMAGE, image="3x8x8")[0].name == "image"
    with pytest.raises(UsageError, match="no parameter and no input 'input' to vary"):
        axes(input="128")


def test_a_parameter_comes_before_the_batch_and_an_input_of_its_name() -> None:
    assert axes(length="3")[0].kind == "parameter"
    assert axes(IMAGE, batch="3")[0].kind == "parameter"


ITEMS = st.recursive(st.from_regex(r"[a-z0-9]+", fullmatch=True), lambda s: st.lists(s, min_size=1).map(
    lambda items: f"[{','.join(items)}]"
))  # fmt: skip


@given(st.lists(ITEMS, min_size=1))
def test_pieces_are_what_was_joined(items: list[str]) -> None:
    assert pieces(",".join(items)) == items
    assert pieces(" , ".join(items)) == items


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({}, "nothing is varied"),
        ({"width": ""}, "cannot vary width over nothing"),
        ({"width": "1,,2"}, "cannot vary width over nothing"),
        ({"width": []}, "cannot vary width over nothing"),
        ({"widht": "1"}, "there is no parameter and no input 'widht' to vary"),
        ({"batch": "1,0"}, "the batch size must be a positive integer, not 0"),
        ({"batch": "a"}, "the batch size must be a positive integer, not 'a'"),
        ({"batch": [True]}, "the batch size must be a positive integer, not True"),
        ({"tokens": "3x"}, "cannot read the input '3x'"),
        ({"tokens": "tokens=3"}, "cannot read the input 'tokens=3'"),
        ({"batch": [*range(1, 102)], "width": [*range(10)]}, "1,010 settings are more than 1,000"),
    ],
)
def test_refuses(over: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        axes(**over)
    assert caught.value.what == message
    assert caught.value.hint or "batch size" in message


def test_the_limit_itself_is_allowed() -> None:
    assert len(axes(width=range(MAX_POINTS))[0].values) == MAX_POINTS


@pytest.mark.parametrize(
    ("over", "fixed"),
    [
        ("width", {"settings": {"width": 1}}),
        ("batch", {"batch": 8}),
        ("tokens", {"inputs": {"tokens": ((3,), None)}}),
    ],
)
def test_what_is_given_is_not_varied(over: str, fixed: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{over} is both given and varied"):
        read_axes(OPENED, {over: "1,2"}, **{"inputs": {}, "batch": 1, "settings": {}, **fixed})


def test_the_only_input_is_the_same_under_every_name() -> None:
    with pytest.raises(UsageError, match="image is both given and varied"):
        read_axes(IMAGE, {"input": "3"}, inputs={"": ((3,), None)}, batch=1, settings={})
    with pytest.raises(UsageError, match="image is varied twice"):
        axes(IMAGE, input="3", image="4")
