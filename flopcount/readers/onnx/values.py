"""What a name stands for while a file is read: a tensor of the graph, or something known beforehand."""

from __future__ import annotations

from math import prod

from msgspec import Struct

from ...graph import Tensor
from ...op import Shape
from .arrays import Array
from .dtypes import is_float
from .records import TensorRecord


class UnreadError(Exception):
    """A node that is not understood: its cost is unknown, and perhaps its outputs' shapes too."""


class UnsizedError(UnreadError):
    """A size that the data decide, or that hangs on a value which nobody knows before the network runs."""


class Value(Struct, frozen=True, gc=False):
    """What a name stands for.

    Attributes:
        name: The name in the file.
        dtype: Its elements' type.
        tensor: The tensor in our graph; None where its shape is not known.
        held: Whether it is known before the network's inputs are: an initializer, or what is computed from them alone.
        sources: The learned tensors that a held value is made of; whoever uses it uses them.
        data: Its elements, where they are few and known: a shape, an axis.
        quantized: Whether it is the real-number reading of integers, so that products with it are those of integers.
        parts: The elements of a sequence, where it is one and its length is known.
    """

    name: str
    dtype: str
    tensor: Tensor | None
    held: bool = False
    sources: tuple[Tensor, ...] = ()
    data: Array | None = None
    quantized: bool = False
    parts: tuple[Value, ...] | None = None

    @property
    def shape(self) -> Shape:
        """Its shape.

        Raises:
            UnsizedError: Nobody knows it.
        """
        return self.known.shape

    @property
    def known(self) -> Tensor:
        """Its tensor.

        Raises:
            UnsizedError: Nobody knows its shape.
        """
        if self.tensor is None:
            raise UnsizedError(f"the shape of '{self.name}' is not known")
        return self.tensor


def initializer(record: TensorRecord, data: Array | None) -> Value:
    """A tensor that the file holds. Real numbers, more than one, are learned, unless the file itself says that not.

    Integers and truth values are shapes, indices and masks, until a dequantisation says otherwise; a single number is a
    constant of some formula, unless a layer has it as its weight.
    """
    real = is_float(record.dtype) and prod(record.shape) > 1
    learned = real and not record.buffer
    kind = "parameter" if learned else "buffer" if real else "constant"
    tensor = Tensor(record.name, record.shape, record.dtype, kind, learned, record.shape)
    return Value(record.name, record.dtype, tensor, True, (tensor,) if learned else (), data)


def is_table(value: Value) -> bool:
    """Whether it is, by its name, the matrix of an embedding: looking up in it is a layer, whatever the places are."""
    tensor = value.tensor
    return (
        value.held
        and tensor is not None
        and tensor.kind == "parameter"
        and len(tensor.shape) == 2
        and value.name.endswith(".weight")
    )


def computed(name: str, array: Array) -> Value:
    """Numbers that are known: the result of arithmetic on shapes."""
    return Value(name, array.dtype, Tensor(name, array.shape, array.dtype, "constant"), True, (), array)


def constant(name: str, shape: Shape, dtype: str, sources: tuple[Tensor, ...] = ()) -> Value:
    """Something made beforehand from what the file holds, under its source's name where the numbers are the same."""
    if len(sources) == 1 and prod(shape) == sources[0].elements:
        source = sources[0]
        tensor = Tensor(source.name, shape, source.dtype, source.kind, source.trainable)
        return Value(name, dtype, tensor, True, sources)
    return Value(name, dtype, Tensor(name, shape, dtype, "constant"), True, sources)


def unknown(name: str, dtype: str = "float32") -> Value:
    """A value of which nobody knows the shape."""
    return Value(name, dtype, None)
