from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget.places import exists, is_file, parted, place_in, place_of, spelled


def test_one_file_has_one_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "inner").mkdir()
    (folder / "linked").symlink_to("inner")
    (folder / "inner" / "deep.yaml").touch()
    ways = ("inner/deep.yaml", "./inner//deep.yaml", "inner/../inner/deep.yaml", "linked/deep.yaml")
    places = {place_of(way) for way in (*ways, str(folder / "inner" / "deep.yaml"))}
    monkeypatch.chdir(folder / "inner")
    assert places == {place_of("deep.yaml"), place_of("inner/deep.yaml", "..")}
    assert len(places) == 1
    assert place_of("deep.yaml#") == place_of("deep.yaml")
    assert place_of("deep.yaml#big") == f"{places.pop()}#big"


def test_a_file_that_is_not_there_has_the_place_that_it_would_have(folder: Path) -> None:
    root = place_of("net.yaml").removesuffix("/net.yaml")
    assert place_in(root, "./net.yaml#big") == place_of("net.yaml#big")
    assert place_in(root, "inner/../gone.yaml#") == f"{root}/gone.yaml"


def test_a_hash_in_the_name_of_a_file_begins_no_variant(folder: Path) -> None:
    assert parted("a#b.yaml") == ("a", "#b.yaml")
    (folder / "a#b.yaml").touch()
    assert parted("a#b.yaml") == parted("a#b.yaml", str(folder)) == ("a#b.yaml", "")
    assert place_of("./a#b.yaml").endswith("/a#b.yaml")
    assert spelled("./a#b.yaml") == "a#b.yaml"


def test_a_link_to_a_file_is_another_model(folder: Path) -> None:
    (folder / "alias.yaml").symlink_to("net.yaml")
    assert place_of("alias.yaml") != place_of("net.yaml")


@pytest.mark.parametrize(
    "source", ["resnet50", "gone.yaml", "torchvision:resnet18", "-", "http://x/y.yaml", "a" * 5000, "a\0b"]
)
def test_what_is_no_file_stays_as_it_is(folder: Path, source: str) -> None:
    (folder / "resnet50").mkdir()
    assert (place_of(source), spelled(source)) == (source, source)
    assert not is_file(source)
    assert exists(source) == (source == "resnet50")


def test_a_path_is_spelled_from_its_folder(folder: Path) -> None:
    assert spelled("./net.yaml#big") == spelled(str(folder / "net.yaml#big")) == "net.yaml#big"
    assert spelled("net.yaml#") == "net.yaml"
    assert spelled("inner/../gone.yaml") == "gone.yaml"
    assert spelled(str(folder / "net.yaml"), str(folder)) == "net.yaml"
    assert spelled("../net.yaml", "inner") == "../net.yaml"
    assert spelled(str(folder.parent / "net.yaml")) == str(folder.parent / "net.yaml")
