"""Whatever a configuration holds: one clear error with its place, exit status 2, and nothing written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from flopcount.budget import check
from flopcount.budget.checking import request_for
from flopcount.budget.update import update
from flopcount.errors import FlopcountError

GOLDEN = Path(__file__).with_name("bad_config.txt").read_text(encoding="utf-8")
CASES = re.findall(r"^=== (.*)\n((?:.*\n)*?)(error: (?:.+\n)+)", GOLDEN, re.MULTILINE)
"""Headings, configurations, and the errors that they get: every one is written as a user meets it."""

TOML = {
    "no section": (
        "[tool.other]\nx = 'tool.flopcount'\n",
        "error: pyproject.toml\n  there is no [tool.flopcount] in it",
    ),
    "not TOML": ("[tool.flopcount]\nmodels = [\n", "error: pyproject.toml:3:1\n  this is not TOML: invalid value"),
    "a section that is no table": ("[tool]\nflopcount = 5\n", "error: pyproject.toml:2:13\n  flopcount is no table"),
    "an unknown key": (
        "[tool.flopcount]\nmodel = 1\n",
        "error: pyproject.toml:2:1\n  unknown key 'model'\n  hint: did you",
    ),
    "an unknown metric": (
        '[[tool.flopcount.models]]\npath = "net.yaml"\nbudget = { parms = "5M" }\n',
        "error: pyproject.toml:3:12\n  unknown metric 'parms'\n  hint: did you mean 'params'?",
    ),
    "FLOPs without a convention": (
        '[[tool.flopcount.models]]\npath = "net.yaml"\n[tool.flopcount.models.budget]\nflops = "1.2G"\n',
        "error: pyproject.toml:4:1\n  a limit on 'flops' needs the convention by which it is counted\n"
        '  hint: write "flops:lecture": 1.2G, or convention: lecture beside it',
    ),
}

SPECS = {
    "a budget that is a list": ("budget: [params]", "error: net.yaml:8:9\n  a budget must be a mapping"),
    "an unknown metric": ("budget: {prams: 5}", "error: net.yaml:8:10\n  unknown metric 'prams'"),
    "a bad quantity": ("budget: {params: much}", "error: net.yaml:8:18\n  'much' is not a quantity"),
    "a bare limit on FLOPs": ("budget: {flops: 5}", "error: net.yaml:8:10\n  a limit on 'flops' needs the convention"),
    "in a variant": ("variants: {big: {width: 9, budget: {x: 1}}}", "error: net.yaml:8:37\n  unknown metric 'x'"),
}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refusal() -> str:
    """What a check says, of the configuration or of one model."""
    try:
        (problem,) = (model.problem for model in check().models if model.problem)
    except FlopcountError as error:
        return str(error) if error.exit_status == 2 else ""
    return problem.text


@pytest.mark.parametrize(("text", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_the_whole_message(folder: Path, text: str, message: str) -> None:
    (folder / "flopcount.yaml").write_text(text)
    before = contents(folder)
    assert refusal() == message.rstrip("\n")
    with pytest.raises(FlopcountError):
        update(request_for())
    assert contents(folder) == before


def test_no_case_is_lost() -> None:
    assert len(CASES) == GOLDEN.count("=== ") >= 50
    assert len({case[0] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", TOML)
def test_in_toml(folder: Path, case: str) -> None:
    text, message = TOML[case]
    (folder / "pyproject.toml").write_text(text)
    with pytest.raises(FlopcountError) as caught:
        check(config="pyproject.toml") if case == "no section" else check()
    assert str(caught.value).startswith(message)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("case", SPECS)
def test_in_a_spec(folder: Path, case: str) -> None:
    text, message = SPECS[case]
    with (folder / "net.yaml").open("a") as file:
        file.write(text + "\n")
    with pytest.raises(FlopcountError) as caught:
        check("net.yaml")
    assert str(caught.value).startswith(message)


def test_a_broken_model_does_not_hide_the_others(folder: Path) -> None:
    (folder / "broken.yaml").write_text("input: [3]\nlayers: [reul]\n")
    found = check("broken.yaml", "net.yaml", limits={"params": 1})
    assert found.exit_status == 2
    broken, net = found.models
    assert broken.problem
    assert broken.problem.text.startswith("error: broken.yaml:2:10\n  unknown op or block 'reul'")
    assert [verdict.outcome for verdict in net.verdicts] == ["over"]


def test_a_configured_model_that_is_not_there_is_placed(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text("models:\n  - {path: nett.yaml, budget: {params: 5}}\n")
    (model,) = check().models
    assert model.problem
    assert model.problem.text.startswith("error: flopcount.yaml:2:12\n  there is no file 'nett.yaml'")


VALID = {
    "flopcount.yaml": """\
convention: lecture
max_increase: 2%
baseline: base.json
models:
  - path: "[n]*.yaml"
    level: warn
    input: {input: 3x8x8}
    set: {width: 0x8}
    budget:
      params: {max: 4.2M, max_increase: 50K, level: error}
      macs: [600 MMACs, {max: 5e8, level: warn}]
      "bytes:int8": 5MiB
      share: {max: 40%, layer: "f*"}
      ops: {allow: [conv, linear, flatten], deny: [lrn]}
""",
    "pyproject.toml": """\
[tool.flopcount]
convention = "lecture" # how
max_increase = 'not worse'
[[tool.flopcount.models]]
path = "net.yaml"
batch = 2
set = { width = "4*2" }
[tool.flopcount.models.budget]
params = 4_000
"flops" = { max = "1.5 GFLOPs", max_increase = "2%" }
ops.deny = [
    "conv", # no
]
""",
}
SNAPSHOT = (
    '{"schema": "flopcount.snapshot/1", "models": {"net.yaml": {"source": "net.yaml", '
    '"inputs": ["input 1×3×8×8 float32"], "batch": 1, '
    '"mode": "eval", "settings": {}, "totals": {"params": 3114, "macs": null}, "layers": {"fc": {"op": "linear"}}}}}'
)
MARKS = ["-", "\t", "*", "&a ", "!", "{", "[", "]", "'", '"', "\x00", "é", "9" * 50, "%", "~"]


def mutations(text: str, count: int) -> Iterator[str]:
    """Texts that differ from a valid one in a few places, the same each time."""
    random = Random(0)
    pieces = re.findall(r"\w+|\s+|.", text) + MARKS
    for _ in range(count):
        mutated = text
        for _ in range(random.randint(1, 3)):
            start = random.randrange(len(mutated))
            mutated = mutated[:start] + random.choice(pieces) + mutated[start + random.choice((0, 1, 5)) :]
        yield mutated


@pytest.mark.parametrize("name", [*VALID, "base.json"])
def test_whatever_it_holds_the_answer_is_one_error_or_a_check(folder: Path, name: str) -> None:
    (folder / "flopcount.yaml").write_text(VALID["flopcount.yaml"])
    if name == "pyproject.toml":
        (folder / "flopcount.yaml").unlink()
    answers, refused = set(), []
    for text in mutations(VALID.get(name, SNAPSHOT), 300):
        (folder / name).write_text(text)
        try:
            answers.add(str(check().exit_status))
        except FlopcountError as error:
            refused.append(error)
    assert all(error.exit_status == 2 and (error.where or error.hint) for error in refused)
    assert len(answers | {error.what for error in refused}) > 10
