from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.bridges.written import read_written
from flopcount.errors import UsageError


@pytest.mark.parametrize(
    ("text", "value", "half", "unit"),
    [
        ("4133742592", 4_133_742_592, 0, ""),
        ("4,133,742,592", 4_133_742_592, 0, ""),
        ("4.13G", 4_130_000_000, 5_000_000, ""),
        ("4.10 G", 4_100_000_000, 5_000_000, ""),
        ("4.1 GFLOPs", 4_100_000_000, 50_000_000, "FLOP"),
        ("4 GMACs", 4_000_000_000, 500_000_000, "MAC"),
        ("4.13e9", 4_130_000_000, 5_000_000, ""),
        ("4100", 4100, 0, ""),
        ("41000", 41_000, 500, ""),
        ("4133742592.0", 4_133_742_592, 0, ""),
        ("8.178B", 8_178_000_000, 500_000, ""),
        ("65.9 BFLOPs", 65_900_000_000, 50_000_000, "FLOP"),
        ("8.2113 GFLOPS", 8_211_300_000, 50_000, "FLOP"),
        ("4.13 GMac", 4_130_000_000, 5_000_000, "MAC"),
        ("569M Mult-Adds", 569_000_000, 500_000, "MAC"),
        ("300M MAdds", 300_000_000, 500_000, "MAC"),
        ("4.13E+09", 4_130_000_000, 5_000_000, ""),
    ],
)
def test_reads(text: str, value: int, half: int, unit: str) -> None:
    written = read_written(text)
    assert (written.text, int(written.value), int(written.half), written.unit) == (text, value, half, unit)


@given(st.integers(10**6, 10**13), st.integers(0, 3))
def test_a_number_matches_what_it_is_rounded_to(number: int, places: int) -> None:
    """Whatever a program prints of it with so many digits, in millions."""
    assert read_written(f"{Decimal(number) / 10**6:.{places}f}M").matches(number) == "rounded"


def test_half_a_digit_and_no_more() -> None:
    written = read_written("4.13G")
    assert [written.matches(4_130_000_000 + off) for off in (5_000_000, 5_000_001, -5_000_000, -5_000_001)] == [
        "rounded", "", "rounded", "",
    ]  # fmt: skip
    assert read_written("4133742592").matches(4_133_742_593) == ""
    assert read_written("7").matches(7) == "exact"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("many", "'many' is not a number"),
        ("5MiB", "'5MiB' is in bytes, and operations are counted"),
        ("5 GB", "'5 GB' is in bytes, and operations are counted"),
        ("4.13", "'4.13' is not a whole number"),
        ("0", "nothing counts 0"),
        ("0.0G", "nothing counts 0"),
        ("-4", "'-4' is not a number"),
        ("9" * 10_000, f"'{'9' * 100}' is not a number"),
    ],
)
def test_refuses(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_written(text)
    assert caught.value.what == message
