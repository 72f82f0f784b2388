"""The element types of the format, by their numbers: what we call them, and how they lie in a file."""

from __future__ import annotations

DTYPES: dict[int, str] = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16",
    11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16", 17: "float8",
    18: "float8", 19: "float8", 20: "float8", 21: "uint4", 22: "int4", 23: "float4", 24: "float8", 25: "uint2",
    26: "int2", 27: "float6", 28: "float6",
}  # fmt: skip
"""Numbers that are missing here (strings) are types that no arithmetic has."""

CODES: dict[str, str] = {
    "float32": "f", "uint8": "B", "int8": "b", "uint16": "H", "int16": "h", "int32": "i", "int64": "q", "bool": "?",
    "float16": "e", "float64": "d", "uint32": "I", "uint64": "Q",
}  # fmt: skip
"""How `struct` reads the elements of a type from raw bytes; the others are never read."""

STRING = "string"


def dtype_of(code: int) -> str:
    """The name of an element type; what has none is text to us, whose size nobody asks for.

    Example:
        >>> dtype_of(7)
        'int64'
    """
    return DTYPES.get(code, STRING)


def is_float(dtype: str) -> bool:
    """Whether learned tensors have this type: real numbers of any width.

    Example:
        >>> is_float("bfloat16"), is_float("int64")
        (True, False)
    """
    return dtype.startswith(("float", "bfloat", "complex"))
