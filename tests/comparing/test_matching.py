"""Every layer is in exactly one pair, and one edit is one difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flopcount import analyze
from flopcount.comparing.matching import match
from flopcount.comparing.pair import Pair
from flopcount.engine import Report, count
from flopcount.errors import UsageError
from flopcount.op import mul, to_input
from flopcount.rewriting import rewrite
from flopcount.sources import load
from tests.samples import Sample


class Piece(NamedTuple):
    """A layer that keeps its input's shape, or (`conv` of another width) does not."""

    tag: str
    scope: str = ""
    name: str = ""
    fields: tuple[tuple[str, int], ...] = ()


def conv(scope: str = "", name: str = "", out: int = 8, kernel: int = 3) -> Piece:
    return Piece("conv", scope, name, (("out", out), ("kernel", kernel), ("padding", kernel // 2)))


def network(pieces: Sequence[Piece], size: int = 8, mode: str = "eval") -> Report:
    """A chain of layers; those without a name are numbered in their scope."""
    b = Sample("net")
    x = b.input("image", (1, 8, size, size))
    numbers: Counter[tuple[str, str]] = Counter()
    for piece in pieces:
        numbers[piece.scope, piece.tag] += 1
        own = piece.name or f"{piece.tag}{numbers[piece.scope, piece.tag]}"
        x = b.then(x, piece.tag, f"{piece.scope}.{own}".lstrip("."), **dict(piece.fields))
    return count(b.build([x]), mode=mode)


def told(pairs: Sequence[Pair], *, same: bool = False) -> list[tuple[str, str]]:
    return [(pair.label, pair.status) for pair in pairs if same or pair.status != "same"]


scopes = st.sampled_from(["", "stem", "block1", "block2", "block2.main", "features"])
kept = st.one_of(
    st.builds(conv, scopes, st.just(""), st.just(8), st.sampled_from([1, 3, 5])),
    st.tuples(st.sampled_from(["relu", "bn", "sigmoid"]), scopes).map(lambda drawn: Piece(*drawn)),
)
wide = st.one_of(kept, st.builds(conv, scopes, st.just(""), st.sampled_from([4, 8, 16]), st.just(1)))


def named(pieces: Sequence[Piece], word: str = "layer") -> list[Piece]:
    return [piece._replace(name=f"{word}_{place}x") for place, piece in enumerate(pieces)]


@given(st.lists(wide, min_size=1, max_size=12), st.lists(wide, min_size=1, max_size=12), st.booleans())
def test_every_layer_is_in_exactly_one_pair(old: list[Piece], new: list[Piece], give: bool) -> None:
    before, after = network(named(old) if give else old), network(named(new) if give else new, size=12)
    pairs = match(before, after)
    for report, layers in (
        (before, [layer for pair in pairs for layer in pair.before]),
        (after, [layer for pair in pairs for layer in pair.after]),
    ):
        assert Counter(layer.node.name for layer in layers) == Counter(layer.node.name for layer in report.layers)
    for pair in pairs:
        assert (pair.status == "added") == (not pair.before)
        assert (pair.status == "removed") == (not pair.after)
    ends = [pair.after[0].node.name for pair in pairs if pair.after]
    order = {layer.node.name: place for place, layer in enumerate(after.layers)}
    assert ends == sorted(ends, key=order.__getitem__)


@given(st.lists(wide, min_size=1, max_size=8), st.lists(wide, min_size=1, max_size=8), st.data())
def test_whatever_is_known(old: list[Piece], new: list[Piece], data: st.DataObject) -> None:
    before, after = network(named(old)), network(named(new))
    olds, news = ([layer.node.name for layer in report.layers] for report in (before, after))
    known = data.draw(st.dictionaries(st.sampled_from(olds), st.lists(st.sampled_from(news), max_size=3, unique=True)))
    pairs = match(before, after, known)
    assert sorted(layer.node.name for pair in pairs for layer in pair.before) == sorted(olds)
    assert sorted(layer.node.name for pair in pairs for layer in pair.after) == sorted(news)
    for name, names in known.items():
        (pair,) = (pair for pair in pairs if name in [layer.node.name for layer in pair.before])
        assert {*names} <= {layer.node.name for layer in pair.after}
        assert bool(names) == bool(pair.after)


@given(st.lists(wide, min_size=1, max_size=12), st.sampled_from(["eval", "train"]))
def test_a_network_is_the_same_as_itself(pieces: list[Piece], mode: str) -> None:
    pairs = match(network(pieces, mode=mode), network(pieces, mode=mode))
    assert [(pair.status, pair.renamed) for pair in pairs] == [("same", False)] * len(pieces)


@given(st.lists(kept, min_size=1, max_size=12), kept, st.data())
def test_a_layer_more_or_less_is_one_difference(pieces: list[Piece], extra: Piece, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(pieces)))
    given_names = named(pieces)
    with_extra = [*given_names[:place], extra._replace(name="extra"), *given_names[place:]]
    label = f"{extra.scope}.extra".lstrip(".")
    assert told(match(network(given_names), network(with_extra))) == [(label, "added")]
    assert told(match(network(with_extra), network(given_names))) == [(label, "removed")]


@given(st.lists(kept, min_size=1, max_size=12), kept, st.data())
def test_even_where_it_shifts_the_numbers_of_those_after_it(
    pieces: list[Piece], extra: Piece, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(pieces)))
    old, new = network(pieces), network([*pieces[:place], extra, *pieces[place:]])
    (pair,) = (pair for pair in match(old, new) if pair.status != "same")
    assert pair.status == "added"
    assert pair.after[0].node.op == new.layers[place].node.op
    (pair,) = (pair for pair in match(new, old) if pair.status != "same")
    assert pair.status == "removed"


@given(st.lists(kept, min_size=1, max_size=12), st.data())
def test_a_renamed_layer_is_the_same(pieces: list[Piece], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(pieces) - 1))
    old = named(pieces)
    new = [*old[:place], old[place]._replace(name="other"), *old[place + 1 :]]
    pairs = match(network(old), network(new))
    assert told(pairs) == []
    assert [pair.after[0].node.name.endswith("other") for pair in pairs if pair.renamed] == [True]


@given(st.lists(wide, min_size=1, max_size=12))
def test_all_renamed_and_moved(pieces: list[Piece]) -> None:
    moved = [piece._replace(scope=f"model.{place}") for place, piece in enumerate(named(pieces, "other"))]
    assert told(match(network(pieces), network(moved))) == []
    pairs = match(network(pieces), network(moved, size=16))
    assert {pair.status for pair in pairs} <= {"reshaped", "same"}


def test_a_given_name_stands_for_itself_whatever_it_is_now() -> None:
    old = [conv(name="mix"), Piece("bn", name="norm"), conv(name="head", kernel=1)]
    new = [Piece("relu", name="mix"), Piece("bn", name="norm"), conv(name="head", kernel=5)]
    assert told(match(network(old), network(new)), same=True) == [
        ("mix", "changed"), ("norm", "same"), ("head", "changed"),
    ]  # fmt: skip


def test_a_given_name_in_a_numbered_module() -> None:
    old, new = [Piece("bn", "layer1.0", "norm")], [Piece("sigmoid", "layer1.0", "norm")]
    assert told(match(network(old), network(new))) == [("layer1.0.norm", "changed")]
    assert told(match(network([conv("a.0", "1")]), network([Piece("bn", "b", "1")]))) == [
        ("{a.0 → b}.1", "changed"),  # not by name: it stands alone, and joins the same shapes
    ]


def test_blocks_whose_numbers_shift() -> None:
    def block(number: int, width: int) -> list[Piece]:
        return [conv(f"stage.{number}", "mix", width), Piece("bn", f"stage.{number}", "norm")]

    old = [*block(0, 8), *block(1, 16), *block(2, 32)]
    new = [*block(0, 8), *block(1, 8), *block(2, 16), *block(3, 32)]
    assert told(match(network(old), network(new))) == [("stage.1.mix", "added"), ("stage.1.norm", "added")]


def test_numbered_names_where_the_structure_changed() -> None:
    old, new = [conv(), Piece("relu"), conv()], [conv(out=16), Piece("relu"), conv()]
    assert told(match(network(old), network(new))) == [
        ("conv1", "changed"), ("relu1", "reshaped"), ("conv2", "reshaped"),
    ]  # fmt: skip


def test_a_layer_that_became_a_module_and_back() -> None:
    old = [conv(name="mix"), Piece("relu")]
    new = [conv("mix", "deep", 16), conv("mix", "point", kernel=1), Piece("relu")]
    assert told(match(network(old), network(new))) == [("mix → mix.deep, mix.point", "changed")]
    assert told(match(network(new), network(old))) == [("mix.deep, mix.point → mix", "changed")]


def test_one_layer_and_several_between_the_same_neighbours() -> None:
    pairs = match(analyze("mobilenet_v1_standard"), analyze("mobilenet_v1"))
    changed = [pair for pair in pairs if pair.status != "same"]
    assert [pair.label for pair in changed] == [
        f"block{n}.{{standard → depthwise … pointwise}}.conv1" for n in range(1, 14)
    ]
    assert {(len(pair.before), len(pair.after)) for pair in changed} == {(1, 4)}
    assert all(pair.after[0].node.scope.endswith("pointwise") for pair in pairs if pair.renamed and pair not in changed)


def test_not_between_other_shapes() -> None:
    old, new = [conv(name="a", out=8)], [conv(name="b", out=16)]
    assert told(match(network(old), network(new))) == [("a", "removed"), ("b", "added")]


def test_resnet_with_its_stride_elsewhere() -> None:
    pairs = match(analyze("resnet50"), analyze("resnet50_v1"))
    assert Counter(pair.status for pair in pairs) == {"same": 163, "changed": 6, "reshaped": 6}
    assert not any(pair.renamed for pair in pairs)


def test_deeper_resnets_have_blocks_more() -> None:
    pairs = match(analyze("resnet18"), analyze("resnet34"))
    assert {pair.status for pair in pairs} == {"same", "added"}
    assert {pair.label.rpartition(".")[0] for pair in pairs if pair.status == "added"} == {
        "layer1.2", "layer2.2", "layer2.3", "layer3.2", "layer3.3", "layer3.4", "layer3.5", "layer4.2",
    }  # fmt: skip


def test_what_was_removed_stands_where_it_stood() -> None:
    old = [Piece("bn", name="first"), conv(name="a"), Piece("relu", name="gone"), conv(name="b")]
    new = [conv(name="a"), Piece("sigmoid", name="come"), conv(name="b"), Piece("bn", "x.y", "c")]
    assert told(match(network(old), network(new)), same=True) == [
        ("a", "same"), ("gone → come", "changed"), ("b", "same"), ("first → x.y.c", "same"),
    ]  # fmt: skip
    assert told(match(network(old), network(old[1:2])), same=True) == [
        ("first", "removed"), ("a", "same"), ("gone", "removed"), ("b", "removed"),
    ]  # fmt: skip


@pytest.mark.parametrize("request_", ["separable:between=bn,relu,skip=stem.*", "fold-bn"])
def test_what_a_rewrite_knows_is_believed(request_: str) -> None:
    rewriting = rewrite(load("mobilenet_v1_standard"), request_)
    pairs = match(count(rewriting.before), count(rewriting.after), rewriting.replaced)
    found = {
        old.node.name: {layer.node.name for layer in pair.after}
        for pair in pairs for old in pair.before if pair.status != "same"
    }  # fmt: skip
    assert found == {name: {*names} for name, names in rewriting.replaced.items()}
    assert not any(pair.renamed for pair in pairs if pair.status == "same")


def test_layers_for_which_one_stands_are_one_pair() -> None:
    old, new = [conv(name="a"), Piece("bn", name="b"), Piece("relu", name="c")], [conv(name="ab")]
    known = {"a": ["ab"], "b": ["ab"], "c": []}
    pairs = match(network(old), network(new), known)
    assert told(pairs) == [("a, b → ab", "changed"), ("c", "removed")]


def test_known_names_must_exist() -> None:
    with pytest.raises(UsageError) as caught:
        match(network([conv(name="mix")]), network([conv(name="mix")]), {"mx": ["mix"]})
    assert (caught.value.what, caught.value.hint) == ("net has no layer 'mx' to match", "did you mean 'mix'?")


def test_the_same_layer_with_other_work_has_changed() -> None:
    """As in training, where the gradient to its input is wanted once something before it learns."""
    old, new = network([conv(name="b")]), network([conv(name="b")])
    (layer,) = new.layers
    new = replace(new, layers=(replace(layer, work=(*(layer.work or ()), *to_input(0, mul(10)))),))
    (pair,) = match(old, new)
    assert (pair.status, pair.changes) == ("changed", ("grad_input wanted",))
    (pair,) = match(new, old)
    assert (pair.status, pair.changes) == ("changed", ("grad_input not wanted",))
