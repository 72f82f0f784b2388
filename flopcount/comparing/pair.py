"""A layer of one network beside what stands for it in another: whether it is the same, and what is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from ..engine import Layer
from ..errors import show_shape
from ..fields import show_value
from ..graph import Node, Tensor
from ..op import Shape

Status = Literal["same", "changed", "reshaped", "added", "removed"]
ARROW = " → "


class Pair(Struct, frozen=True, gc=False):
    """Layers of one network and those of another that stand for them.

    Attributes:
        before: In the first network: one, several that became one, or none where a layer was added.
        after: In the second network: one, several that replace one, or none where a layer was removed.
        status: `same`: op, fields, shapes and work agree, whatever its name. `reshaped`: the same op and fields at
            other shapes. `changed`, `added`, `removed`.
    """

    before: tuple[Layer, ...]
    after: tuple[Layer, ...]
    status: Status

    @property
    def renamed(self) -> bool:
        """Whether it stands in both networks, under different names."""
        if len(self.before) == len(self.after) == 1:
            return self.before[0].node.name != self.after[0].node.name
        return bool(self.before and self.after) and names_of(self.before) != names_of(self.after)

    @property
    def label(self) -> str:
        """How tables name it: `conv1`, or with the old and the new name, `block1.{standard → pointwise}.bn1`."""
        if len(self.before) == len(self.after) == 1 and not self.renamed:  # nearly always
            return self.after[0].node.name
        return arrow(names_of(self.before), names_of(self.after))

    @property
    def changes(self) -> tuple[str, ...]:
        """What is not as it was: the op, its fields, or where they are the same its input.

        Example:
            >>> from flopcount import compare
            >>> next(pair.changes for pair in compare("resnet50", "resnet50_v1").pairs if pair.status == "changed")
            ('stride 1 → 2',)
        """
        return tuple(_changes(self.before, self.after)) if self.before and self.after else ()


def status_of(before: Sequence[Layer], after: Sequence[Layer], alike: bool) -> Status:
    """Whether layers that stand for one another are the same; `alike`: one and one, of the same structure."""
    if alike:
        old, new = before[0], after[0]
        counted = old.work == new.work and old.params == new.params and old.buffers == new.buffers
        return "same" if counted and old.trainable_params == new.trainable_params else "changed"
    if not before or not after:
        return "removed" if before else "added"
    if len(before) > 1 or len(after) > 1:
        return "changed"
    return "reshaped" if before[0].node.op == after[0].node.op else "changed"


def like(old: Node, new: Node) -> bool:
    """Whether they have the same op, fields and shapes."""
    return old.op == new.op and _fit(old.inputs, new.inputs) and _fit(old.outputs, new.outputs)


def arrow(before: Sequence[str], after: Sequence[str]) -> str:
    """Old and new names, with the parts that all share at either end written once.

    Example:
        >>> arrow(["stage.conv"], ["stage.conv.deep", "stage.conv.point"]), arrow(["a.x.bn"], ["a.y.bn"])
        ('stage.{conv → conv.deep, conv.point}', 'a.{x → y}.bn')
        >>> arrow(["conv1"], ["conv1"]), arrow([], ["a", "b", "c"])
        ('conv1', 'a … c')
    """
    if not before or not after or list(before) == list(after):
        return _several(after or before)
    sides = [[name.split(".") for name in _ends(names)] for names in (before, after)]
    names = [*sides[0], *sides[1]]
    start = _shared(names)
    end = _shared([own[start:][::-1] for own in names])
    olds, news = ([".".join(own[start : len(own) - end]) for own in side] for side in sides)
    text = _joined(olds, len(before)) + ARROW + _joined(news, len(after))
    if not start and not end:
        return text
    return ".".join([*names[0][:start], f"{{{text}}}", *names[0][len(names[0]) - end :]])


def _shared(names: Sequence[Sequence[str]]) -> int:
    """How many parts all names begin with, if each keeps one of its own."""
    length = 0
    while all(len(own) > length + 1 for own in names) and len({own[length] for own in names}) == 1:
        length += 1
    return length


def names_of(layers: Iterable[Layer]) -> list[str]:
    """The layers' names."""
    return [layer.node.name for layer in layers]


def _fit(some: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    if len(some) == len(others) == 1:  # nearly always
        return some[0].shape == others[0].shape
    return sizes(some) == sizes(others)


def sizes(tensors: Iterable[Tensor]) -> tuple[Shape, ...]:
    """The tensors' shapes."""
    return tuple([tensor.shape for tensor in tensors])


def _several(names: Sequence[str]) -> str:
    return _joined(_ends(names), len(names))


def _ends(names: Sequence[str]) -> Sequence[str]:
    """Those that are told: of many, the first and the last."""
    return names if len(names) < 3 else (names[0], names[-1])


def _joined(told: Sequence[str], count: int) -> str:
    return (", " if count < 3 else " … ").join(told)


def _changes(before: Sequence[Layer], after: Sequence[Layer]) -> Iterator[str]:
    tags = [", ".join(layer.node.op.tag for layer in layers) for layers in (before, after)]
    if tags[0] != tags[1]:
        yield ARROW.join(tags)
    if len(before) > 1 or len(after) > 1:
        return
    old, new = before[0].node, after[0].node
    if type(old.op) is type(new.op):
        for name in old.op.__struct_fields__:
            values = getattr(old.op, name), getattr(new.op, name)
            if values[0] != values[1]:
                yield f"{name} {ARROW.join(map(_word, values))}"
    if old.op == new.op and sizes(old.inputs) != sizes(new.inputs):  # from which its output follows
        shapes = [", ".join(map(show_shape, sizes(node.inputs))) for node in (old, new)]
        yield f"input {ARROW.join(shapes)}"
    if old.trainable != new.trainable:
        yield "trainable" if new.trainable else "frozen"
    if len(before[0].shared) != len(after[0].shared):
        yield "weights shared" if len(after[0].shared) > len(before[0].shared) else "weights its own"
    phases = [{work.phase for work in layers[0].work or ()} for layers in (before, after)]
    for phase in sorted((phases[0] ^ phases[1]) - {"forward"}):
        yield f"{phase} {'not ' if phase in phases[0] else ''}wanted"


def _word(value: Any) -> str:
    return value if isinstance(value, str) else show_value(value)
