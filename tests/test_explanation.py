from __future__ import annotations

import json

from flopcount.engine import count
from flopcount.explain import dominant_layers, explain_layer
from flopcount.explanation import dominants_document, explanation_document
from flopcount.table import AtLeast, Share
from tests.samples import small


def test_a_row_a_number() -> None:
    document = explanation_document(explain_layer(count(small()), "stem.conv"))
    (table,) = document.tables
    assert table.title == "stem.conv (conv)  1×3×8×8 → 1×8×8×8"
    assert [row[0] for row in table.rows] == [
        "output H2", "output W2", "weight", "bias", "parameters", "MACs", "FLOPs",
    ]  # fmt: skip
    assert table.rows[-1] == ("FLOPs", "(2·D1·F²)·D2·H2·W2", "(2·3·3²)·8·8·8", 27_648)
    assert [column.kind for column in table.columns] == ["text", "formula", "formula", "count"]
    assert table.caption[-1] == "small.yaml:0"
    data = json.loads(json.dumps(document.data()))
    assert (data["schema"], data["explanation"]["layer"]) == ("flopcount.explain/1", "stem.conv")


def test_an_unknown_layer_has_no_numbers_and_says_so() -> None:
    (table,) = explanation_document(explain_layer(count(small(unknown=True)), "body.magic")).tables
    assert not {"MACs", "FLOPs"} & {row[0] for row in table.rows}
    assert table.notes == ("nobody knows what it costs: it is left out, and totals are lower bounds",)


def test_the_layers_that_dominate() -> None:
    report = count(small(unknown=True))
    document = dominants_document(report, dominant_layers(report))
    (table,) = document.tables
    assert table.rows[0] == ("stem.conv", "conv", 27_648, Share(27_648, 72_192))
    assert table.totals[-1][2] == AtLeast(72_192)
    assert document.data()["schema"] == "flopcount.explain/1"
