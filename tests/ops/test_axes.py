from __future__ import annotations

import pytest

from flopcount.errors import OpError
from flopcount.ops.axes import check_axes, check_axis


@pytest.mark.parametrize("axis", [-4, -1, 0, 3])
def test_accepts_what_there_is(axis: int) -> None:
    check_axis(axis, 4)


@pytest.mark.parametrize("axis", [-5, 4])
def test_refuses_an_axis_out_of_range(axis: int) -> None:
    with pytest.raises(OpError) as caught:
        check_axis(axis, 4)
    assert caught.value.what == f"axis {axis} is out of range: the input has 4 axes"
    assert caught.value.hint == "the batch is axis 0, the last is 3 or -1"


def test_refuses_an_axis_named_twice() -> None:
    with pytest.raises(OpError, match=r"axis 3 is named twice in \[3, -1\]"):
        check_axes((3, -1), 4)
