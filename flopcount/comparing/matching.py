"""Which layer of one network stands for which of another.

By name first, then by structure: each pass pairs what the passes before it left, from the surest sign to the faintest,
so that inserting one layer does not mark the others as changed. Every pass is linear in the layers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache
from itertools import takewhile

from ..engine import Report
from ..graph import Node
from .pair import Pair, like, sizes
from .pairing import Matching, Side

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
