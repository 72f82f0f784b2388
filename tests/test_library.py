from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import flopcount
from flopcount import library


def test_every_file_is_a_candidate_for_its_own_name() -> None:
    assert library.files()
    for path in library.files():
        assert library.candidates(path.stem)[0] == path


def test_variants_are_looked_for_where_they_are_mentioned() -> None:
    assert library.folder() / "resnet.yaml" in library.candidates("resnet50")
    assert library.candidates("resnet5000") == []
    assert library.candidates("a.*b(") == []


def test_an_installed_package_finds_the_specs_inside_itself(tmp_path: Path) -> None:
    package = Path(flopcount.__file__).parent
    shutil.copytree(package, tmp_path / "flopcount", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(library.folder(), tmp_path / "flopcount" / "specs")
    code = "from flopcount import library, load; print(library.folder()); load('lecture_ten_filters')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / "flopcount" / "specs")
