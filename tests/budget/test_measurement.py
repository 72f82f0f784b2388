from __future__ import annotations

from pathlib import Path

from flopcount.budget.config import read_config
from flopcount.budget.measurement import Measurement


def test_ways_to_write_an_input(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(
        "models:\n"
        "  - {path: a, input: 3x8x8}\n"
        "  - {path: a, input: [3, 8, 8]}\n"
        '  - {path: a, input: {image: [3, 8, 8], tokens: "128:int64"}, batch: 4, mode: train}\n'
        "  - {path: a, set: {depths: [3, [4]], width: 0.5}, batch: none}\n"
    )
    assert [entry.measurement for entry in read_config("flopcount.yaml").entries] == [
        Measurement(("3x8x8",)),
        Measurement(("3x8x8",)),
        Measurement(("image=3x8x8", "tokens=128:int64"), 4, (), "train"),
        Measurement((), None, (("depths", "[3, [4]]"), ("width", "0.5"))),
    ]


def test_a_measurement_says_what_differs() -> None:
    assert str(Measurement()) == ""
    assert str(Measurement(("3x8x8",), 2, (("a", "1"),), "train")) == "a=1, input 3x8x8, batch 2, train"
