from __future__ import annotations

import csv

from flopcount.renderers.csv import render
from tests.renderers.documents import DOCUMENT, HOSTILE, TWO, named


def test_reads_back_as_exact_numbers() -> None:
    rows = list(csv.DictReader(render(DOCUMENT).splitlines()))
    assert rows[0] == {
        "layer": "conv1", "outputs": "1x64x112x112", "params": "9408", "weight_bytes": "37632", "share": "0.900000",
    }  # fmt: skip
    assert [row["params"] for row in rows] == ["9408", "1000", "", "0"]


def test_several_tables_share_a_header() -> None:
    rows = list(csv.DictReader(render(TWO).splitlines()))
    assert [row["model"] for row in rows] == ["every_kind"] * 4 + ["other"]
    assert (rows[-1]["macs"], rows[-1]["params"], rows[0]["macs"]) == ("7", "", "")


def test_any_name_survives() -> None:
    text = render(named(HOSTILE, 'a,"b"'))
    assert [row[0] for row in csv.reader(text.splitlines(keepends=True))] == ["layer", HOSTILE, 'a,"b"']
