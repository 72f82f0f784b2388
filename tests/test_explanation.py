from __future__ import annotations

import json

from flopcount.api import analyze
from flopcount.conventions import CONVENTIONS
from flopcount.engine import count
from flopcount.explain import dominant_layers, explain_layer
from flopcount.explanation import dominants_document, explanation_document, side_by_side_document
from flopcount.metrics import METRICS
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


def test_one_layer_under_several_conventions() -> None:
    chosen = [CONVENTIONS[name] for name in ("lecture", "macs", "thop", "torch", "xla")]
    document = side_by_side_document(analyze("resnet18"), "bn1", chosen)
    (table,) = document.tables
    n = 64 * 112 * 112
    assert table.rows == (
        ("lecture", "FLOPs", "0", "0", 0),
        ("macs", "MACs", "0", "0", 0),
        ("thop", "MACs", "4·D·H1·W1", "4·64·112·112", 4 * n),
        ("torch", "FLOPs", "0", "0", 0),
        ("xla", "FLOPs", "", "", None),
    )
    assert table.title == "bn1 (bn)  1×64×112×112 → 1×64×112×112"
    assert "what the convention 'xla' counts here is not known" in table.notes
    data = json.loads(json.dumps(document.data()))
    assert (data["schema"], len(data["explanations"])) == ("flopcount.explain/1", 5)
    assert data["explanations"][2]["count"][-1]["result"] == 4 * n


def test_every_row_is_the_number_of_that_convention() -> None:
    report = analyze("alexnet")
    (table,) = side_by_side_document(report, "conv1", [*CONVENTIONS.values()]).tables
    layer = report.layers[0]
    assert {row[0]: row[-1] for row in table.rows} == {
        name: METRICS["count"].measure(layer, convention) for name, convention in CONVENTIONS.items()
    }
    assert not any(
        "rule of the convention 'torch'" in note for note in table.notes
    )  # its rule for gradients has nothing to do here
