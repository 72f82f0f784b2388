from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget import check
from flopcount.budget.config import find_config, load_config
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


def test_what_is_needed(folder: Path) -> None:
    assert load_config(None, needed=False).entries == ()
    with pytest.raises(UsageError, match="there is nothing to check"):
        load_config(None, needed=True)
    with pytest.raises(FlopcountError, match=r"there is no file 'gone.yaml'"):
        load_config("gone.yaml", needed=False)


def test_a_second_configuration_is_not_passed_over_in_silence(folder: Path) -> None:
    """Its limits hold for nothing, which its authors would not know."""
    (folder / "flopcount.yaml").write_text("models: [{path: net.yaml, budget: {params: 5K}}]")
    (folder / "pyproject.toml").write_text("[tool.ruff]\n# flopcount\n")
    assert check().notices == ()
    (folder / "pyproject.toml").write_text(SECTION + "budget = {params = 10}\n")
    told = "{} is not read, for there is flopcount.yaml; put all of it into one of the two"
    assert check().notices == (told.format("pyproject.toml"),)
    assert check(config="flopcount.yaml").notices == ()
    (folder / "flopcount.yml").write_text("models: [{path: net.yaml}]")
    assert check().notices == (told.format("flopcount.yml"), told.format("pyproject.toml"))
