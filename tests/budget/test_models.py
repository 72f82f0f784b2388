from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcount.budget import check
from flopcount.budget.measurement import Measurement
from flopcount.errors import ConfigError, FlopcountError, UsageError
from tests.budget.conftest import NET


def limits(**options: object) -> dict[str, list[str]]:
    found = check(**options)  # type: ignore[arg-type]
    return {model.name: [f"{verdict.metric} {verdict.stated}" for verdict in model.verdicts] for model in found.models}


def test_limits_of_a_model_come_from_everywhere(folder: Path) -> None:
    (folder / "net.yaml").write_text(NET + "budget: {buffers: 9}\n")
    (folder / "flopcount.yaml").write_text(
        "models:\n  - {path: 'n*.yaml', budget: {params: 5M}}\n  - {path: ./net.yaml, budget: {macs: 6M}}\n"
    )
    assert limits(limits={"layers": 7}) == {"net.yaml": ["params 5M", "macs 6M", "buffers 9", "layers 7"]}


def test_another_way_to_measure_is_another_model(folder: Path) -> None:
    (folder / "net.yaml").write_text(NET + "budget: {params: 9K}\n")
    (folder / "flopcount.yaml").write_text(
        "models: [{path: net.yaml, set: {width: 16}, input: [3, 16, 16], batch: 2, budget: {params: 5}}]"
    )
    assert limits() == {"net.yaml (width=16, input 3x16x16, batch 2)": ["params 5"], "net.yaml": ["params 9K"]}


def test_sources_named_by_hand_choose_from_the_configuration(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(
        "models: [{path: '*t.yaml', budget: {params: 5}}, {path: unknown.yaml, budget: {params: 6}}]"
    )
    sources = {model.name for model in check("./net.yaml").models}
    assert sources == {"net.yaml"}
    assert [model.name for model in check("*.yaml").models] == ["net.yaml", "unknown.yaml"]
    assert [model.name for model in check("net.yaml", "flopcount.yaml").models] == ["net.yaml"]


def test_variants_have_budgets_of_their_own(folder: Path) -> None:
    (folder / "net.yaml").write_text(
        NET + "budget: {params: 1}\nvariants: {same: , big: {width: 16, budget: {params: 2}}, small: {width: 4}}\n"
    )
    found = {model.name: [verdict.limit for verdict in model.verdicts] for model in check("net.yaml").models}
    assert found == {"net.yaml": [1], "net.yaml#big": [2]}
    assert check("net.yaml#same").models[0].verdicts[0].limit == 1
    with pytest.raises(UsageError, match="nothing limits"):
        check("net.yaml#small")


def test_a_variant_named_beside_its_file_is_checked_too(folder: Path) -> None:
    (folder / "net.yaml").write_text(
        NET + "budget: {params: 1}\nvariants: {xl: {width: 16}, s: {budget: {params: 2}}}\n"
    )
    assert [model.name for model in check("net.yaml", "net.yaml#xl").models] == [
        "net.yaml", "net.yaml#s", "net.yaml#xl",
    ]  # fmt: skip
    assert len(check("net.yaml#xl", "net.yaml").models) == 3


def test_a_shipped_name(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text("models: [{path: resnet50, budget: {params: 25557032}}]")
    assert check().exit_status == 0


def test_paths_start_from_the_configuration(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (folder / "net.yaml").rename(inner / "net.yaml")
    (inner / "flopcount.yaml").write_text("models: [{path: '*t.yaml', budget: {params: 5}}]")
    (model,) = check(config="inner/flopcount.yaml").models
    assert (model.name, model.source) == ("net.yaml", "inner/net.yaml")
    assert model.verdicts[0].culprit == "inner/net.yaml:7:5"


def test_toml_says_the_same(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(
        "convention: torch\nmodels:\n  - path: net.yaml\n    input: 3x16x16\n    set: {width: 4}\n"
        "    budget: {flops: {max: 1M, level: warn}, params: 4_000, ops: {allow: [conv]}}\n"
    )
    of_yaml = limits()
    (folder / "flopcount.yaml").unlink()
    (folder / "pyproject.toml").write_text(
        '[tool.flopcount]\nconvention = "torch"\n[[tool.flopcount.models]]\npath = "net.yaml"\ninput = [3, 16, 16]\n'
        'set.width = 4\n[tool.flopcount.models.budget]\nflops = { max = "1M", level = "warn" }\nparams = 4_000\n'
        'ops.allow = ["conv"]\n'
    )
    assert limits() == of_yaml
    assert list(of_yaml.values()) == [["flops:torch 1M", "params 4_000", "ops conv"]]


def test_measurements_by_hand_are_for_models_by_hand(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text("models: [{path: net.yaml, budget: {params: 5}}]")
    with pytest.raises(UsageError, match="are for models named by hand"):
        check(settings={"width": 3})
    (model,) = check("net.yaml", settings={"width": 16}, limits={"macs": 1}).models[1:]
    assert (model.name, model.settings) == ("net.yaml (width=16)", {"width": "16"})


@pytest.mark.parametrize("source", ["net.yaml", "./net.yaml", "n*.yaml", "net.yaml#big"])
@pytest.mark.parametrize("how", [{"settings": {"width": 16}}, {"inputs": ["3x9x9"]}, {"batch": 2}, {"mode": "train"}])
def test_a_measurement_by_hand_never_goes_unheard(folder: Path, how: dict[str, Any], source: str) -> None:
    (folder / "net.yaml").write_text(NET + "variants: {big: {}}\n")
    (folder / "flopcount.yaml").write_text(
        "models: [{path: 'n*.yaml', budget: {params: 5}}, {path: 'n*.yaml#big', budget: {params: 5}}]"
    )
    with pytest.raises(UsageError) as caught:
        check(source, **how)
    assert "flopcount.yaml says how " in caught.value.what
    assert f", so that '{Measurement(**shown(how))}' would go unheard" in caught.value.what
    check(source, limits={"macs": 1}, **how)
    check(source, max_increase="2%", **how)
    (folder / "net.yaml").write_text(NET + "budget: {macs: 1}\nvariants: {big: {}}\n")
    assert check(source, **how).models[-1].name.endswith(f"({Measurement(**shown(how))})")


def shown(how: dict[str, Any]) -> dict[str, Any]:
    settings = tuple((name, str(value)) for name, value in how.get("settings", {}).items())
    return {**how, "inputs": tuple(how.get("inputs", ())), "settings": settings}


def test_one_model_has_one_name(folder: Path) -> None:
    config = (
        "models:\n  - {path: net.yaml, name: a, budget: {params: 5}}\n  - {path: ./net.yaml, %sbudget: {macs: 5}}\n"
    )
    (folder / "flopcount.yaml").write_text(config % "")
    assert limits() == {"a": ["params 5", "macs 5"]}
    for name, message in (
        ("a", "two models are called 'a'"), ("b", "the model 'a' is called 'b' here"),
    ):  # fmt: skip
        (folder / "flopcount.yaml").write_text(config % f"name: {name}, ")
        with pytest.raises(ConfigError) as caught:
            check()
        assert (caught.value.what, caught.value.where) == (message, "flopcount.yaml:3:12")


def test_what_each_entry_says_of_growth_is_held(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(
        "max_increase: 9%\nmodels:\n  - {path: '*t.yaml', max_increase: 5%, budget: {params: 5K}}\n"
        "  - {path: net.yaml, max_increase: 1%}\n  - {path: net.yaml}\n"
        "  - {path: net.yaml, budget: {macs: {max: 6, max_increase: 50%}}}\n"
    )
    assert limits() == {"net.yaml": ["params 5K", "params 5%", "macs 6", "macs 50%", "params 1%", "macs 1%"]}


def test_a_pattern_that_matches_nothing(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"the path 'nets/\*.yaml' matches no file"):
        check("nets/*.yaml", limits={"params": 5})


def test_without_a_configuration(folder: Path) -> None:
    with pytest.raises(FlopcountError) as caught:
        check()
    assert str(caught.value) == (
        "error: there is nothing to check: no flopcount.yaml here, and no [tool.flopcount] in pyproject.toml\n"
        "  hint: `flopcount init` writes a first one; or name specs: flopcount check net.yaml --max-params 5M"
    )
