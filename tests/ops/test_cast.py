from __future__ import annotations

import pytest

from flopcount.errors import OpError
from flopcount.ops.cast import Cast
from tests.counting import ledger


def test_changes_the_type_and_computes_nothing() -> None:
    assert Cast(to="float16").dtype("float32") == "float16"
    assert Cast(to="float16").infer((2, 3)) == (2, 3)
    assert ledger(Cast(to="float16"), (2, 3)) == {}


def test_refuses_a_type_that_nobody_knows() -> None:
    with pytest.raises(OpError) as caught:
        Cast(to="flaot16").check((2, 3))
    assert (caught.value.what, caught.value.hint) == (
        "unknown dtype 'flaot16'",
        "did you mean 'float16' or 'bfloat16' or 'float6'?",
    )
