"""What a written spec says of a layer beside its op: its name, what it reads, its results' names, its shared weights.

As little as the reader needs: a layer that reads the one before it does not say so, and a name that the language would
give by itself is left out where nothing refers to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...errors import SpecError
from ...graph import Graph, Node, Tensor
from .expand import MAX_NAME
from .flow import braced, keyed, listed, text_scalar
from .frame import candidates
from .grammar import RESERVED
from .values import LAYER_NAME

Pieces = list[str]


class Wiring:
    """The names of one graph, as a spec refers to them.

    A first walk finds what is referred to, so that the second, `said`, knows what must be named.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._results = {node.name: node.outputs for node in graph.nodes}
        self._maker = {tensor.name: node.name for node in graph.nodes for tensor in node.outputs}
        self._maker.update((tensor.name, tensor.name) for tensor in graph.inputs)
        self._weights: dict[str, Tensor] = {}
        self._owners: dict[str, str] = {}
        self._ties: dict[str, dict[str, Tensor | str]] = {}
        self._wanted: set[str] = set()
        """The layers that something refers to, and those results that are referred to apart from the others."""
        self._survey()
        self._aliases = self._name_results()

    def said(self) -> Iterator[dict[str, Pieces]]:
        """What each layer says in turn, by modifier, its texts in pieces."""
        taken = {tensor.name for tensor in self._graph.inputs}
        counts: dict[str, int] = {}
        for node, current in self._in_turn():
            modifiers: dict[str, Pieces] = {}
            if node.name in self._wanted or node.name != _number(node.op.tag, taken, counts):
                modifiers["name"] = [text_scalar(node.name)]
            if node.inputs != current or not (node.inputs or node.op.is_alone):
                names = self.references(node.inputs)
                modifiers["from"] = names if len(names) == 1 else listed(names)
            aliases = [self._aliases[tensor.name] for tensor in node.outputs if tensor.name in self._aliases]
            if aliases:
                modifiers["outputs"] = aliases if len(aliases) == 1 else listed(aliases)
            if ties := self._ties.get(node.name):
                modifiers["weight"] = _said(ties, self._aliases)
            taken.add(node.name)
            taken.update(aliases)
            yield modifiers

    def references(self, tensors: Sequence[Tensor]) -> Pieces:
        """The names by which `from:` and `outputs:` find these tensors."""
        return [text_scalar(self._aliases.get(name, name)) for name in self._spans(tensors)]

    def _in_turn(self) -> Iterator[tuple[Node, tuple[Tensor, ...]]]:
        """Every layer, and what it reads where it does not say so."""
        current: tuple[Tensor, ...] = self._graph.inputs if len(self._graph.inputs) == 1 else ()
        for node in self._graph.nodes:
            yield node, () if node.op.is_alone else current
            current = node.outputs

    def _survey(self) -> None:
        inputs = {tensor.name for tensor in self._graph.inputs}
        for node, current in self._in_turn():
            try:
                _check_name(node.name)
                if node.inputs != current:
                    self._want(node.inputs, inputs)
                if node.weights:
                    self._ties[node.name] = self._tied(node, inputs)
            except SpecError as error:
                raise error.located(node.where, node.label) from None
            for weight in node.weights:
                self._weights[weight.name] = weight
                self._owners.setdefault(weight.name, node.name)
        if self._graph.nodes and self._graph.outputs != self._graph.nodes[-1].outputs:
            self._want(self._graph.outputs, inputs)

    def _want(self, tensors: Sequence[Tensor], inputs: set[str]) -> None:
        for name in self._spans(tensors):
            if name in inputs and not LAYER_NAME.fullmatch(name):
                raise SpecError(
                    f"the input '{name}' cannot be named in `from` or `outputs`: that is not a layer name",
                    hint="letters, digits, _ and -, joined by dots",
                )
            self._wanted.add(name)

    def _spans(self, tensors: Sequence[Tensor]) -> Iterator[str]:
        """Layers, where all of one's results stand in their order; otherwise single tensors."""
        at = 0
        while at < len(tensors):
            tensor = tensors[at]
            maker = self._maker.get(tensor.name)
            if maker is None:
                raise SpecError(f"there is no layer that makes '{tensor.name}'")
            results = self._results.get(maker, (tensor,))
            last = at + len(results)
            whole = last <= len(tensors) and all(tensors[at + i] == result for i, result in enumerate(results))
            yield maker if whole else tensor.name
            at = last if whole else at + 1

    def _name_results(self) -> dict[str, str]:
        """A name for every result of a layer of which one is wanted apart: identifiers, and none that is taken."""
        aliases: dict[str, str] = {}
        taken = {*self._results, *(tensor.name for tensor in self._graph.inputs)}
        rivals: dict[str, int] = {}
        for node in self._graph.nodes:
            if len(node.outputs) < 2 or not any(tensor.name in self._wanted for tensor in node.outputs):
                continue
            stem = re.sub(r"[^A-Za-z0-9_]", "_", node.name)
            stem = f"_{stem}" if stem[0].isdigit() else stem
            for i, tensor in enumerate(node.outputs):
                name = f"{stem}_{i}"
                while name in taken or name in RESERVED:
                    rivals[stem] = rivals.get(stem, 0) + 1
                    name = f"{stem}_{i}_{rivals[stem]}"
                taken.add(name)
                aliases[tensor.name] = name
        return aliases

    def _tied(self, node: Node, inputs: set[str]) -> dict[str, Tensor | str]:
        """The weights of a layer that are another's, as `weight:` names them, or that a layer makes."""
        shapes = [tensor.shape for tensor in node.inputs]
        learned, kept = node.op.weights(*shapes), node.op.buffers(*shapes)
        ties: dict[str, Tensor | str] = {}
        for key, weight in zip((*learned, *kept), node.weights, strict=False):
            name = f"{node.name}.{key}"
            if not weight.is_held:
                self._want((weight,), inputs)
                ties[key] = weight
                continue
            own = weight.kind == "parameter" and weight.trainable == node.trainable
            if weight.name == name and (own if key in learned else weight.kind == "buffer"):
                continue
            if weight.name == name:
                what = weight.kind if weight.kind != "parameter" else "trained" if weight.trainable else "frozen"
                raise SpecError(
                    f"its {key} is {what}, and the layer is not", hint="a spec trains or freezes whole layers"
                )
            if self._weights.get(weight.name) != weight:
                raise SpecError(
                    f"its {key} is '{weight.name}', which no layer before it has",
                    hint="a spec ties a weight to that of an earlier layer",
                )
            self._wanted.add(self._owners[weight.name])
            found = next((name for name in candidates(weight.name, node.name) if name in self._weights), None)
            ties[key] = weight.name if found == weight.name else f".{weight.name}"
        return ties


def _said(ties: dict[str, Tensor | str], aliases: dict[str, str]) -> Pieces:
    names = {
        key: [text_scalar(tie if isinstance(tie, str) else aliases.get(tie.name, tie.name))]
        for key, tie in ties.items()
    }
    if [*names] == ["weight"]:
        return names["weight"]
    return braced([piece for key, name in names.items() for piece in keyed(text_scalar(key), name)])


def _number(kind: str, taken: set[str], counts: dict[str, int]) -> str:
    """The name that the language would give an unnamed layer here (see `Frame.number`)."""
    number = counts.get(kind, 1)
    while f"{kind}{number}" in taken:
        number += 1
    counts[kind] = number
    return f"{kind}{number}"


def _check_name(name: str) -> None:
    if not LAYER_NAME.fullmatch(name):
        raise SpecError(
            f"'{name}' is not a layer name of the spec language", hint="letters, digits, _ and -, joined by dots"
        )
    if len(name) > MAX_NAME:
        raise SpecError(f"a layer's name has at most {MAX_NAME} characters in a spec, not {len(name)}")
