"""The ONNX project's own tests of every operator: our shapes are theirs, and a table says how many we cover."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from flopcount.readers.onnx.operators import RULES
from tests.readers.onnx.backend import Case, Outcome, outcomes

UNKNOWN: dict[str, int] = {
    # Sizes that the data decide, or that a loop changes from step to step.
    "NonMaxSuppression": 10, "NonZero": 1, "Unique": 7, "Loop": 3, "Range": 1, "Split": 2,
    # Sequences and optional values that are inputs, of a length that nobody states; texts have no shape.
    "Identity": 2, "Scan": 1, "OptionalGetElement": 3, "OptionalHasElement": 3, "SequenceInsert": 2, "SequenceMap": 6,
    "RegexFullMatch": 3, "StringConcat": 5, "StringNormalizer": 6, "StringSplit": 6, "TfIdfVectorizer": 7,
    "ImageDecoder": 9,
    # The shape is right, but nobody has said what they cost.
    "Bernoulli": 3, "Det": 2, "DFT": 10, "STFT": 2,
    # Not read: optimisers and classical models.
    "ai.onnx.preview.training.Adagrad": 2, "ai.onnx.preview.training.Adam": 2, "ai.onnx.preview.training.Momentum": 3,
    "ai.onnx.ml.ArrayFeatureExtractor": 1, "ai.onnx.ml.Binarizer": 1, "ai.onnx.ml.LabelEncoder": 4,
    "ai.onnx.ml.TreeEnsemble": 2,
}  # fmt: skip
"""How many tests of an operator end with an unknown layer or shape, listed as such, and why."""


@pytest.fixture(scope="module")
def found() -> list[tuple[Case, Outcome]]:
    return list(outcomes())


def test_no_shape_differs_and_nothing_is_refused(found: list[tuple[Case, Outcome]]) -> None:
    wrong = {case.name: outcome for case, outcome in found if outcome.verdict not in ("equal", "unknown")}
    assert wrong == {}


def test_what_is_covered(found: list[tuple[Case, Outcome]]) -> None:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for case, outcome in found:
        table[f"{case.domain}.{case.op_type}".lstrip(".")][outcome.verdict] += 1
    assert {name: counts["unknown"] for name, counts in table.items() if counts["unknown"]} == UNKNOWN
    whole = sum(not counts["unknown"] for counts in table.values())
    assert (whole, len(table)) == (167, 196)
    assert Counter(outcome.verdict for _, outcome in found) == {"equal": 1294, "unknown": 109}


UNTESTED = {
    # Their tests are among the unknown.
    "Bernoulli", "DFT", "Det", "Loop", "NonMaxSuppression", "STFT", "SequenceInsert", "SequenceMap",
    # The project has none.
    "ConcatFromSequence", "GlobalLpPool", "MaxRoiPool", "Optional", "SequenceAt", "SequenceConstruct", "SequenceEmpty",
    "SequenceErase", "SequenceLength",
    "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "SimplifiedLayerNormalization",
}  # fmt: skip


def test_every_other_rule_of_the_standard_domain_is_tested(found: list[tuple[Case, Outcome]]) -> None:
    tested = {case.op_type for case, outcome in found if outcome.verdict == "equal"}
    assert RULES.keys() - tested == UNTESTED
