from __future__ import annotations

from flopcount.bridges.identify_table import MOST, identification_document, identification_table
from flopcount.bridges.identifying import identify
from flopcount.conventions import CONVENTIONS
from flopcount.table import Difference


def test_the_number_as_it_was_written_and_who_counts_it() -> None:
    table = identification_table(identify("resnet50", "4,133,742,592"))
    assert table.title == "resnet50: 4,133,742,592"
    assert table.rows == (("exact", "thop", "eval", ((3, 224, 224),), 4_133_742_592, "MACs", 0),)
    assert table.notes == ()
    assert table.caption[:2] == ("thop: thop 0.1.1.post2209072238", f"tried: {len(CONVENTIONS)} conventions")


def test_few_digits_match_much() -> None:
    found = identify("resnet50", "4.1 GFLOPs")
    table = identification_table(found)
    assert len(table.rows) == MOST < len(found.matches)
    assert table.notes == (
        f"{len(found.matches) - MOST} more ways of counting give it too: more digits would tell them apart",
        "the number is called FLOPs, but counts MACs",
    )
    assert table.rows[0][-1] == Difference(4_089_184_256 - 4_100_000_000)


def test_training_mode_is_told_what_to_do() -> None:
    table = identification_table(identify("resnet50", "4.145G"))
    assert "mmengine's counter is made of it" in table.caption[0]
    (note,) = table.notes
    assert note == "in training mode batch normalisation uses the batch's statistics: `model.eval()` before counting"


def test_what_comes_nearest() -> None:
    table = identification_table(identify("alexnet", 1_135_256_097))
    assert table.rows[0][:2] == ("no", "macs, fvcore, thop, netscope")
    assert table.notes == ("nothing that was tried gives 1135256097: these come nearest",)


def test_many_that_count_alike_are_named_in_a_note_and_all_in_a_row_of_data() -> None:
    found = identify("resnet50", "118013952", layer="conv1")
    table, (records,) = identification_table(found), identification_document(found).records
    assert table.rows[0][1] == "macs, fvcore, ptflops and 7 more"
    assert table.notes[0] == (
        "as macs here too: ptflops-cpu, ptflops-modules, ptflops-aten, thop, torchinfo, onnx-tool, netscope"
    )
    assert records.rows[0][1] == ", ".join(found.matches[0].conventions)
    assert len(found.matches[0].conventions) == 10
    assert [row[4] for row in records.rows] == [match.count for match in found.matches]


def test_data() -> None:
    data = identification_document(identify("alexnet", "210.8M", layer="conv1")).data()
    assert data["schema"] == "flopcount.identify/1"
    found = data["identification"]
    assert isinstance(found, dict)
    assert (found["model"], found["part"]) == ("alexnet", "conv1")
    assert found["number"] == {"text": "210.8M", "least": 210_750_000, "most": 210_850_000, "unit": ""}
    best = found["matches"][0]
    assert (best["kind"], best["conventions"], best["count"], best["factor"]) == (
        "rounded", ("lecture", "torch", "torch-cpu", "xla"), 210_830_400, "1",
    )  # fmt: skip
    assert found["tried"]["left_out"] == 0
    assert found["nearest"] == []
