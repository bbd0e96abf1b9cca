"""The judged shop: its pieces, made of their parts, and what each query should find among them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shop.search.rules import Facts

BOOK = tomllib.loads(Path(__file__).with_name("judged.toml").read_text(encoding="utf-8"))
PIECES_A_FORM = 24
AT = 10
RELEVANT = 2


@dataclass(frozen=True)
class Piece:
    facts: Facts
    has: dict[str, str]


def pieces() -> list[Piece]:
    """Return every piece; two of 24 are something else that only mentions the form."""
    made = []
    for place_of_form, form in enumerate(BOOK["forms"]):
        made += [_piece(place_of_form, form, number) for number in range(PIECES_A_FORM)]
    return made


def _piece(row: int, form: list, number: int) -> Piece:
    key, shelf, names, english = form
    subject_id = row * PIECES_A_FORM + number + 1
    craft = BOOK["crafts"][(row * 3 + number) % 8]
    pattern = BOOK["patterns"][(row + number * 3) % 10]
    place = BOOK["places"][(row + number) % 5]
    name = names[(number + number // 4) % len(names)]
    # How shops name a piece; the thing itself stands last, or before a dot or a bracket.
    title, title_en = [
        (f"{craft[1]}{name}", f"{craft[2]} {english}"),
        (f"{craft[1]}{name}·{pattern[1]}", f"{craft[2]} {english}, {pattern[2]}"),
        (f"{pattern[1]}{craft[1]}{name}", f"{pattern[2]} {craft[2]} {english}"),
        (f"{name}（{craft[1]}，{pattern[1]}）", f"{english} ({craft[2]}, {pattern[2]})"),
    ][number % 4]
    has = {"form": key, "craft": craft[0], "shelf": shelf}
    if number % 4:
        has["pattern"] = pattern[0]
    if number in {12, 20}:
        # A picture of the form on something else, and a bag for carrying it: neither is one.
        title, title_en = [
            (f"{name}图案明信片", f"postcard with {english}"),
            (f"{name}包装纸", f"wrapping paper, {english}"),
        ][number // 20]
        has = {"form": "paper", "craft": craft[0], "shelf": "paper"}
        shelf = "paper"
    code = f"{key[:3].upper()}-{number:03d}"
    has |= {"code": code, "place": place[0], "county": place[2]}
    other = BOOK["forms"][(row + 7) % len(BOOK["forms"])]
    return Piece(
        Facts(
            subject_id=subject_id,
            # One in five has no English name.
            titles=(title, title_en) if number % 5 else (title,),
            codes=(code,),
            kinds=(SHELVES[shelf][0], SHELVES[shelf][1]),
            makes=(craft[3], craft[4]),
            places=tuple(place),
            texts=(f"一针一线慢慢做成，和{other[2][0]}是一对。", f"Goes well with our {other[3]}."),
        ),
        has,
    )


SHELVES = {
    "footwear": ("鞋", "Footwear"),
    "pendants": ("小物", "Small things"),
    "wear": ("穿戴", "To wear"),
    "bags": ("包袋", "Bags"),
    "home": ("家饰", "For the home"),
    "toys": ("玩具", "Toys"),
    "paper": ("文具", "Paper"),
}


@dataclass(frozen=True, eq=False)
class Judged:
    kind: str
    query: str
    grades: dict[int, int]


def judgements(shop: list[Piece]) -> Iterator[Judged]:
    """Yield every query with the grade of each piece that fits it."""
    for kind, query, sentence in BOOK["queries"]:
        grades: dict[int, int] = {}
        for clause in sentence.split("; "):
            *wanted, grade = clause.split(" ")
            pairs = dict(one.split("=") for one in wanted)
            for piece in shop:
                if all(piece.has.get(name) == value for name, value in pairs.items()):
                    grades.setdefault(piece.facts.subject_id, int(grade))
        assert grades, f"{query}: nothing in the shop fits {sentence}"
        yield Judged(kind, query, grades)


def recall(found: tuple[int, ...], grades: dict[int, int]) -> float:
    """Return how much of what fits is among the first ten, or of ten where more fits."""
    relevant = {one for one, grade in grades.items() if grade >= RELEVANT}
    return len(relevant & set(found[:AT])) / min(AT, len(relevant))


def ndcg(found: tuple[int, ...], grades: dict[int, int]) -> float:
    """Return how well the first ten are ordered, 1 at best."""

    def gain(order: list[int]) -> float:
        return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(order))

    best = gain(sorted(grades.values(), reverse=True)[:AT])
    return gain([grades.get(one, 0) for one in found[:AT]]) / best
