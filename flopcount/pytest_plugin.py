"""The pytest plugin: a model that costs more than it may fails its test, with the layers to look at."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def flopcount_budget(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Holds a model to its budget: `flopcount_budget("specs/net.yaml", params="4.3M")`, or a graph or a report.

    Without a model it holds those of the configuration (`flopcount.yaml` or `[tool.flopcount]` of pytest's root folder)
    to theirs.
    """
    from .budget import assert_within_budget, check
    from .budget.config import find_config
    from .errors import BudgetError, FlopcountError, IncompleteError, UsageError

    def hold(model: object = None, **options: object) -> None:
        __tracebackhide__ = True
        if model is not None:
            assert_within_budget(model, **options)  # type: ignore[arg-type]
            return
        config = find_config(str(request.config.rootpath))
        if config is None:
            raise UsageError(f"there is no flopcount.yaml or [tool.flopcount] in {request.config.rootpath}")
        found = check(config=config, **options)  # type: ignore[arg-type]
        wrong = [f"{model.name}: {model.problem.what}" for model in found.models if model.problem]
        wrong += [f"{model.name}: {verdict.message}" for model, verdict in found.failures]
        if wrong:
            kind = {1: BudgetError, 3: IncompleteError}.get(found.exit_status, FlopcountError)
            raise kind(wrong[0], facts={str(number): text for number, text in enumerate(wrong[1:], start=2)})

    return hold
