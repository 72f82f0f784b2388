"""The list of prices says what other counters' sources say; numbers of the tests of each tool hold behind it."""

from __future__ import annotations

import pytest

from flopcount.conventions import CONVENTIONS, Convention
from flopcount.pricelist import LETTERS, SAMPLES, price_of, pricelist

SAID = {
    "lecture": {"conv": "2P−n", "bias": "n", "convT": "2P−n", "BN": "–", "ReLU": "–", "SDPA": "2P−s−n"},
    "macs": {"conv": "P", "bias": "–", "BN": "–", "SDPA": "P"},
    "torch": {"conv": "2P", "bias": "–", "convT": "2P", "fc b.": "–", "BN": "–", "SDPA": "2P", "LN": "–"},
    "fvcore": {"conv": "P", "convT": "P", "BN": "2n", "ReLU": "–", "max": "–", "avg": "–", "gap": "i", "LN": "5n"},
    "ptflops-aten": {"conv": "P", "bias": "n", "fc b.": "n", "BN": "–", "ReLU": "–", "add": "–", "softmax": "–"},
    "ptflops-modules": {"conv": "P", "bias": "n", "BN": "2n", "ReLU": "n", "max": "i", "avg": "i", "fc b.": "n"},
    "ptflops": {"ReLU": "2n", "max": "2i", "fc b.": "n+P"},
    "thop": {"bias": "–", "convT": "w", "BN": "4n", "avg": "n", "gap": "i+n", "softmax": "3n−r", "SDPA": "–"},
    "torchinfo": {"conv": "P", "bias": "n", "convT": "w", "BN": "2e", "LN": "2e", "ReLU": "–", "add": "–", "SDPA": "–"},
    "deepspeed": {"conv": "2P", "bias": "n", "BN": "2n", "ReLU": "n", "max": "i", "fc b.": "–", "LN": "5n"},
    "calflops": {"SDPA": "–", "softmax": "n"},
    "onnx-tool": {"BN": "31n", "max": "k", "gap": "i+4n", "softmax": "36n", "SDPA": "P+36s", "LN": "7n+29r"},
    "netscope": {"conv": "P", "bias": "–", "fc b.": "–"},
    "tf": {"conv": "2P", "bias": "n", "ReLU": "–", "max": "k", "avg": "k", "add": "n", "softmax": "5n"},
    "xla": {"conv": "2P", "ReLU": "?", "add": "?"},
    "arithmetic": {"ReLU": "n", "max": "k−n", "add": "n", "softmax": "5n−2r"},
}  # fmt: skip
"""From the tools' sources."""
SAMPLE = {sample.title: sample for sample in SAMPLES}


@pytest.mark.parametrize("name", SAID)
def test_prices(name: str) -> None:
    found = {title: price_of(CONVENTIONS[name], SAMPLE[title]) for title in SAID[name]}
    assert found == SAID[name]


def test_a_row_for_each_convention_and_a_meaning_for_each_letter() -> None:
    table = pricelist()
    assert [row[0] for row in table.rows] == [*CONVENTIONS]
    letters = {letter for row in table.rows for cell in row[1:] for letter in str(cell) if letter.isalpha()}
    assert letters <= {*LETTERS}
    assert "".join(sample.bases for sample in SAMPLES).strip("".join(LETTERS)) == ""


def test_a_price_of_none_of_these() -> None:
    odd = Convention("odd", "MAC", "", "", product=1000)
    assert price_of(odd, SAMPLE["conv"]) == "…"
    assert price_of(Convention("minus", "MAC", "", "", product=-1), SAMPLE["conv"]) == "−P"
