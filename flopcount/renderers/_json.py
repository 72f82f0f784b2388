"""JSON text, shared by the formats that are made of it."""

from __future__ import annotations

from typing import Any

from msgspec import json


def text_of(data: Any) -> str:
    r"""Data as indented JSON. Names of files that are not UTF-8 show that something is missing.

    Example:
        >>> text_of({"name": "n\udcff"})
        '{\n  "name": "n�"\n}\n'
    """
    try:
        encoded = json.encode(data)
    except UnicodeEncodeError:
        encoded = json.encode(_valid(data))
    return json.format(encoded, indent=2).decode() + "\n"


def _valid(data: Any) -> Any:
    if isinstance(data, str):
        return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(data, dict):
        return {_valid(key): _valid(value) for key, value in data.items()}
    return [_valid(item) for item in data] if isinstance(data, list | tuple) else data
