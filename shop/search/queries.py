"""Reads of search: what fits a query, what may have been meant, what to offer while one types."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from shop.kernel.access import Scope
from shop.kernel.checks import Finding
from shop.kernel.db import db
from shop.kernel.errors import NotFound
from shop.kernel.hanzi import syllables
from shop.search import rules
from shop.search.engines import ENTRIES, GOODS, engine, ranked
from shop.search.models import SearchEntry, SearchVersion, SearchVocable, SynonymGroup, SynonymWord
from shop.search.rules import EntryKind, Form, Piece, Term, Tree, Unit
from shop.stations import queries as stations
from shop.stations.models import Consent, Member, Station
from shop.stations.rules import ConsentPurpose

# A search costs the same however many goods there are: the best of the newest 500 (speed.md 4);
# where several words must be read from each, of the newest 250.
MOST_HITS = 500
MOST_READ = 250
MOST_ENTRIES = 12
MOST_ALIKE = 8
MOST_LOOKED_UP = 200
MOST_MEANT = 3
MOST_PARTS = 6
SHORTEST_BEGINNING = 3
SUGGESTED = (EntryKind.SHELF, EntryKind.EXPERIENCE, EntryKind.WORKSHOP)


@dataclass(frozen=True, slots=True)
class EntryView:
    """A workshop, experience or shelf that fits; ``shown`` is what else its card says."""

    kind: EntryKind
    subject_id: int
    slug: str
    title: str
    title_en: str | None
    shown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def titles(self) -> tuple[str, ...]:
        """Return its names in the languages it has."""
        return (self.title, self.title_en) if self.title_en else (self.title,)


@dataclass(frozen=True, slots=True)
class Found:
    """What fits a query.

    ids          goods, the best first and the newest among equals, ``MOST_HITS`` at most.
    ranks        how well each of them fits, the best is the lowest.
    bound        there are more: these are the best of the newest so many.
    instead      the query as it was probably meant, where nothing fits what was typed.
    is_loose     nothing has everything asked for; these have some of it.
    missing      words that nothing says.
    """

    ids: tuple[int, ...] = ()
    ranks: tuple[int, ...] = ()
    bound: int | None = None
    entries: tuple[EntryView, ...] = ()
    instead: str | None = None
    is_loose: bool = False
    missing: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing at all fits."""
        return not self.ids and not self.entries

    def entries_of(self, kind: EntryKind) -> list[EntryView]:
        """Return the entries of one kind."""
        return [entry for entry in self.entries if entry.kind is kind]


NOTHING = Found()


def find(query: str) -> Found:
    """Return what fits a query, the best first; two statements where something does.

    Where nothing fits, what may have been meant is looked for, then what comes near.
    """
    runs = rules.runs_of(query)
    if not runs:
        return NOTHING
    alike, makers = _alike(runs)
    terms = rules.terms_of(runs, alike=alike, makers=makers)
    found = _hits(rules.together([term.tree for term in terms]), query)
    return _otherwise(terms) if found.is_empty else found


def _alike(runs: Sequence[rules.Run]) -> tuple[rules.Alike, rules.Alike]:
    """Return, by key, what the query's words are alike to, and the makers that they name.

    A maker's name is not in the index. It is read here, through her consent as it stands at this
    moment; withdrawn, she is not found by it from the next search on.
    """
    keys, names = sorted(rules.synonym_keys(runs)), sorted(rules.maker_keys(runs))
    house = rules.house_synonyms()
    alike: dict[str, tuple[Tree, ...]] = {key: house[key] for key in keys if key in house}
    makers: dict[str, tuple[Tree, ...]] = {}
    rows = db.session.execute(_ALIKE, {"keys": keys, "names": names or [""]})
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.member_id is not None:
            piece = Piece(Form.MAKER, str(row.member_id))
            for key in {row.key, row.word}:
                makers[key] = (*makers.get(key, ()), piece)[:MOST_ALIKE]
        else:
            groups.setdefault((row.key, row.place_code), []).append(row.word)
    for (key, place_code), words in groups.items():
        trees = rules.alike_in([key, *words], place_code=place_code).get(key, ())
        alike[key] = (*alike.get(key, ()), *trees)[:MOST_ALIKE]
    return alike, makers


_OTHER = sa.orm.aliased(SynonymWord)
_ALIKE: sa.Executable = sa.union_all(
    sa.select(
        SynonymWord.key.label("key"),
        _OTHER.word.label("word"),
        Station.code.label("place_code"),
        sa.cast(sa.null(), sa.Integer).label("member_id"),
    )
    .join(_OTHER, _OTHER.group_id == SynonymWord.group_id)
    .join(SynonymGroup, SynonymGroup.id == SynonymWord.group_id)
    .join(Station, Station.id == SynonymGroup.station_id)
    .where(
        SynonymWord.key.in_(sa.bindparam("keys", expanding=True)), _OTHER.key != SynonymWord.key
    ),
    sa.select(Member.name, Member.letters, sa.null(), Member.id)
    .join(Consent, Consent.member_id == Member.id)
    .where(
        Consent.purpose == ConsentPurpose.NAME,
        Consent.withdrawn_at.is_(None),
        sa.or_(
            Member.name.in_(sa.bindparam("names", expanding=True)),
            Member.letters.in_(sa.bindparam("names", expanding=True)),
        ),
    ),
).limit(MOST_LOOKED_UP)


def _hits(tree: Tree, query: str) -> Found:
    its = engine()
    if not rules.is_one(tree):
        return _best_of_newest(tree, query, newest=MOST_READ)
    exact = rules.anywhere(Piece(Form.WHOLE, rules.whole(query)), signs=its.signs)
    return _place_by_place(tree, [exact, *rules.questions(tree, signs=its.signs)], most=MOST_HITS)


def _place_by_place(tree: Tree, questions: Sequence[str], *, most: int) -> Found:
    its = engine()
    given = {f"g{number}": question for number, question in enumerate(questions)}
    arms = [its.newest(GOODS, name, most=most) for name in given]
    return _asked(its.in_a_row(arms, most=most), given, tree, most=most)


def _best_of_newest(tree: Tree, query: str, *, newest: int, most: int = MOST_READ) -> Found:
    its = engine()
    rank = rules.rank_of(tree, rules.whole(query), signs=its.signs)
    given = {**rank.given, "fit": rules.anywhere(tree, signs=its.signs)}
    goods = its.best_of_newest("fit", rank, newest=newest, most=most)
    return _asked(goods, given, tree, most=newest)


def _asked(goods: str, given: dict[str, str], tree: Tree, *, most: int) -> Found:
    """Ask for goods and for each kind of entry: one statement.

    most    goods that are looked at; so many may mean that there are more.
    """
    its = engine()
    entries = rules.entry_questions(tree, signs=its.signs)
    also = {f"e{number}": question for number, question in enumerate(entries)}
    fit = " UNION ALL ".join(
        f"SELECT id FROM ({its.newest(ENTRIES, name, most=MOST_ENTRIES)}) AS {name}"
        for name in also
    )
    rows = db.session.execute(
        sa.text(
            f"SELECT ({goods}) AS ids, NULL AS kind, NULL AS subject_id, NULL AS slug,"
            " NULL AS title, NULL AS title_en, NULL AS shown"
            " UNION ALL SELECT NULL, e.kind, e.subject_id, e.slug, e.title, e.title_en, e.shown"
            f" FROM ({fit}) AS fit JOIN search_entries AS e ON e.id = fit.id"
        ),
        given | also,
    ).all()
    fitting = [pair for row in rows for pair in ranked(row.ids)]
    # Said twice, in title and in text, a thing counts where it counts most.
    best = dict(reversed(fitting))
    # Those that say it in their title before those that say it somewhere.
    views = sorted(
        (_entry(row) for row in rows if row.kind is not None),
        key=lambda one: not rules.is_said_in(tree, one.titles),
    )
    ids = tuple(dict.fromkeys(product_id for product_id, _ in fitting))
    return Found(
        ids=ids,
        ranks=tuple(best[one] for one in ids),
        bound=most if len(fitting) >= most else None,
        entries=tuple(views),
    )


def _entry(row: Any) -> EntryView:
    return EntryView(
        kind=EntryKind(row.kind),
        subject_id=row.subject_id,
        slug=row.slug,
        title=row.title,
        title_en=row.title_en,
        shown=json.loads(row.shown),
    )


# Where nothing fits


def _otherwise(terms: Sequence[Term]) -> Found:
    """Return what may have been meant, else what has at least some of what was asked for."""
    said = _said([tree for term in terms for tree in (term.tree, *term.parts)])
    if all(term.tree in said for term in terms):
        return _some_of(terms)
    meant = _meant(terms, said)
    changed = [_changed(term, meant, said) for term in terms]
    heard = [term for term in changed if term is not None]
    missing = tuple(t.text for t, new in zip(terms, changed, strict=True) if new is None)
    if not heard:
        return Found(missing=missing)
    instead = " ".join(term.text for term in heard)
    known = " ".join(term.text for term in terms if term.text not in missing)
    found = _hits(rules.together([term.tree for term in heard]), instead)
    return replace(
        _some_of(heard) if found.is_empty else found,
        instead=instead if instead != known else None,
        missing=missing,
    )


def _some_of(terms: Sequence[Term]) -> Found:
    """Return what has some of what was asked for: two things together, else one alone."""
    parts = list(dict.fromkeys(part for term in terms for part in term.parts))[:MOST_PARTS]
    query = " ".join(term.text for term in terms)
    found = NOTHING
    if len(parts) > 2:  # noqa: PLR2004 - two together were asked for already
        pairs = [rules.together(two) for two in itertools.combinations(parts, 2)]
        found = _hits(rules.either(pairs), query)
    if found.is_empty:
        found = _hits(rules.either(parts), query)
    return replace(found, is_loose=True)


def _said(trees: Sequence[Tree]) -> set[Tree]:
    """Return the trees that anything at all fits; one statement."""
    its = engine()
    distinct = list(dict.fromkeys(trees))
    parts: list[str] = []
    values: dict[str, str] = {}
    for number, tree in enumerate(distinct):
        values |= {
            f"g{number}": rules.anywhere(tree, signs=its.signs),
            f"e{number}": rules.anywhere(tree, signs=its.signs, places=rules.TITLE),
        }
        parts.append(
            f"SELECT {number} AS number WHERE {its.fits(GOODS, f'g{number}')}"
            f" OR {its.fits(ENTRIES, f'e{number}')}"
        )
    rows = db.session.execute(sa.text(" UNION ALL ".join(parts)), values)
    return {distinct[row.number] for row in rows}


@dataclass(frozen=True, slots=True)
class _Guesses:
    """Keys under which a seen word may stand, each with what was typed for it."""

    sounds: dict[str, set[str]] = field(default_factory=dict)
    stems: dict[str, set[str]] = field(default_factory=dict)
    beginnings: dict[str, str] = field(default_factory=dict)

    def hear(self, word: str) -> None:
        """Guess at characters by how they sound."""
        for sound in _sounds(word):
            self.sounds.setdefault(sound, set()).add(word)

    def read(self, word: str) -> None:
        """Guess at letters with a slip in them, or not all there yet."""
        text = word.replace(" ", "")
        for one in rules.nearly(text):
            self.sounds.setdefault(one, set()).add(word)
        for one in rules.nearly(rules.stem(text)):
            self.stems.setdefault(one, set()).add(word)
        if len(text) >= SHORTEST_BEGINNING:
            self.beginnings[text] = word

    def typed_for(self, form: str, key: str) -> set[str]:
        """Return what was typed for a seen word."""
        keys = self.sounds if form == Form.SOUND else self.stems
        return keys.get(key, set()) | {
            word for text, word in self.beginnings.items() if key.startswith(text)
        }


def _guesses(terms: Sequence[Term], said: set[Tree]) -> _Guesses:
    guesses = _Guesses()
    for term in terms:
        if term.tree in said:
            continue
        if not term.units:
            guesses.read(term.text)
            continue
        for word in {term.text, *(unit.text for unit in term.units if unit.tree not in said)}:
            guesses.hear(word)
    return guesses


def _meant(terms: Sequence[Term], said: set[Tree]) -> dict[str, list[str]]:
    """Return, by what was typed, the seen words that it may have been; one statement."""
    guesses = _guesses(terms, said)
    keys = (
        sa.and_(SearchVocable.form == Form.SOUND, SearchVocable.key.in_(sorted(guesses.sounds))),
        sa.and_(SearchVocable.form == Form.WORD, SearchVocable.key.in_(sorted(guesses.stems))),
        *(
            sa.and_(SearchVocable.key >= text, SearchVocable.key < f"{text}~")
            for text in guesses.beginnings
        ),
    )
    rows = db.session.execute(
        sa.select(SearchVocable.form, SearchVocable.key, SearchVocable.shown)
        .where(sa.or_(*keys))
        .limit(MOST_LOOKED_UP)
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        for word in guesses.typed_for(row.form, row.key):
            found.setdefault(word, set()).add(row.shown)
    return {word: rules.nearest(word, shown, most=MOST_MEANT) for word, shown in found.items()}


def _sounds(word: str) -> list[str]:
    said = syllables(word)
    if "" in said or not 1 < len(said) <= rules.LONGEST_GRAM:
        return []
    return ["".join(said), *rules.heard_as(said)]


def _changed(term: Term, meant: Mapping[str, list[str]], said: set[Tree]) -> Term | None:
    """Return a term as it was probably meant; None where nothing is like it.

    Of a run of characters its said parts stay, others are heard as something, the rest falls.
    """
    if term.tree in said:
        return term
    if words := meant.get(term.text):
        return Term(words[0], rules.either([rules.as_asked(word) for word in words]))
    kept: list[Unit] = []
    shown = list(term.text)
    is_kept = [False] * len(shown)
    for unit in term.units:
        stop = unit.start + len(unit.text)
        if unit.tree in said:
            kept.append(unit)
        elif words := meant.get(unit.text):
            heard = rules.either([rules.as_asked(word) for word in words])
            kept.append(Unit(words[0], unit.start, heard))
            shown[unit.start : stop] = words[0]
        else:
            continue
        is_kept[unit.start : stop] = [True] * len(unit.text)
    if not kept:
        return None
    text = "".join(itertools.compress(shown, is_kept))
    return Term(text, rules.together([unit.tree for unit in kept]), tuple(kept))


# While one types


def suggest(query: str, *, most_goods: int = 6, most_entries: int = 2) -> Found:
    """Return what the beginning of a query may become: goods by title, and entries.

    One statement; names of makers are not offered.
    """
    runs = rules.runs_of(query)
    if not runs:
        return NOTHING
    house = rules.house_synonyms()
    last = runs[-1]
    done = runs if last.is_han else runs[:-1]
    trees = [term.tree for term in rules.terms_of(done, alike=house, makers={})]
    if not last.is_han:
        trees.append(rules.latin(last.text, is_prefix=True))
    tree = rules.together(trees)
    if rules.is_one(tree):
        titles = rules.TITLE_END + rules.TITLE + rules.KIND
        questions = rules.questions(tree, signs=engine().signs, places=titles)
        found = _place_by_place(tree, questions, most=most_goods)
    else:
        found = _best_of_newest(tree, query, newest=MOST_LOOKED_UP, most=most_goods)
    named = [one for one in found.entries if rules.is_said_in(tree, one.titles)]
    kinds = [[one for one in named if one.kind is kind][:most_entries] for kind in SUGGESTED]
    return replace(found, entries=tuple(one for its in kinds for one in its))


# Words of one meaning, for the desk


@dataclass(frozen=True, slots=True)
class GroupView:
    """Words that a station calls alike."""

    id: int
    station_id: int
    place: str
    place_en: str | None
    words: tuple[str, ...]


def groups(scope: Scope) -> list[GroupView]:
    """Return the groups in a reader's part of the tree, those of the highest place first."""
    rows = db.session.execute(
        sa.select(
            SynonymGroup.id,
            SynonymGroup.station_id,
            Station.short_name,
            Station.name_en,
            SynonymWord.word,
        )
        .join(Station, Station.id == SynonymGroup.station_id)
        .join(SynonymWord, SynonymWord.group_id == SynonymGroup.id)
        .where(stations.in_scope(scope, SynonymGroup.station_id))
        .order_by(Station.path, SynonymGroup.id, SynonymWord.position)
    )
    words: dict[int, list[str]] = {}
    places: dict[int, tuple[int, str, str | None]] = {}
    for row in rows:
        words.setdefault(row.id, []).append(row.word)
        places[row.id] = (row.station_id, row.short_name, row.name_en)
    return [GroupView(group_id, *places[group_id], tuple(its)) for group_id, its in words.items()]


def group(group_id: int, scope: Scope) -> GroupView:
    """Return one group in a reader's part of the tree. Raises NotFound."""
    for one in groups(scope):
        if one.id == group_id:
            return one
    raise NotFound(what=f"synonyms:{group_id}")


# For the proof and for writing anew


def is_current() -> bool:
    """Say whether the index was written whole, and by the rules in force."""
    return db.session.scalar(sa.select(SearchVersion.version)) == rules.version()


def indexed_goods(*, after: int, until: int | None) -> list[int]:
    """Return the ids of goods in the index behind one and up to another, for the proof."""
    return engine().ids(GOODS, after=after, until=until)


def kept_of(ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return the words that the index keeps of goods."""
    return engine().kept(GOODS, ids)


def words_differ(facts: Iterable[rules.Facts], kept: Mapping[int, frozenset[str]]) -> list[int]:
    """Return the goods of which the index keeps other words than it should."""
    return [
        one.subject_id
        for one in facts
        if frozenset(rules.words_of(one)[0]) != kept.get(one.subject_id)
    ]


def entries_differ(
    kind: EntryKind, names: Mapping[int, tuple[str, str | None]]
) -> Iterator[Finding]:
    """Yield what the index lacks, calls otherwise or should not know; ``names`` by subject."""
    known = {
        row.subject_id: (row.title, row.title_en)
        for row in db.session.execute(
            sa.select(SearchEntry.subject_id, SearchEntry.title, SearchEntry.title_en).where(
                SearchEntry.kind == kind
            )
        )
    }
    for subject_id in sorted(names.keys() | known.keys()):
        if names.get(subject_id) != known.get(subject_id):
            said = known.get(subject_id, ("nothing",))[0]
            yield Finding("F2", f"{kind}:{subject_id}", f"the index calls it {said}")
