"""Whatever a file holds, the answer is one clear error or a network, and it comes soon."""

from __future__ import annotations

import io
import random
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcount import library, sources
from flopcount.engine import count
from flopcount.errors import FlopcountError, SourceError
from flopcount.readers.spec import read
from flopcount.readers.spec.document import MAX_BYTES
from flopcount.sources import load

from .networks import refusal

GOLDEN = Path(__file__).with_name("bad_input.txt").read_text(encoding="utf-8")
CASES = re.findall(r"^=== (.*)\n((?:.*\n)*?)(error: (?:.+\n)+)", GOLDEN, re.MULTILINE)
"""Headings, specs, and the errors that they get: every one is written as a user meets it."""

HEAD = "input: [3]\nlayers:\n"
SECONDS = 30
"""Far more than any of them takes, and far less than for ever."""


@pytest.mark.parametrize(("text", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_whole_message(text: str, message: str) -> None:
    begun = time.perf_counter()
    assert refusal(text) == message.rstrip("\n")
    assert time.perf_counter() - begun < SECONDS


def test_no_case_is_lost() -> None:
    assert len(CASES) == GOLDEN.count("=== ") > 100


def chain(length: int, body: str) -> str:
    """Blocks that use each other; `body` has the name of the one before for `{}`."""
    blocks = "".join(f"  b{i}: {body.replace('{}', f'b{i - 1}')}\n" for i in range(1, length))
    return f"input: [3]\nblocks:\n  b0: [relu]\n{blocks}layers: [b{length - 1}]\n"


def bomb(levels: int) -> str:
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(["a0: &a0 [x]", *lines])


HUGE = {
    "2^30 layers": (chain(31, "[{}, {}]"), "the spec unfolds into more than 524288 layers"),
    "2^90 blocks of nothing": (chain(91, "[{}, {}]").replace("[relu]", "[]"), "unfolds into more than 524288 layers"),
    "a long chain of blocks": (chain(300, "[{}]"), "nested more than 100 deep"),
    "deep groups in deep blocks": (
        chain(50, "[{layers: " * 20 + "[{}]" + "}]" * 20),
        "blocks, groups and branches are nested more than 100 deep",
    ),
    "an alias bomb": (bomb(20), "the file has more than 3,000,000 values (aliases written out)"),
    "deep nesting": ("[" * 100_000, "nested more than 100 levels deep"),
    "deep nesting in a value": (f"{HEAD}  - linear: {'[' * 100_000}", "nested more than 100 levels deep"),
    "deep brackets": (f"{HEAD}  - linear: {'(' * 90}1{')' * 90}\n", "nested more than 50 deep"),
    "a long expression": (f"{HEAD}  - linear: {'1+' * 900}1\n", "an expression of 1,801 characters is too long"),
    "a long word": (f"{HEAD}  - {'x' * 1_000_000}\n", "unknown op or block 'xxx"),
    "a long field": (f"{HEAD}  - linear: {{{'x' * 900}: 3}}\n", "unknown field 'xxx"),
    "a long name": (f"{HEAD}  - relu: {{name: {'x' * 1_000_000}}}\n", "longer than 1000 characters"),
    "a long number": (f"{HEAD}  - linear: {'9' * 1_000_000}\n", "a number of 1,000,000 characters"),
    "long words among long words": (
        f"input: [3]\nblocks:\n  ? {'x' * 50_000}\n  : [relu]\nlayers: [{'x' * 40_000}y]\n",
        "unknown op or block 'xxx",
    ),
    "too many parameters": (
        f"params: {{{', '.join(f'p{i}: 1' for i in range(1001))}}}\n{HEAD}  - relu\n",
        "more than 1000 parameter names stand here",
    ),
    "a long list of expressions": (
        f"params: {{a: 1}}\nlet: {{b: [{', '.join(['a'] * 1001)}]}}\n{HEAD}  - relu\n",
        "a list with expressions has more than 1000 elements",
    ),
    "rows computed for nothing": (
        f"{HEAD}  - layers: [{{relu: {{repeat: 0, each: {{i: range(100000)}}}}}}]\n    repeat: 500000\n",
        "the spec unfolds into more than 4194304 values",
    ),
    "entries that never stand": (
        f"{HEAD}  - layers: [{', '.join(['{relu: {repeat: 0}}'] * 1000)}]\n    repeat: 500000\n",
        "the spec unfolds into more than 4194304 values",
    ),
    "lists that double": (
        f"let: {{a: [1], {', '.join(f'b{i}: a + a' for i in range(9))}}}\n{HEAD}  - linear: 9**9**9**9\n",
        "is out of range",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), HUGE.values(), ids=HUGE)
def test_it_is_bounded(text: str, message: str) -> None:
    begun = time.process_time()  # a busy machine makes nothing slower by this clock
    found = refusal(text)
    assert time.process_time() - begun < SECONDS
    assert message in found
    assert found.startswith("error: net.yaml:")
    assert max(map(len, found.splitlines())) <= 500


def test_a_message_stays_on_its_lines_and_cannot_command_the_terminal() -> None:
    message = refusal(f'{HEAD}  - "a\\e31m\\nb"\n')
    assert message == "error: net.yaml:3:5\n  unknown op or block 'a\\x1b31m\\nb'"


def test_a_zero_byte() -> None:
    assert refusal(f"{HEAD}  - re\0lu") == "error: net.yaml:3:7\n  the character U+0000 may not stand in a file"


def test_an_empty_file() -> None:
    assert refusal("") == (
        "error: net.yaml\n  the file is empty\n  hint: a spec has at least `input` and `layers`"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "'{}' is a directory, not a file"),
        (b"name: \xff", "'{}' is not UTF-8 text: byte 0xff at offset 6\n"
                        "  hint: a spec is a YAML text file, saved as UTF-8"),
        (b"", "{}\n  the file is empty\n  hint: a spec has at least `input` and `layers`"),
    ],
)  # fmt: skip
def test_the_command_line_says_it_and_exits_with_2(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "net.yaml"
    path.mkdir() if content is None else path.write_bytes(content)
    command = [sys.executable, "-m", "flopcount", "report", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {message.format(path)}\n"


def test_a_path_that_cannot_be() -> None:
    for path in ("x" * 5000, f"{'x' * 5000}.yaml", "a\0b", "a\0b.yaml", f"{'x/' * 5000}net.yaml"):
        with pytest.raises(SourceError, match="there is no file"):
            load(path)


def test_a_file_whose_name_looks_like_a_variant(tmp_path: Path) -> None:
    path = tmp_path / "net#1.yaml"
    path.write_text("{input: [3], layers: [relu]}")
    assert load(path).name == "net#1"


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\xff", "'<stdin>' is not UTF-8 text"), (b"#" * (MAX_BYTES + 9), "'<stdin>' is larger than 64 MB")],
    ids=["not UTF-8", "too long"],
)
def test_standard_input_is_a_file_like_any_other(monkeypatch: pytest.MonkeyPatch, data: bytes, message: str) -> None:
    monkeypatch.setattr(sources.sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))  # type: ignore[attr-defined]
    with pytest.raises(SourceError, match=message):
        load("-")


SHIPPED = [path.read_text(encoding="utf-8") for path in library.files()]
PIECES = (
    *(": ", "- ", "\n", "\n  ", "[", "]", "{", "}", ",", "#", "'", '"', "*a", "&a ", "!x ", "~", "[]", "{}", "-1"),
    *("0", "0.5", "1e9", "2**64", "9**9**9", ".nan", "1/0", "true", "input", "input.height", "[[1, 2], [3]]", "i"),
    *("conv", "relu", "concat", "required", "layers:", "branches:", "join: add", "from: [input]", "repeat: 3 as i"),
    *("when: input.channels", "each: {c: [1, 2]}", "name: a", "weight: a.weight", "outputs: [a, b]", "args:", "let:"),
)  # fmt: skip


def mutated(text: str, choose: random.Random) -> str:
    """A spec after a few slips of the pen."""
    for _ in range(choose.choice((1, 1, 1, 2, 4))):
        words = list(re.finditer(r"[\w.*+/]+", text))
        word = choose.choice(words) if words else None
        place, lines = choose.randrange(len(text) + 1), text.split("\n")
        slip = choose.randrange(5)
        if slip == 0 or word is None:
            text = text[:place] + choose.choice(PIECES) + text[place:]
        elif slip == 1:
            text = text[:place] + text[place + choose.randrange(1, 12) :]
        elif slip == 2:
            text = text[: word.start()] + choose.choice((*PIECES, choose.choice(words)[0])) + text[word.end() :]
        elif slip == 3:
            del lines[choose.randrange(len(lines))]
            text = "\n".join(lines)
        else:
            lines.insert(choose.randrange(len(lines) + 1), choose.choice(lines))
            text = "\n".join(lines)
    return text


@settings(max_examples=100)
@given(st.sampled_from(SHIPPED), st.randoms(use_true_random=False))
def test_a_slip_of_the_pen_is_a_network_or_one_error(text: str, choose: random.Random) -> None:
    messages = []
    try:
        count(read(mutated(text, choose), "net.yaml"))
    except FlopcountError as error:
        messages.append(str(error))
    assert all(message.startswith("error: net.yaml") for message in messages)
