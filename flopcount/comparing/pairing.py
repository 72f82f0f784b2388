"""Two networks while their layers are being matched: which are free yet, and the pairs found so far."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TypeAlias

from ..engine import Report
from ..errors import UsageError, did_you_mean
from ..graph import Node
from .pair import Pair, like, sizes, status_of


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
