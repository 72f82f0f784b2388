"""Which layer of one network stands for which of another.

By name first, then by structure: each pass pairs what the passes before it left, from the surest sign to the faintest,
so that inserting one layer does not mark the others as changed. Every pass is linear in the layers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from itertools import chain, takewhile
from typing import TypeAlias

from .engine import Report
from .errors import UsageError, did_you_mean
from .graph import Node
from .pair import Pair, like, sizes, status_of

MAX_SCOPES = 16
"""So many scopes outward are searched one by one before the whole network is."""


def match(before: Report, after: Report, known: Mapping[str, Sequence[str]] | None = None) -> tuple[Pair, ...]:
    """Match the layers of two networks; every layer is in exactly one pair.

    Args:
        before: The first network.
        after: The second.
        known: Names of the first network's layers with those of the second that stand for them, none where a layer is
            gone: what somebody who made the one from the other knows.

    Returns:
        Pairs in the second network's order, what was removed where it stood.

    Raises:
        UsageError: `known` names a layer that does not exist.

    Example:
        >>> from flopcount import analyze
        >>> pairs = match(analyze("vgg16"), analyze("vgg16_bn"))
        >>> [(pair.label, pair.status) for pair in pairs[:3]]
        [('conv1_1', 'same'), ('bn1', 'added'), ('relu1', 'same')]
    """
    matching = Matching(Side(before), Side(after))
    matching.take(known or {})
    for find in PASSES:
        if not (matching.before.free and matching.after.free):
            break
        find(matching)
    return matching.pairs()


class Side:
    """One network: its layers by place, and which of them nobody has matched yet."""

    def __init__(self, report: Report) -> None:
        self.title = report.graph.name
        self.layers = report.layers
        self.names = [layer.node.name for layer in report.layers]
        self.free = dict.fromkeys(range(len(self.layers)))

    @cached_property
    def structures(self) -> list[Hashable]:
        """What each layer is, apart from its name."""
        nodes = [layer.node for layer in self.layers]
        return [(node.op, sizes(node.inputs), sizes(node.outputs)) for node in nodes]

    @cached_property
    def scopes(self) -> list[str]:
        """The module around each layer."""
        return [name.rpartition(".")[0] for name in self.names]

    def scope(self, place: int, outward: int) -> str:
        """The module around a layer, so many further out."""
        scope = self.scopes[place]
        return scope.rsplit(".", outward)[0] if scope.count(".") >= outward else ""

    def places(self, names: Iterable[str]) -> set[int]:
        """Where the layers of these names stand."""
        try:
            return {self.place_of[name] for name in names}
        except KeyError as error:
            name = error.args[0]
            raise UsageError(
                f"{self.title} has no layer '{name}' to match", hint=did_you_mean(name, self.names)
            ) from None

    @cached_property
    def place_of(self) -> dict[str, int]:
        """Where the layer of each name stands."""
        return {name: place for place, name in enumerate(self.names)}


Key: TypeAlias = Callable[[Side, int], Hashable]


class Matching:
    """Two networks, and the pairs found so far: places in the one, and in the other."""

    def __init__(self, before: Side, after: Side) -> None:
        self.before = before
        self.after = after
        self.found: list[tuple[Sequence[int], Sequence[int]]] = []
        self.alike = set[int]()
        """Places in the first network whose partner is known to have the same structure."""
        self.partner: dict[int, Sequence[int]] = {}

    def join(self, before: Sequence[int], after: Sequence[int]) -> None:
        """Let layers stand for one another."""
        self.found.append((before, after))
        for place in before:
            del self.before.free[place]
            self.partner[place] = after
        for place in after:
            del self.after.free[place]

    def take(self, known: Mapping[str, Sequence[str]]) -> None:
        """Pair what is known. Layers for which the same one stands are one pair."""
        groups: dict[int, tuple[set[int], set[int]]] = {}
        group_of: dict[int, int] = {}
        for number, (name, names) in enumerate(known.items()):
            olds, news = self.before.places([name]), self.after.places(names)
            for other in {group_of[place] for place in news if place in group_of}:
                olds |= groups[other][0]
                news |= groups.pop(other)[1]
            groups[number] = olds, news
            group_of.update(dict.fromkeys(news, number))
        for olds, news in groups.values():
            self.join(sorted(olds), sorted(news))

    def pair_names(self, test: Callable[[Node, Node], bool]) -> list[int]:
        """Pair the layers of equal names that pass a test; where they stand in the first network."""
        before, after, named = self.before, self.after, self.after.place_of
        paired = []
        for place in [*before.free]:
            other = named.get(before.names[place])
            if other in after.free and test(before.layers[place].node, after.layers[other].node):
                self.join((place,), (other,))
                paired.append(place)
        return paired

    def pair_up(self, key: Key, *, from_end: bool = False, if_as_many: bool = False) -> None:
        """Pair the layers whose keys are equal, the first with the first and so on; a key of None matches nothing.

        Args:
            key: What must be equal.
            from_end: The last with the last instead.
            if_as_many: Only where both networks have as many of a key.
        """
        olds, news = self._by(key, self.before), self._by(key, self.after)
        step = -1 if from_end else 1
        for shared, some in olds.items():
            others = news.get(shared, [])
            if len(some) == len(others) or not if_as_many:
                for old, new in zip(some[::step], others[::step], strict=False):
                    self.join((old,), (new,))

    @staticmethod
    def _by(key: Key, side: Side) -> dict[Hashable, list[int]]:
        places: dict[Hashable, list[int]] = {}
        for place in side.free:
            places.setdefault(key(side, place), []).append(place)
        places.pop(None, None)
        return places

    def pairs(self) -> tuple[Pair, ...]:
        """Everything, in the second network's order; what was removed follows what stood before it."""
        ordered: list[tuple[tuple[int, int], Sequence[int], Sequence[int]]] = [
            ((new[0], 0), old, new) for old, new in self.found if new
        ]
        ordered += [((place, 0), (), (place,)) for place in self.after.free]
        gone = {*self.before.free, *chain.from_iterable(old for old, new in self.found if not new)}
        last = -1
        for place in range(len(self.before.layers)):
            if place in gone:
                ordered.append(((last, 1 + place), (place,), ()))
            else:
                last = self.partner[place][-1]
        ordered.sort(key=lambda item: item[0])
        return tuple([self._pair(old, new) for _, old, new in ordered])

    def _pair(self, old: Sequence[int], new: Sequence[int]) -> Pair:
        before = tuple([self.before.layers[place] for place in old])
        after = tuple([self.after.layers[place] for place in new])
        alike = len(old) == len(new) == 1 and (old[0] in self.alike or like(before[0].node, after[0].node))
        return Pair(before, after, status_of(before, after, alike))


def same_name_and_structure(matching: Matching) -> None:
    """Most layers of two versions of a network."""
    matching.alike.update(matching.pair_names(like))


def given_name(matching: Matching) -> None:
    """A name that somebody gave says more than the structure; one that counts does not: inserting shifts it."""
    matching.pair_names(lambda old, new: _is_given(old) and _is_given(new) and not _is_numbered(old.scope))


def same_structure_in_scope(matching: Matching) -> None:
    """Layers whose numbers shifted."""
    matching.pair_up(lambda side, place: (side.scopes[place], side.structures[place]))


def same_structure_in_like_scope(matching: Matching) -> None:
    """Blocks whose numbers shifted: `layer1.2` is like `layer1.1`."""
    pattern = cache(lambda scope: re.sub(r"\d+", "#", scope))
    matching.pair_up(lambda side, place: (pattern(side.scopes[place]), side.structures[place]))


def same_name_and_op(matching: Matching) -> None:
    """Numbered names again, where nothing has the same structure."""
    matching.pair_names(lambda old, new: old.op.tag == new.op.tag)


def given_name_in_numbered_scope(matching: Matching) -> None:
    """`block1.norm` is another norm now."""
    matching.pair_names(lambda old, new: _is_given(old) and _is_given(new))


def became_module(matching: Matching) -> None:
    """`conv1` is now `conv1.depthwise` and `conv1.pointwise`, or the other way round."""
    before, after = matching.before, matching.after
    for place, inside in _insides(before, after):
        matching.join((place,), inside)
    for place, inside in _insides(after, before):
        matching.join(inside, (place,))


def same_structure_further_out(matching: Matching) -> None:
    """In the module around, in the one around that, at last anywhere: renamed and moved layers.

    From the end, since a layer that several replace tends to stand before what normalises and activates its output.
    """
    deepest = max(side.scopes[place].count(".") for side in (matching.before, matching.after) for place in side.free)
    for outward in (*range(1, min(deepest, MAX_SCOPES) + 1), deepest + 1):

        def around(side: Side, place: int, outward: int = outward) -> Hashable:
            return side.scope(place, outward), side.structures[place]

        matching.pair_up(around, from_end=True)


def same_op_anywhere(matching: Matching) -> None:
    """Renamed layers at another input size."""
    matching.pair_up(lambda side, place: side.layers[place].node.op, if_as_many=True)


def same_neighbours(matching: Matching) -> None:
    """What stands between the same neighbours and joins the same shapes: one layer, and one or several in its place."""
    before, after = matching.before, matching.after
    for run in _runs(before.free):
        first, last = run[0], run[-1]
        start = matching.partner[first - 1][-1:] if first else (-1,)
        end = matching.partner[last + 1][:1] if last + 1 < len(before.layers) else (len(after.layers),)
        if not start or not end:  # a neighbour that is known to be gone
            continue
        between = list(takewhile(after.free.__contains__, range(start[0] + 1, end[0])))
        if not between or between[-1] + 1 != end[0] or min(len(run), len(between)) > 1:
            continue
        reads = before.layers[first].node.inputs, after.layers[between[0]].node.inputs
        makes = before.layers[last].node.outputs, after.layers[between[-1]].node.outputs
        if sizes(reads[0]) == sizes(reads[1]) and sizes(makes[0]) == sizes(makes[1]):
            matching.join(run, between)


PASSES: tuple[Callable[[Matching], None], ...] = (
    same_name_and_structure,
    given_name,
    same_structure_in_scope,
    same_structure_in_like_scope,
    same_name_and_op,
    given_name_in_numbered_scope,
    became_module,
    same_structure_further_out,
    same_op_anywhere,
    same_neighbours,
)


def _is_given(node: Node) -> bool:
    """Whether a layer's own name says more than a kind and a number."""
    word = node.name.rpartition(".")[2].rstrip("0123456789").rstrip("_").lower()
    return word not in ("", node.op.tag.lower())


def _is_numbered(scope: str) -> bool:
    """Whether a module, or one around it, is one of several of a kind."""
    return any(part[-1:].isdecimal() for part in scope.split("."))


def _insides(outer: Side, inner: Side) -> list[tuple[int, list[int]]]:
    """The layers of the one network whose names are modules of the other, with the layers in them."""
    place_of = {outer.names[place]: place for place in outer.free}
    inside: dict[int, list[int]] = {}
    for place in inner.free:
        scope = inner.scopes[place]
        while scope and scope not in place_of:
            scope = scope.rpartition(".")[0]
        if scope:
            inside.setdefault(place_of[scope], []).append(place)
    return list(inside.items())


def _runs(places: Iterable[int]) -> list[list[int]]:
    """Places that follow one another, together."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] + 1 == place:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
