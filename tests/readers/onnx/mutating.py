"""Damage done to files, as disks, networks and people who mean harm do it."""

from __future__ import annotations

import random

EXTREMES = (
    b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff\xff\xff\x7f", b"\x80\x80\x80\x01",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x80\x80\x80\x80\x80\x80\x01",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The file with one to eight wounds: bytes flipped, dropped, doubled, moved, cut off, lengths made absurd."""
    wounded = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if not wounded:
            break
        chance.choice(WOUNDS)(wounded, chance.randrange(len(wounded)), chance)
    return bytes(wounded) or b"\x08"


def _replace(data: bytearray, at: int, chance: random.Random) -> None:
    data[at] = chance.randrange(256)


def _flip(data: bytearray, at: int, chance: random.Random) -> None:
    data[at] ^= 1 << chance.randrange(8)


def _drop(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at : at + chance.randrange(1, 16)]


def _insert(data: bytearray, at: int, chance: random.Random) -> None:
    data[at:at] = chance.randbytes(chance.randrange(1, 12))


def _extreme(data: bytearray, at: int, chance: random.Random) -> None:
    extreme = chance.choice(EXTREMES)
    data[at : at + len(extreme)] = extreme


def _cut(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at:]


def _copy(data: bytearray, at: int, chance: random.Random) -> None:
    source = chance.randrange(len(data))
    piece = data[source : source + chance.randrange(1, 64)]
    data[at : at + len(piece)] = piece


def _repeat(data: bytearray, at: int, chance: random.Random) -> None:
    data[at:at] = data[at : at + chance.randrange(1, 400)]


WOUNDS = (_replace, _replace, _replace, _flip, _flip, _drop, _insert, _extreme, _cut, _copy, _repeat)
