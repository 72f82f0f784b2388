from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import UsageError
from flopcount.units import at_least, grouped, human, human_bytes, parse_quantity, percent, ratio

COUNTS = st.integers(0, 10**24)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (999, "999"), (1000, "1.00 K"), (9_994, "9.99 K"), (9_995, "10.0 K"), (999_499, "999 K"),
        (999_500, "1.00 M"), (1_814_073_344, "1.81 G"), (10**12, "1.00 T"), (10**15, "1.00 P"), (10**18, "1.00 E"),
        (10**24, "1,000,000 E"),
    ],
)  # fmt: skip
def test_counts_in_three_digits(value: int, text: str) -> None:
    assert human(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (1023 * 1024, "1023 KiB"), (1024**2 - 1, "1.00 MiB")],
)
def test_bytes_in_binary_units(value: int, text: str) -> None:
    assert human_bytes(value) == text


@given(COUNTS)
def test_rounding_is_within_half_a_unit_of_the_third_digit(value: int) -> None:
    number, _, prefix = human(value).partition(" ")
    shown = Fraction(number.replace(",", "")) * 1000 ** ("", *"KMGTPE").index(prefix)
    assert abs(shown - value) * 200 <= value


@given(COUNTS)
def test_what_is_written_is_read_back(value: int) -> None:
    assert parse_quantity(grouped(value)) == parse_quantity(str(value)) == parse_quantity(value) == value


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_shares_are_nearest(part: int, whole: int) -> None:
    text = percent(part, part + whole)
    if text != "<0.1 %":
        assert abs(Fraction(text[:-2]) - Fraction(100 * part, part + whole)) <= Fraction(1, 20)
    assert abs(Fraction(ratio(part, part + whole)) - Fraction(part, part + whole)) <= Fraction(1, 2 * 10**6)


def test_shares_at_the_ends() -> None:
    assert [percent(0, 7), percent(1, 10**9), percent(7, 7), percent(0, 0)] == ["0 %", "<0.1 %", "100.0 %", "0 %"]
    assert [ratio(0, 0), ratio(7, 7)] == ["0.000000", "1.000000"]


def test_lower_bound() -> None:
    assert at_least(human(1_814_073_344)) == "≥ 1.81 G"


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("4.2M", "", 4_200_000), ("4.2 M", "", 4_200_000), ("12k", "", 12_000), ("4.2M params", "", 4_200_000),
        ("600 MMACs", "MAC", 600_000_000), ("600 MACs", "MAC", 600), ("600M", "MAC", 600_000_000),
        ("1.5 GFLOPs", "FLOP", 1_500_000_000), ("1.5 Gops", "op", 1_500_000_000), ("6e8", "", 600_000_000),
        ("5MiB", "B", 5 * 1024**2), ("5 MB", "B", 5_000_000), ("5 bytes", "B", 5), ("4Ki", "B", 4096),
        ("4.1MiB", "B", 4_299_161), ("0.5KiB", "B", 512),
        ("1_000", "", 1000), ("1,234,567", "", 1_234_567), ("0.1K", "", 100),
        ("9007199254740993", "", 9_007_199_254_740_993), ("1.000000000000000001E", "", 10**18 + 1),
    ],
)  # fmt: skip
def test_reads_what_people_write(text: str, unit: str, value: int) -> None:
    assert parse_quantity(text, unit) == value


@pytest.mark.parametrize(
    ("text", "unit", "message", "hint"),
    [
        ("lots", "", "'lots' is not a quantity", "write it as 4.2M, 600 MMACs, 5MiB or 1814073344"),
        ("-3", "", "'-3' is not a quantity", "write it as 4.2M, 600 MMACs, 5MiB or 1814073344"),
        ("1,5M", "", "'1,5M' is not a quantity", "write it as 4.2M, 600 MMACs, 5MiB or 1814073344"),
        ("1e999", "", "'1e999' is not a quantity", "write it as 4.2M, 600 MMACs, 5MiB or 1814073344"),
        ("0.0001K", "", "'0.0001K' is not a whole number", None),
        ("0.0001KiB", "B", "'0.0001KiB' is not a whole number", None),
        ("7B", "", "'7B' is in bytes, but is wanted without a unit", "billions are written G: 7G"),
        (
            "600 MMACs", "FLOP", "'600 MMACs' is in MACs, but is wanted in FLOPs",
            "a MAC is a multiplication and an addition: name the metric that you mean",
        ),
    ],
)  # fmt: skip
def test_refuses(text: str, unit: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        parse_quantity(text, unit)
    assert (caught.value.what, caught.value.hint) == (message, hint)
