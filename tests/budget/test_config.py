from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget.config import Measurement, find_config, load_config, read_config
from flopcount.errors import FlopcountError, UsageError

SECTION = "[[tool.flopcount.models]]\npath = 'net.yaml'\n"


def test_yaml_comes_before_toml(folder: Path) -> None:
    assert find_config() is None
    (folder / "pyproject.toml").write_text(SECTION)
    assert find_config() == "pyproject.toml"
    (folder / "flopcount.yml").write_text("models: [{path: net.yaml}]")
    assert find_config() == "flopcount.yml"
    (folder / "flopcount.yaml").write_text("models: [{path: net.yaml}]")
    assert find_config() == "flopcount.yaml"
    assert find_config(str(folder)) == str(folder / "flopcount.yaml")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[project]\nname = 'x'\n", False), ("[project]\ndependencies = ['flopcount']\n", False), (SECTION, True),
        ("[ tool . 'flopcount' ]\n", True), ("[tool]\nflopcount.models = []\n", True), ("flopcount = [", True),
    ],
)  # fmt: skip
def test_a_pyproject_counts_where_it_has_the_section(folder: Path, text: str, found: bool) -> None:
    (folder / "pyproject.toml").write_text(text)
    assert find_config() == ("pyproject.toml" if found else None)


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


def test_what_is_needed(folder: Path) -> None:
    assert load_config(None, needed=False).entries == ()
    with pytest.raises(UsageError, match="there is nothing to check"):
        load_config(None, needed=True)
    with pytest.raises(FlopcountError, match=r"there is no file 'gone.yaml'"):
        load_config("gone.yaml", needed=False)
