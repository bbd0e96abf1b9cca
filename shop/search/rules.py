"""What is kept of a text, and what a query asks for. Pure: no database, no clock, no request.

No dictionary cuts the Chinese: 凉鞋 is kept as 凉, 鞋 and 凉鞋, as it sounds (liang, xie, liangxie)
and by its initials (lx). Each piece is kept once for a thing, at the strongest place where the
thing says it; a query then asks for its pieces place by place, so the places are the ranking.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import ClassVar

from shop.kernel.errors import InvalidInput
from shop.kernel.hanzi import DATA, known_syllables, simplified, syllables

# An index written by other rules answers wrongly: raise this when the pieces change.
VERSION = 2

# Where a piece stands, the strongest first: end of the title, title and codes, shelf and craft,
# material and technique, place, text. In Chinese and English the thing itself ends the title:
# 手编凉鞋 is a sandal, 凉鞋挂件 a pendant.
PLACES = "abcdef"
NOWHERE = "z"
TITLE_END, TITLE, KIND, MAKE, PLACE, TEXT = tuple(PLACES)

LONGEST_QUERY = 80
MOST_PIECES = 24
LONGEST_WORD = 40
LONGEST_WHOLE = 64
LONGEST_TEXT = 2000
LONGEST_GRAM = 4
LONGEST_INITIALS = 4
LONGEST_SYNONYM = 6
LONGEST_KEY = 64
MOST_IN_GROUP = 20
LONGEST_GUESSED = 20
SHORTEST_STEM = 3
SHORTEST_PREFIX = 2

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+(?:[-./][^\W_{_HAN}]+)*")
_IS_HAN = re.compile(rf"[{_HAN}]")
_JOINTS = re.compile(r"[-./]")
_APOSTROPHES = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}`]")
_SEGMENTS = re.compile(r"[·•,，、;；:：|()（）\[\]【】《》—–]+")
_ASIDES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|《[^《》]*》")
_AFTER_THE_THING = re.compile(r"\b(?:with|for|from|in|on|by)\b", re.IGNORECASE)
_PARTICLE = "的"
_STOP_WORDS = frozenset(
    {"a", "an", "and", "by", "for", "from", "in", "of", "on", "the", "to", "with"}
)


class Form(StrEnum):
    """How a piece is written, in a capital, which no text has; with its place it makes a word."""

    HANZI = "H"
    WORD = "W"
    SOUND = "P"
    INITIALS = "I"
    CODE = "C"
    # One of a group of words that mean the same.
    GROUP = "G"
    MAKER = "M"
    # These stand in no place of their own: the whole title, an official place above, the kind.
    WHOLE = "X"
    BELOW = "Z"
    KIND = "K"


_PLACELESS = frozenset({Form.WHOLE, Form.BELOW, Form.KIND})


class EntryKind(StrEnum):
    """What else than goods can be found."""

    WORKSHOP = "workshop"
    EXPERIENCE = "experience"
    SHELF = "shelf"


class TooFewWords(InvalidInput):
    """One word alone means the same as nothing; a group needs two."""

    code: ClassVar[str] = "search.too_few_words"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the index is to know of one thing; of its maker only who she is, never a name.

    place_codes    official codes of the places above it, for words that a station calls alike.
    """

    subject_id: int
    titles: tuple[str, ...]
    codes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    maker_id: int | None = None
    place_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that must be there; ``is_prefix`` also finds what goes on."""

    form: Form
    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """All parts must be there."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts must be there."""

    parts: tuple[Tree, ...]


Tree = Piece | All | AnyOf


@dataclass(frozen=True, slots=True)
class Run:
    """One unbroken piece of what was typed: Chinese characters, or a word of another script."""

    text: str
    is_han: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a run of characters that may be said where the whole run is not."""

    text: str
    start: int
    tree: Tree


@dataclass(frozen=True, slots=True)
class Term:
    """One thing asked for, with all the ways to say it; only characters have units."""

    text: str
    tree: Tree
    units: tuple[Unit, ...] = ()

    @property
    def parts(self) -> tuple[Tree, ...]:
        """Return what of it may be found alone."""
        return tuple(unit.tree for unit in self.units) or (self.tree,)


@dataclass(frozen=True, slots=True)
class Vocable:
    """A word that was seen in the index, by the key under which a mistyped one is looked for."""

    form: Form
    key: str
    shown: str


def plain(text: str) -> str:
    """Return a text in one writing: half-width, small letters, simplified, without marks.

    ü is written v, as on a keyboard.
    """
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).casefold())
    if text.isascii():
        return text
    text = unicodedata.normalize("NFD", simplified(text).replace("ü", "v"))
    return "".join(sign for sign in text if not unicodedata.combining(sign))


# Endings of plurals and singulars that are to meet: vases and vase in vas, scarves and scarf.
_ENDINGS = (
    ("ies", "y"), ("ie", "y"), ("ves", "f"), ("ve", "f"), ("fe", "f"), ("ches", "ch"),
    ("shes", "sh"), ("xes", "x"), ("ses", "s"), ("zes", "z"), ("se", "s"), ("ze", "z"),
    ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", ""),
)  # fmt: skip
_IRREGULAR = {"children": "child", "women": "woman", "men": "man", "feet": "foot"}


def stem(word: str) -> str:
    """Return what an English word and its plural share: sandal for sandals and sandal.

    It need not be a word; it only has to be the same for both.
    """
    if len(word) <= SHORTEST_STEM or not (word.isascii() and word.isalpha()):
        return _IRREGULAR.get(word, word)
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            return word[: -len(ending)] + instead
    return word


def _runs(text: str) -> Iterator[Run]:
    for found in _RUNS.findall(plain(text)):
        yield Run(found, is_han=_IS_HAN.match(found) is not None)


def whole(text: str) -> str:
    """Return a text as one word, to know whether two say exactly the same."""
    return "".join(_JOINTS.sub("", run.text) for run in _runs(text))[:LONGEST_WHOLE]


# What is kept


class _Kept:
    """The pieces of one thing, each at its strongest place: fields come strongest first."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {}
        self.vocables: set[Vocable] = set()

    def add(self, form: Form, text: str, place: str) -> None:
        word = form + text
        self.words[word] = min(place, self.words.get(word, place))

    def read(self, texts: Iterable[str], place: str) -> None:
        """Keep what texts say at ``place``."""
        for text in texts:
            for segment in _SEGMENTS.split(unicodedata.normalize("NFKC", text)[:LONGEST_TEXT]):
                self._read(list(_runs(segment)), place, place)

    def read_titles(self, titles: Iterable[str]) -> None:
        """Keep titles; what ends the name of the thing itself stands first of all.

        The name comes before a dot, a comma or *with*; what brackets say is said aside.
        """
        for title in titles:
            text = _ASIDES.sub(" ", unicodedata.normalize("NFKC", title))
            named = [part for part in _SEGMENTS.split(text) if part.strip()]
            if named:
                name = _AFTER_THE_THING.split(named[0], maxsplit=1)[0]
                self._read(list(_runs(name)), TITLE, TITLE_END)
        self.read(titles, TITLE)

    def _read(self, runs: Sequence[Run], place: str, end: str) -> None:
        for number, run in enumerate(runs, start=1):
            read = self._read_han if run.is_han else self._read_word
            read(run.text, place, end if number == len(runs) else place)
        # A village or workshop is called after a craft without all its goods being of it.
        for key, is_last in _keys_in(runs) if place != PLACE else ():
            for group in house_synonyms().get(key, ()):
                self.add(Form.GROUP, group.text, end if is_last else place)

    def _read_han(self, run: str, place: str, end: str) -> None:
        self.add(Form.HANZI, run[-1], end)
        self.add(Form.HANZI, run[-2:], end)
        for text in (*run, *map("".join, itertools.pairwise(run))):
            self.add(Form.HANZI, text, place)
        if place == TEXT:
            return
        sounds = syllables(run)
        for start, length in _spans(len(run)):
            stop = start + length
            if "" in (said := sounds[start:stop]):
                continue
            here = end if stop == len(run) else place
            self.add(Form.SOUND, "".join(said), here)
            if length > 1:
                self.vocables.add(Vocable(Form.SOUND, "".join(said), run[start:stop]))
                if place != MAKE:
                    self.add(Form.INITIALS, "".join(one[0] for one in said), here)

    def _read_word(self, run: str, place: str, end: str) -> None:
        words = [word[:LONGEST_WORD] for word in _JOINTS.split(run)]
        for word in (*words, "".join(words)[:LONGEST_WORD]):
            key = stem(word)
            self.add(Form.WORD, key, end if word == words[-1] else place)
            if place != TEXT and word.isalpha():
                self.vocables.add(Vocable(Form.WORD, key, word))

    def read_code(self, text: str) -> None:
        """Keep a code by each of its beginnings: S-01-36 is found as s01 and as s0136."""
        self.add(Form.WHOLE, whole(text), "")
        for run in _runs(text):
            parts = _JOINTS.split(run.text)
            for count in range(1, len(parts) + 1):
                self.add(Form.CODE, "".join(parts[:count])[:LONGEST_WORD], TITLE)


def _keys_in(runs: Sequence[Run]) -> Iterator[tuple[str, bool]]:
    """Yield every key that may be a word of a group, and whether it ends what is read."""
    last = len(runs) - 1
    for number, run in enumerate(runs):
        if run.is_han:
            for start in range(len(run.text)):
                for stop in range(start + 1, min(start + LONGEST_SYNONYM, len(run.text)) + 1):
                    yield run.text[start:stop], number == last and stop == len(run.text)
    groups = list(_latin_groups(runs))
    for words in groups:
        stems = [stem(word) for word in words]
        is_end = words is groups[-1] and not runs[last].is_han
        for a, b in _neighbors(len(words)):
            yield " ".join(stems[a:b]), is_end and b == len(words)


def _spans(length: int) -> Iterator[tuple[int, int]]:
    for start in range(length):
        for size in range(1, min(LONGEST_GRAM, length - start) + 1):
            yield start, size


def _kept_of(facts: Facts) -> _Kept:
    kept = _Kept()
    for title in facts.titles:
        kept.add(Form.WHOLE, whole(title), "")
    for code in facts.codes:
        kept.read_code(code)
    kept.read_titles(facts.titles)
    kept.read(facts.kinds, KIND)
    kept.read(facts.makes, MAKE)
    kept.read(facts.places, PLACE)
    if facts.maker_id is not None:
        kept.add(Form.MAKER, str(facts.maker_id), PLACE)
    for code in facts.place_codes:
        kept.add(Form.BELOW, code, "")
    kept.read(facts.texts, TEXT)
    return kept


def words_of(facts: Facts) -> tuple[list[str], set[Vocable]]:
    """Return the words that the index keeps of a thing, and the vocables that it teaches."""
    kept = _kept_of(facts)
    return [f"{place}{word}" for word, place in kept.words.items() if len(word) > 1], kept.vocables


def words_of_entry(kind: EntryKind, facts: Facts) -> tuple[list[str], set[Vocable]]:
    """Return the same for a short list, where all places count alike."""
    kept = _kept_of(facts)
    kept.add(Form.KIND, kind, "")
    words = [f"{TITLE if place else ''}{word}" for word, place in kept.words.items()]
    return words, kept.vocables


# What is asked


def runs_of(query: str) -> list[Run]:
    """Return what was typed, run by run; none means that nothing can be found.

    Single characters set apart are one word (凉 鞋); 的 parts words; small English words fall.
    Only so much is heard as anybody means.
    """
    typed: list[Run] = []
    for run in _runs(query[:LONGEST_QUERY]):
        before = typed[-1] if typed else None
        if before and run.is_han and before.is_han and len(run.text) == 1:
            typed[-1] = Run(before.text + run.text, is_han=True)
        else:
            typed.append(run)
    runs: list[Run] = []
    left = MOST_PIECES
    for run in typed:
        parts = [run.text[:LONGEST_WORD]]
        if run.is_han:
            parts = [part for part in run.text.split(_PARTICLE) if part] or parts
        for part in parts:
            heard = part[:left] if run.is_han else part
            left -= len(heard) if run.is_han else 1
            if heard and left >= 0:
                runs.append(Run(heard, run.is_han))
    return [run for run in runs if run.text not in _STOP_WORDS] or runs


def synonym_keys(runs: Sequence[Run]) -> set[str]:
    """Return every key under which a part of the query may stand in a group of words."""
    return {key for key, _ in _keys_in(runs)}


def maker_keys(runs: Sequence[Run]) -> set[str]:
    """Return every key under which a part of the query may be a maker's public name."""
    keys: set[str] = set()
    for run in runs:
        if run.is_han:
            text = run.text
            keys.update(
                text[start : start + size]
                for size in range(2, LONGEST_GRAM + 1)
                for start in range(len(text) - size + 1)
            )
    for words in _latin_groups(runs):
        for a, b in _neighbors(len(words)):
            keys |= {"".join(words[a:b]), "".join(reversed(words[a:b]))}
    return keys


def _latin_groups(runs: Sequence[Run]) -> Iterator[list[str]]:
    for is_han, group in itertools.groupby(runs, key=lambda run: run.is_han):
        if not is_han:
            yield [_JOINTS.sub("", run.text) for run in group]


def _neighbors(count: int) -> Iterator[tuple[int, int]]:
    for first in range(count):
        for after in range(first + 1, min(first + 3, count) + 1):
            yield first, after


def synonym_key(word: str) -> str:
    """Return the key under which a word of a group is looked for: 靠枕套, house shoe."""
    runs = list(_runs(word))
    parts = (run.text if run.is_han else stem(_JOINTS.sub("", run.text)) for run in runs)
    joint = "" if all(run.is_han for run in runs) else " "
    return joint.join(parts)[:LONGEST_KEY]


def maker_key(name: str) -> str:
    """Return a maker's name as it is looked for: her characters, or letters without spaces."""
    return "".join(run.text for run in _runs(name))


Alike = Mapping[str, Sequence[Tree]]
"""By key, the trees of what means the same: other words, or the pieces of a maker."""


def terms_of(runs: Sequence[Run], *, alike: Alike, makers: Alike) -> list[Term]:
    """Return what a query asks for; every term must be there."""
    terms: list[Term] = []
    for is_han, group in itertools.groupby(runs, key=lambda run: run.is_han):
        if is_han:
            terms += [_han_term(run.text, alike, makers) for run in group]
        else:
            terms += _latin_terms([run.text for run in group], alike, makers)
    return terms


def _han_term(run: str, alike: Alike, makers: Alike) -> Term:
    """Return a run as one term, cut at the words that others are alike to, the longest first."""
    units: list[Unit] = []
    rest = place = 0
    while place < len(run):
        for size in range(min(LONGEST_SYNONYM, len(run) - place), 0, -1):
            word = run[place : place + size]
            others = [*alike.get(word, ()), *makers.get(word, ())]
            if others:
                units += _pairs(run, rest, place)
                units.append(Unit(word, place, _said_otherwise(han(word), others)))
                place += size
                rest = place
                break
        else:
            place += 1
    units += _pairs(run, rest, len(run))
    return Term(run, _all([unit.tree for unit in units]), tuple(units))


def _pairs(run: str, start: int, stop: int) -> list[Unit]:
    """Return the pairs of characters of a part of a run, or its one character."""
    size = min(2, stop - start)
    return [
        Unit(run[n : n + size], n, Piece(Form.HANZI, run[n : n + size]))
        for n in range(start, stop - size + 1)
        if size
    ]


def _said_otherwise(own: Tree, others: Sequence[Tree]) -> Tree:
    """Return a word with what means the same; a group of the house says the word itself too."""
    is_in_group = any(isinstance(one, Piece) and one.form is Form.GROUP for one in others)
    return _any(others if is_in_group else [own, *others])


def han(run: str) -> Tree:
    """Return the tree of a run of characters: its pairs, or the one character."""
    if len(run) == 1:
        return Piece(Form.HANZI, run)
    return _all([Piece(Form.HANZI, pair) for pair in map("".join, itertools.pairwise(run))])


def _latin_terms(words: list[str], alike: Alike, makers: Alike) -> list[Term]:
    terms: list[Term] = []
    place = 0
    letters = [_JOINTS.sub("", word) for word in words]
    stems = [stem(word) for word in letters]
    while place < len(words):
        for size in range(min(3, len(words) - place), 0, -1):
            stop = place + size
            others = [
                *alike.get(" ".join(stems[place:stop]), ()),
                *makers.get("".join(letters[place:stop]), ()),
            ]
            # Xiulan Wang is Wang Xiulan.
            others += makers.get("".join(reversed(letters[place:stop])), ()) if size > 1 else ()
            if others or size == 1:
                own = _all([latin(word) for word in words[place:stop]])
                tree = _said_otherwise(own, others) if others else own
                terms.append(Term(" ".join(words[place:stop]), tree))
                place = stop
                break
    sound = _sound("".join(letters)) if len(words) > 1 else None
    if sound is None:
        return terms
    # liang xie: two words, or one in two.
    either_way = _any([sound, _all([term.tree for term in terms])])
    return [Term(" ".join(words), either_way)]


def latin(word: str, *, is_prefix: bool = False) -> Tree:
    """Return the tree of a word of letters: a word, a sound, initials or a code."""
    parts = _JOINTS.split(word)
    joined = "".join(parts)
    may_go_on = is_prefix and len(joined) >= SHORTEST_PREFIX
    ways: list[Tree] = [Piece(Form.WORD, joined if may_go_on else stem(joined), may_go_on)]
    if not joined.isalpha():
        ways.append(Piece(Form.CODE, joined, may_go_on))
    elif len(parts) > 1:
        ways.append(_all([Piece(Form.WORD, stem(part)) for part in parts]))
    elif joined.isascii():
        sound = Piece(Form.SOUND, joined, is_prefix=True) if may_go_on else _sound(joined)
        if sound is not None:
            ways.append(sound)
        if (sound is None or may_go_on) and 1 < len(joined) <= LONGEST_INITIALS:
            ways.append(Piece(Form.INITIALS, joined))
    return _any(ways)


def _sound(letters: str) -> Tree | None:
    """Return the tree of letters that are syllables, in as few pieces as the index keeps them."""
    said = syllables_in(letters)
    if said is None:
        return None
    return _any([_sounding(said), _all(_cut_sounds(said))])


def _sounding(said: Sequence[str]) -> Tree:
    chunks = [said[n : n + LONGEST_GRAM] for n in range(0, len(said), LONGEST_GRAM)]
    return _all([Piece(Form.SOUND, "".join(chunk)) for chunk in chunks])


def _cut_sounds(said: Sequence[str]) -> list[Tree]:
    """Return syllables cut at the words that others are alike to: zhubian, then lanzi."""
    parts: list[Tree] = []
    rest: list[str] = []
    place = 0
    while place < len(said):
        for size in range(min(LONGEST_GRAM, len(said) - place), 1, -1):
            groups = house_sounds().get("".join(said[place : place + size]))
            if groups:
                parts += [_sounding(rest)] if rest else []
                parts.append(_any([_sounding(said[place : place + size]), *groups]))
                rest = []
                place += size
                break
        else:
            rest.append(said[place])
            place += 1
    return [*parts, _sounding(rest)] if rest else parts


def syllables_in(letters: str) -> list[str] | None:
    """Return letters cut into the fewest syllables of Chinese; None where they are none."""
    if not letters.isascii() or len(letters) > LONGEST_QUERY:
        return None
    known = known_syllables()
    best: list[list[str] | None] = [[], *[None] * len(letters)]
    for stop in range(1, len(letters) + 1):
        for size in range(1, min(6, stop) + 1):
            before = best[stop - size]
            one = letters[stop - size : stop]
            if before is None or one not in known:
                continue
            so_far = best[stop]
            if so_far is None or len(before) + 1 < len(so_far):
                best[stop] = [*before, one]
    return best[-1]


def _all(parts: Sequence[Tree]) -> Tree:
    flat: dict[Tree, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, All) else (part,)))
    return next(iter(flat)) if len(flat) == 1 else All(tuple(flat))


def _any(parts: Sequence[Tree]) -> Tree:
    flat = dict.fromkeys(one for part in parts for one in _flat(part))
    return next(iter(flat)) if len(flat) == 1 else AnyOf(tuple(flat))


def _flat(tree: Tree) -> tuple[Tree, ...]:
    return tree.parts if isinstance(tree, AnyOf) else (tree,)


def together(trees: Sequence[Tree]) -> Tree:
    """Return one tree that asks for all of them."""
    return _all(trees)


def either(trees: Sequence[Tree]) -> Tree:
    """Return one tree that is content with any of them."""
    return _any(trees)


def codes_in(path: str) -> tuple[str, ...]:
    """Return the official codes of the places in a station's path: county, town, room."""
    steps = path.strip("/").split("/")
    return tuple("".join(steps[: n + 1]) for n in range(len(steps)))


def is_said_in(tree: Tree, titles: Sequence[str]) -> bool:
    """Say whether titles alone have what a tree asks for."""
    kept = _Kept()
    kept.read_titles(titles)
    words = kept.words.keys()

    def fits(part: Tree) -> bool:
        if isinstance(part, All):
            return all(fits(one) for one in part.parts)
        if isinstance(part, AnyOf):
            return any(fits(one) for one in part.parts)
        wanted = part.form + part.text
        return any(w.startswith(wanted) for w in words) if part.is_prefix else wanted in words

    return fits(tree)


# How it is asked, place by place


@dataclass(frozen=True, slots=True)
class Signs:
    """How an engine writes its questions, and which place a kept line says of a piece."""

    both: str
    either: str
    piece: Callable[[str, bool], str]
    place_of: str
    code: str
    least: str
    most: str


def is_one(tree: Tree) -> bool:
    """Say whether a tree asks for one thing only, in one piece or another."""
    return isinstance(tree, Piece) or (
        isinstance(tree, AnyOf) and all(isinstance(part, Piece) for part in tree.parts)
    )


def questions(tree: Tree, *, signs: Signs, places: str = PLACES) -> list[str]:
    """Return the question for each place, the strongest first: for a tree that asks for one thing.

    What each finds is all of one rank, so the best are found however many there are.
    """
    return [anywhere(tree, signs=signs, places=place) for place in places]


def entry_questions(tree: Tree, *, signs: Signs) -> list[str]:
    """Return the question for each kind of entry."""
    return [
        anywhere(_all([Piece(Form.KIND, kind), tree]), signs=signs, places=TITLE)
        for kind in EntryKind
    ]


def anywhere(tree: Tree, *, signs: Signs, places: str = PLACES) -> str:
    """Return the one question that finds all that says it in these places."""
    if isinstance(tree, Piece):
        word = tree.form + tree.text
        starts = ("",) if tree.form in _PLACELESS else places
        ways = [signs.piece(start + word, tree.is_prefix) for start in starts]
        return f"({f' {signs.either} '.join(ways)})"
    joint = signs.both if isinstance(tree, All) else signs.either
    parts = [anywhere(part, signs=signs, places=places) for part in tree.parts]
    return f"({f' {joint} '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Rank:
    """The SQL for how well a kept line fits a tree, 0 at best.

    columns    what is read of a line first, each once: at which place it says a piece.
    """

    columns: Mapping[str, str]
    formula: str
    given: Mapping[str, str]


def rank_of(tree: Tree, whole_words: str, *, signs: Signs) -> Rank:
    """Return how a line is ranked.

    First the very title; then by the weakest place at which something asked is said; within one
    place, first what *is* one of the things asked for: it ends the title.
    """
    read = {f" {Form.WHOLE}{whole_words} ": "p0"}
    place = _place(tree, signs, read)
    parts = tree.parts if isinstance(tree, All) else (tree,)
    ends = _joined(signs.least, [_place(_last(part), signs, read) for part in parts])
    # End of title and title count as one here; the letters of the places are their numbers.
    number = f"{signs.most}({signs.code}({place}) - {ord(TITLE)}, 0)"
    formula = (
        f"CASE WHEN p0 <> '{NOWHERE}' THEN 0"
        f" ELSE 1 + 2 * {signs.least}({number}, {ord(TEXT) - ord(TITLE)})"
        f" + CASE WHEN {ends} = '{TITLE_END}' THEN 0 ELSE 1 END END"
    )
    columns = {name: signs.place_of.format(f":{name}") for name in read.values()}
    return Rank(columns, formula, {name: text for text, name in read.items()})


def _place(tree: Tree, signs: Signs, read: dict[str, str]) -> str:
    if isinstance(tree, Piece):
        # A word stands between blanks, and its place is the letter before it.
        word = f"{tree.form}{tree.text}{'' if tree.is_prefix else ' '}"
        return read.setdefault(word, f"p{len(read)}")
    ways = [_place(part, signs, read) for part in tree.parts]
    return _joined(signs.most if isinstance(tree, All) else signs.least, ways)


def _joined(function: str, values: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(values))
    return distinct[0] if len(distinct) == 1 else f"{function}({', '.join(distinct)})"


def _last(tree: Tree) -> Tree:
    return _last(tree.parts[-1]) if isinstance(tree, All) else tree


def as_asked(word: str) -> Tree:
    """Return the tree of a known word, with what the house calls alike."""
    terms = terms_of(runs_of(word), alike=house_synonyms(), makers={})
    return together([term.tree for term in terms])


# Words of one meaning


@cache
def house_synonyms() -> dict[str, tuple[Piece, ...]]:
    """Return, by key, the groups that come with the product (``shop/data/zh/synonyms.txt``).

    The index keeps these as pieces of their own, so a group costs a query no more than a word.
    """
    groups: dict[str, tuple[Piece, ...]] = {}
    for number, words in enumerate(house_groups()):
        for key in {synonym_key(word) for word in words}:
            groups[key] = (*groups.get(key, ()), Piece(Form.GROUP, str(number)))
    return groups


@cache
def house_sounds() -> dict[str, tuple[Piece, ...]]:
    """Return the same groups by how their Chinese words sound: guashi asks for 挂饰."""
    sounds: dict[str, tuple[Piece, ...]] = {}
    for key, groups in house_synonyms().items():
        said = "".join(syllables(key))
        if len(key) > 1 and said.isascii() and not key.isascii():
            sounds[said] = tuple(dict.fromkeys((*sounds.get(said, ()), *groups)))
    return sounds


@cache
def version() -> str:
    """Return what an index was written by; one written by anything else is written anew."""
    digest = hashlib.sha256(repr(house_groups()).encode()).hexdigest()
    return f"{VERSION}-{digest[:12]}"


@cache
def house_groups() -> tuple[tuple[str, ...], ...]:
    """Return the same groups as they are written."""
    lines = (DATA / "synonyms.txt").read_text(encoding="utf-8").splitlines()
    return tuple(
        tuple(word.strip() for word in line.split(","))
        for line in lines
        if line and not line.startswith("#")
    )


def alike_in(words: Sequence[str], *, place_code: str | None = None) -> dict[str, tuple[Tree, ...]]:
    """Return, for each word of a group, the trees of the others.

    place_code    the group speaks only of things below this place.
    """
    trees = {synonym_key(word): as_asked(word) for word in words}
    trees.pop("", None)
    below = (Piece(Form.BELOW, place_code),) if place_code else ()
    return {
        key: tuple(_all([*below, tree]) for other, tree in trees.items() if other != key)
        for key in trees
    }


def group_of(text: str) -> tuple[str, ...]:
    """Return the words of a group as a person typed them, between commas or new lines.

    Raises TooFewWords when fewer than two of them say something, each its own.
    """
    words: dict[str, str] = {}
    for word in re.split(r"[,，、;；/\n]+", unicodedata.normalize("NFKC", text)):
        said = "".join(sign for sign in word if sign.isprintable() or sign.isspace())
        tidy = " ".join(said.split())[:LONGEST_WORD]
        if key := synonym_key(tidy):
            words.setdefault(key, tidy)
    if len(words) < 2:  # noqa: PLR2004 - alike needs two
        raise TooFewWords(words=len(words))
    return tuple(words.values())[:MOST_IN_GROUP]


# What was meant


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def nearly(word: str) -> list[str]:
    """Return what a word may have been with one letter wrong, missing, too many or out of turn.

    The first letter is most often right, so those that keep it come first.
    """
    if not (SHORTEST_STEM < len(word) <= LONGEST_GUESSED and word.isascii() and word.isalpha()):
        return []
    parts = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    found = dict.fromkeys(
        [
            *(a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1),
            *(a + letter + b[1:] for a, b in parts if b for letter in _LETTERS),
            *(a + letter + b for a, b in parts for letter in _LETTERS),
            *(a + b[1:] for a, b in parts if b),
        ]
    )
    found.pop(word, None)
    return sorted(found, key=lambda one: one[:1] != word[:1])


# How people of the south-west and elsewhere hear one syllable for another.
_ACCENTS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"), ("r", "l"))
_NASALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))


def heard_as(said: Sequence[str]) -> list[str]:
    """Return how a word may sound to others, one syllable of it changed, joined."""
    found: dict[str, None] = {}
    for place, one in enumerate(said):
        others = [
            b + one[len(a) :]
            for pair in _ACCENTS
            for a, b in (pair, pair[::-1])
            if one.startswith(a)
        ] + [
            one[: -len(a)] + b for pair in _NASALS for a, b in (pair, pair[::-1]) if one.endswith(a)
        ]
        for other in others:
            if other in known_syllables():
                found["".join([*said[:place], other, *said[place + 1 :]])] = None
    return list(found)


def nearest(word: str, candidates: Iterable[str], *, most: int) -> list[str]:
    """Return the candidates most like a word: most signs in common, then as long, then by name."""
    return sorted(
        candidates,
        key=lambda one: (
            -sum(a == b for a, b in zip(word, one, strict=False)),
            abs(len(one) - len(word)),
            one,
        ),
    )[:most]
