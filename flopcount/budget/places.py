"""Where a source lies, so that two ways of writing one file are one model."""

from __future__ import annotations

import os

SPEC_SUFFIXES = (".yaml", ".yml")


def exists(path: str) -> bool:
    """Whether there is such a file or folder; what no file system could name is none."""
    return os.path.exists(path)  # noqa: PTH110 - which answers for a name that is too long, too


def is_file(path: str) -> bool:
    """Whether there is such a file."""
    return os.path.isfile(path)  # noqa: PTH113 - see above


def below(folder: str, path: str) -> str:
    """A path that starts from a folder, seen from the working folder."""
    return os.path.join(folder, path) if folder else path  # noqa: PTH118


def parted(source: str, folder: str = "") -> tuple[str, str]:
    """A source's file and the variant in it, with its `#`; the whole where a file is called that.

    Example:
        >>> parted("nets/net.yaml#big"), parted("net.yaml#"), parted("resnet50")
        (('nets/net.yaml', '#big'), ('net.yaml', ''), ('resnet50', ''))
    """
    file, _, variant = (source, "", "") if exists(below(folder, source)) else source.partition("#")
    return file, variant and f"#{variant}"


def place_of(source: str, folder: str = "") -> str:
    """The same for every way of writing one file: its full path, and its variant. What is no file stays as it is.

    A link has a place of its own, though the folders above it have but one.
    """
    file, variant = parted(source, folder)
    path = below(folder, file)
    if not is_file(path):
        return source
    head, tail = os.path.split(path)
    return os.path.join(os.path.realpath(head), tail) + variant  # noqa: PTH118


def place_in(root: str, source: str) -> str:
    """The place of a file below a folder that is a full path itself, whether it is there or not."""
    file, variant = parted(source, root)
    return os.path.join(root, os.path.normpath(file)) + variant  # noqa: PTH118


def spelled(source: str, folder: str = "") -> str:
    """A file's path without detours, seen from a folder where it lies below it. What is no file stays as it is.

    Example:
        >>> spelled("./nets//net.yaml#big"), spelled("torchvision:resnet18")
        ('nets/net.yaml#big', 'torchvision:resnet18')
    """
    file, variant = parted(source, folder)
    looks_like_one = os.path.splitext(file)[1] in SPEC_SUFFIXES and ":" not in file  # noqa: PTH122
    if not (looks_like_one or is_file(below(folder, file))):
        return source
    plain = os.path.normpath(file)
    if os.path.isabs(plain):  # noqa: PTH117
        seen = os.path.relpath(plain, folder or ".")
        plain = plain if seen.startswith("..") else seen
    return plain.replace(os.sep, "/") + variant
