from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.budget.limits import Increase, Terms, canonical, parse_increase, stated_limit, unit_of
from flopcount.budget.reading import read_budget
from flopcount.conventions import CONVENTIONS
from flopcount.errors import UsageError
from flopcount.graph import DTYPE_BYTES
from flopcount.metrics import METRICS
from flopcount.readers.spec.document import compose


def limits(text: str) -> list[tuple[Any, ...]]:
    read = read_budget("b", compose(text, "b"), Terms())
    return [(limit.metric, limit.rule, limit.bound, limit.level) for limit in read]


def test_ways_to_state_a_limit() -> None:
    text = """
params: 4.3M
macs: {max: 600 MMACs, max_increase: 2%, level: warn}
buffers: [{max: 100, level: warn}, 200]
share: 40%
ops: {deny: [attention, lrn]}
"""
    assert limits(text) == [
        ("params", "max", 4_300_000, "error"),
        ("macs", "max", 600_000_000, "warn"),
        ("macs", "max_increase", Increase(Fraction(1, 50)), "warn"),
        ("buffers", "max", 100, "warn"),
        ("buffers", "max", 200, "error"),
        ("share:macs", "max", Fraction(2, 5), "error"),
        ("ops", "deny", ("attention", "lrn"), "error"),
    ]


def test_terms_hold_where_nothing_else_is_said() -> None:
    text = "{convention: torch, level: warn, flops: 1G, count: {max: 2G, level: error}, 'flops:lecture': 3G}"
    assert limits(text) == [
        ("flops:torch", "max", 10**9, "warn"),
        ("count:torch", "max", 2 * 10**9, "error"),
        ("flops:lecture", "max", 3 * 10**9, "warn"),
    ]


def test_growth_of_everything_that_is_limited() -> None:
    assert limits("{max_increase: 2%, params: 5, share: 40%, macs: {max: 6, max_increase: 1K}}") == [
        ("params", "max", 5, "error"),
        ("share:macs", "max", Fraction(2, 5), "error"),
        ("macs", "max", 6, "error"),
        ("macs", "max_increase", Increase(absolute=1000), "error"),
        ("params", "max_increase", Increase(Fraction(1, 50)), "error"),
    ]
    assert [(metric, rule) for metric, rule, *_ in limits("{max_increase: not worse}")] == [
        ("params", "max_increase"), ("macs", "max_increase"),
    ]  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_can_be_limited(metric: str) -> None:
    terms = Terms(convention="lecture")
    quantity = f"5{'MiB' if METRICS[metric].kind == 'bytes' else 'M'}"
    limit = stated_limit(metric, quantity, terms)
    assert limit.metric.partition(":")[0] == metric
    assert limit.bound == (5 * 2**20 if METRICS[metric].kind == "bytes" else 5_000_000)


@pytest.mark.parametrize("dtype", DTYPE_BYTES)
def test_bytes_in_every_dtype(dtype: str) -> None:
    assert stated_limit(f"bytes:{dtype}", "5MiB", Terms()).bound == 5 * 2**20


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_priced_limit_is_in_the_unit_of_its_convention(convention: str) -> None:
    unit = CONVENTIONS[convention].unit
    assert unit_of(f"count:{convention}") == unit
    assert stated_limit(f"count:{convention}", f"5 M{unit}s", Terms()).bound == 5_000_000
    other = "FLOP" if unit == "MAC" else "MAC"
    with pytest.raises(UsageError, match=f"is in {other}s, but is wanted in {unit}s"):
        stated_limit(f"count:{convention}", f"5 M{other}s", Terms())


def test_flops_by_hand_say_what_to_write() -> None:
    with pytest.raises(UsageError) as caught:
        stated_limit("flops", "1.2G", Terms())
    assert caught.value.hint == "say --convention lecture, or --max flops:lecture=1.2G"


def test_full_names_stay_what_they_are() -> None:
    for name in ("params", "flops:torch", "bytes:int8", "share:macs", "share:params", "share:flops:torch"):
        assert canonical(name, "lecture") == name


@given(before=st.integers(0, 10**15), hundredths=st.integers(0, 10_000))
def test_a_relative_increase_is_the_largest_integer_within_it(before: int, hundredths: int) -> None:
    allowed = Increase(Fraction(hundredths, 10_000)).allowed(before)
    assert 10_000 * (allowed - before) <= before * hundredths < 10_000 * (allowed - before + 1)


@pytest.mark.parametrize(("text", "after"), [("2%", 102), ("0", 100), ("not worse", 100), ("1K", 1100), ("0.5 %", 100)])
def test_increases(text: str, after: int) -> None:
    assert parse_increase(text, "params").allowed(100) == after
