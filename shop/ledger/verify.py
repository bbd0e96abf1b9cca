"""Proves an exported ledger without the system that wrote it: ``python verify.py FILE [HEAD]``.

Every entry balances, and every closed day still has the digest it was sealed with, chained to the
day before; the last line holds the digest of all that stands before it. HEAD is the seal that was
printed on paper; given, it must be the file's newest. Exit status 0 when all holds, else 1.
Standard library only.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

BEGINNING, HEADING = "0" * 64, "dengliang-ledger\t1\n"


class Disagrees(Exception):
    """The file is not what was sealed; the sentence says where."""


class _Books:
    """What has been read so far; each kind of line is refused where it does not fit."""

    def __init__(self) -> None:
        self.seal, self.last_sealed, self.last_entry, self.entries = BEGINNING, 0, 0, 0
        self.day: list[str] = []
        self.sums: Counter[str] = Counter()
        self.postings = 2

    def settle(self) -> None:
        if self.postings < 2 or any(self.sums.values()):  # noqa: PLR2004 - an entry has two sides
            raise Disagrees(f"entry {self.last_entry} does not balance")

    def entry(self, *parts: str) -> None:
        self.settle()
        number = parts[0]
        if int(number) <= max(self.last_entry, self.last_sealed):
            raise Disagrees(f"entry {number} is out of order")
        self.last_entry, self.postings = int(number), 0
        self.entries += 1

    def posting(self, *parts: str) -> None:
        _account, amount, currency = parts
        self.sums[currency] += int(amount)
        self.postings += 1

    def sealed(self, *parts: str) -> None:
        name, first, last, rows, previous, digest = parts
        self.settle()
        read = sum(line.startswith("E") for line in self.day)
        chained = previous == self.seal and int(first) == self.last_sealed + 1
        if not chained or int(rows) != read or self.last_entry > int(last):
            raise Disagrees(f"the seal of {name} does not follow the one before")
        text = "".join([f"{previous}\n{name}\t{first}\t{last}\t{rows}\n", *self.day])
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise Disagrees(f"the rows of {name} are not what was sealed")
        self.seal, self.last_sealed, self.day = digest, int(last), []


def verify(lines: Iterator[str]) -> tuple[int, str]:
    """Return how many entries the file has and its newest seal. Raises Disagrees, ValueError."""
    books, whole = _Books(), hashlib.sha256(HEADING.encode())
    if next(lines, "") != HEADING:
        raise Disagrees("this is not an exported ledger of this version")
    readers = {"E": books.entry, "P": books.posting, "S": books.sealed}
    for line in lines:
        mark, *parts = line.removesuffix("\n").split("\t")
        if mark == "END":
            books.settle()
            if parts != [str(books.entries), whole.hexdigest()] or next(lines, None) is not None:
                raise Disagrees("the file is not whole, or was changed")
            return books.entries, books.seal
        whole.update(line.encode())
        if mark not in readers:
            raise Disagrees(f"nobody writes such a line: {line[:60]!r}")
        if mark != "S":
            books.day.append(line)
        readers[mark](*parts)
    raise Disagrees("the file breaks off before its end")


def main(arguments: list[str]) -> int:
    """Tell in one line whether the file holds; return the exit status."""
    try:
        with Path(arguments[0]).open(encoding="utf-8", newline="\n") as lines:
            entries, seal = verify(lines)
    except (Disagrees, ValueError, TypeError, IndexError, OSError) as problem:
        print(f"NOT PROVEN: {problem}")  # noqa: T201 - it talks by printing
        return 1
    agrees = arguments[1:2] in ([], [seal])
    print(f"{'Proven' if agrees else 'NOT PROVEN'}: {entries} entries, newest seal {seal}")  # noqa: T201
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
