"""How places are named, numbered and opened. Pure: no database, no clock, no request."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Tier(StrEnum):
    """The three tiers; what people call them is a setting."""

    COUNTY = "county"
    TOWN = "town"
    ROOM = "room"


class ConsentPurpose(StrEnum):
    """What a maker may allow, one by one. Source: domain.md 7."""

    NAME = "name"
    PICTURE = "picture"
    VILLAGE = "village"
    STORY = "story"
    VOICE = "voice"


COMMITTEES = ("村民委员会", "居民委员会")
VILLAGE_COMMITTEE = "村民委员会"

# How a place is called in English by how its name ends; the longest ending wins.
KINDS_EN = (
    ("自治县", "Autonomous County"),
    ("街道", "Subdistrict"),
    ("社区工作站", "Community Station"),
    ("社区", "Community"),
    ("镇", "Town"),
    ("乡", "Township"),
    ("村", "Village"),
    ("区", "District"),
    ("县", "County"),
)
PEOPLES_EN = (("土家族", "Tujia"), ("苗族", "Miao"), ("仡佬族", "Gelao"))


def short_name(name: str) -> str:
    """Return a place's name as people say it: 灯梁村 for 灯梁村村民委员会.

    Only the word for the committee falls; 社区 stays, because people say it.
    """
    for committee in COMMITTEES:
        stem = name.removesuffix(committee)
        if stem not in {name, ""}:
            # 真武村民委员会 is the committee of 真武村: the 村 belongs to both words.
            ends_well = committee != VILLAGE_COMMITTEE or stem.endswith(("村", "社区"))
            return stem if ends_well else f"{stem}村"
    return name


def parts_of_name(short: str) -> tuple[str, tuple[str, ...], str]:
    """Return a name's own part, the English names of its peoples, and its kind in English.

    石柱土家族自治县 gives 石柱, (Tujia,), Autonomous County.
    """
    stem, kind = short, ""
    for ending, english in KINDS_EN:
        if short.endswith(ending) and short != ending:
            stem, kind = short.removesuffix(ending), english
            break
    peoples: list[str] = []
    found = True
    while found:
        found = False
        for people, english in PEOPLES_EN:
            if stem.endswith(people) and stem != people:
                stem = stem.removesuffix(people)
                peoples.insert(0, english)
                found = True
    return stem, tuple(peoples), kind


def path_below(parent_path: str, parent_code: str, code: str) -> str:
    """Return the path of a place below another; ``/`` and an empty code for the top."""
    return f"{parent_path}{code.removeprefix(parent_code)}/"


def prefixes(path: str) -> list[str]:
    """Return the paths of a place's ancestors and its own, from the top."""
    steps = path.strip("/").split("/")
    return ["/" + "/".join(steps[: n + 1]) + "/" for n in range(len(steps))]


def rooms_to_open(rooms: Mapping[str, Sequence[tuple[str, str]]], how_many: int) -> frozenset[str]:
    """Return the codes of the rooms to open, always the same for the same tree.

    Every town opens its share of ``how_many`` in proportion to its rooms (largest remainder, ties
    to the lower town code); inside a town villages come before communities, then by code. The rule
    is ours: the programme of 2025 counts 4,350 rooms and does not say which.

    rooms       by town code, (room code, name as given).
    how_many    of all; more than there are means all.
    """
    towns = sorted(rooms)
    everything = sum(len(rooms[town]) for town in towns)
    if everything == 0:
        return frozenset()
    wanted = min(how_many, everything)
    shares = {town: divmod(wanted * len(rooms[town]), everything) for town in towns}
    missing = wanted - sum(whole for whole, _ in shares.values())
    rounded_up = set(sorted(towns, key=lambda town: (-shares[town][1], town))[:missing])
    opened: set[str] = set()
    for town in towns:
        in_order = sorted(
            rooms[town], key=lambda room: (not room[1].endswith(VILLAGE_COMMITTEE), room[0])
        )
        count = shares[town][0] + (town in rounded_up)
        opened.update(code for code, _ in in_order[:count])
    return frozenset(opened)


def phone_number(text: str) -> str:
    """Return a telephone number in one writing: digits only, mainland numbers without +86.

    Full-width digits, spaces, dashes and brackets are understood. An empty text stays empty.
    Raises ValueError for anything else than 5 to 15 digits.
    """
    plain = re.sub(r"[\s\-()·.]", "", unicodedata.normalize("NFKC", text))
    plain = re.sub(r"^(?:\+|00)86", "", plain).removeprefix("+")
    if plain and not re.fullmatch(r"[0-9]{5,15}", plain):
        message = "not a telephone number"
        raise ValueError(message)
    return plain
