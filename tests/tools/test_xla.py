from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from flopcount.conventions import CONVENTIONS
from flopcount.tools.xla import meeting
from tests.tools.test_bridges import of, total

SMALL = st.integers(1, 7)


@given(st.integers(0, 9), SMALL, SMALL, SMALL, SMALL, st.integers(0, 12))
def test_meetings_counted_by_meeting(
    steps: int, taps: int, size: int, stride: int, dilation: int, padding: int
) -> None:
    met = [
        (i, k) for i, k in product(range(steps), range(taps)) if 0 <= i * stride + k * dilation - padding < size
    ]  # fmt: skip
    assert meeting(steps, taps, size, stride, dilation, padding) == len(met)


def test_a_window_of_any_size_is_counted_at_once() -> None:
    huge = 2**40
    assert meeting(huge, huge, huge, 1, 1, 0) == huge * (huge + 1) // 2


def test_padding_is_left_out() -> None:
    padded = of("conv", (1, 3, 8, 8), out=4, kernel=3, padding=1, bias=False)
    assert total(padded, "xla") == 2 * 3 * 4 * (3 * 8 - 2) ** 2
    same = of("conv", (1, 3, 8, 8), out=4, kernel=3, padding="same", stride=2, bias=False)
    assert total(same, "xla") == 2 * 3 * 4 * (3 * 4 - 1) ** 2
    plain = of("conv", (1, 3, 8, 8), out=4, kernel=3, groups=1)
    assert total(plain, "xla") == total(plain, "torch")


def test_a_cropped_transposed_convolution() -> None:
    whole = of("conv_transpose", (1, 3, 5, 5), out=2, kernel=3, stride=2)
    cropped = of("conv_transpose", (1, 3, 5, 5), out=2, kernel=3, stride=2, padding=1)
    assert total(whole, "xla") == total(whole, "torch") == 2 * 3 * 2 * 15**2
    assert total(cropped, "xla") == 2 * 3 * 2 * (15 - 2) ** 2
    assert CONVENTIONS["xla"].unit == "FLOP"
