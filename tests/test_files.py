from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from flopcount.errors import SourceError
from flopcount.files import write_all, write_whole


def test_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    write_whole(path, "first\n")
    write_whole(path, "zweite · 二\n")
    assert path.read_bytes() == "zweite · 二\n".encode()
    assert [*tmp_path.iterdir()] == [path]


def test_an_interruption_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def interrupted(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


def test_permissions_stay_and_new_files_follow_the_umask(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_whole(tmp_path / "new", "")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write_whole(tmp_path / "new", "")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_a_link_and_a_device_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "pipe", "through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)


@pytest.mark.parametrize("name", ["none/out.txt", "."])
def test_refuses(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="cannot write '"):
        write_whole(tmp_path / name, "")
    assert [*tmp_path.iterdir()] == []


def test_a_read_only_file_is_refused_whoever_asks(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    path.chmod(0o444)
    with pytest.raises(SourceError, match=r"cannot write '.*out.txt': it is read-only"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


def test_several_files_are_written_or_none(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b", "c")]
    for path in paths:
        path.write_text("old")
    write_all({path: f"new {path.name}" for path in paths})
    assert [path.read_text() for path in paths] == ["new a", "new b", "new c"]
    paths[1].chmod(0o444)
    with pytest.raises(SourceError, match="b': it is read-only"):
        write_all(dict.fromkeys(paths, "newer"))
    with pytest.raises(SourceError, match=r"cannot write '.*none/out.txt'"):
        write_all(dict.fromkeys([paths[0], paths[2], tmp_path / "none" / "out.txt"], "newer"))
    assert [path.read_text() for path in paths] == ["new a", "new b", "new c"]
    assert sorted(tmp_path.iterdir()) == paths


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_what_fails_in_the_middle_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, at: int
) -> None:
    paths = [tmp_path / name for name in ("a", "b", "new")]
    for path in paths[:2]:
        path.write_text(f"old {path.name}")
        path.chmod(0o604)
    replace = Path.replace
    calls = []

    def fails_once(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == at:
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails_once)
    with pytest.raises((SourceError, KeyboardInterrupt)):
        write_all(dict.fromkeys(paths, "new"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "old a", "b": "old b"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths[:2]} == {0o604}


def test_what_utf_8_cannot_hold_is_replaced(tmp_path: Path) -> None:
    write_whole(tmp_path / "out.txt", "a\udcffb")
    assert (tmp_path / "out.txt").read_text() == "a?b"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
def test_whose_a_file_is_stays(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    os.chown(path, 4321, 1234)
    write_whole(path, "new")
    assert (path.read_text(), path.stat().st_uid, path.stat().st_gid) == ("new", 4321, 1234)
