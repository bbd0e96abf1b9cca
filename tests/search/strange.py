"""Queries that nobody means: any Unicode, both engines' operators, half characters, books."""

from __future__ import annotations

import random
from collections.abc import Iterator

OPERATORS = (
    '"', "'", "''", '""', "*", "^", "(", ")", "AND", "OR", "NOT", "NEAR(", "+", "-", ":", "&", "|",
    "!", "<->", "{", "}", "\\", "%", "_", ";", "--", "/*", "\x00", "\n", "\t", "\ufffd", "\u200f",
    "\u202e", "\ufeff", "𠮷", "🧶", "👩🏽‍🌾", "é", "e\u0301", "ß", "İ", "ﬁ", "①", "㈱", "Ａ", "１",
    "\u0e01", "\u0627\u0644", "한글", "かな", "的", "凉鞋", "sandals", "liangxie", "lx", "s-01",
)  # fmt: skip
RANGES = (
    (0, 0x7F),
    (0, 0x24F),
    (0x2000, 0x2BFF),
    (0x3400, 0x9FFF),
    (0xD800, 0xDFFF),
    (0, 0x10FFFF),
)


def queries(count: int, *, seed: int) -> Iterator[str]:
    """Yield so many queries, always the same for a seed."""
    chance = random.Random(seed)
    for _ in range(count):
        kind = chance.random()
        if kind < 0.4:
            parts = chance.choices(OPERATORS, k=chance.randint(1, 12))
            yield chance.choice(("", " ")).join(parts)
        elif kind < 0.5:
            yield chance.choice(OPERATORS) * chance.randint(1, 10_000)
        elif kind < 0.52:
            first, last = chance.choice(RANGES)
            yield "".join(chr(chance.randint(first, last)) for _ in range(10_000))
        else:
            first, last = chance.choice(RANGES)
            yield "".join(chr(chance.randint(first, last)) for _ in range(chance.randint(1, 40)))
