"""The verbs of search: keep and forget things, call words alike. Owners call them as they write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from shop.kernel import events
from shop.kernel.access import Actor, Permission
from shop.kernel.db import db, transactional
from shop.kernel.errors import NotFound
from shop.kernel.statements import insert_or, table_of
from shop.search import rules
from shop.search.engines import ENTRIES, GOODS, engine
from shop.search.events import SynonymsChanged
from shop.search.models import SearchEntry, SearchVersion, SearchVocable, SynonymGroup, SynonymWord
from shop.search.rules import EntryKind, Facts, Vocable
from shop.stations import queries as stations

CHUNK = 500


@transactional
def put_goods(facts: Iterable[Facts]) -> None:
    """Enter goods, or replace what the index knows of them; safe to repeat."""
    rows: list[tuple[int, list[str]]] = []
    seen: set[Vocable] = set()
    for one in facts:
        words, vocables = rules.words_of(one)
        rows.append((one.subject_id, words))
        seen |= vocables
    engine().put(GOODS, rows)
    _learn(seen)


@transactional
def remove_goods(ids: Sequence[int]) -> None:
    """Take goods out of the index; safe to repeat."""
    engine().remove(GOODS, ids)


def _learn(vocables: set[Vocable]) -> None:
    if not vocables:
        return
    ordered = sorted(vocables, key=lambda one: (one.form, one.key, one.shown))
    db.session.execute(
        insert_or(table_of(SearchVocable)).on_conflict_do_nothing(),
        [{"form": one.form.value, "key": one.key, "shown": one.shown} for one in ordered],
    )


@transactional
def put_entry(
    kind: EntryKind,
    facts: Facts,
    *,
    slug: str,
    shown: Mapping[str, object] | None = None,
) -> None:
    """Enter a workshop, experience or shelf, or replace what is known of it; safe to repeat.

    shown    what its card says besides, as plain values.
    """
    title, *more = facts.titles
    values = {
        "slug": slug,
        "title": title,
        "title_en": more[0] if more else None,
        "shown": json.dumps(dict(shown or {}), ensure_ascii=False),
    }
    entry_id = db.session.scalar(
        sa.select(SearchEntry.id).where(
            SearchEntry.kind == kind, SearchEntry.subject_id == facts.subject_id
        )
    )
    if entry_id is None:
        entry_id = db.session.execute(
            sa.insert(SearchEntry).returning(SearchEntry.id),
            {"kind": kind, "subject_id": facts.subject_id, **values},
        ).scalar_one()
    else:
        db.session.execute(sa.update(SearchEntry).where(SearchEntry.id == entry_id).values(values))
    words, vocables = rules.words_of_entry(kind, facts)
    engine().put(ENTRIES, [(entry_id, words)])
    _learn(vocables)


@transactional
def remove_entry(kind: EntryKind, subject_id: int) -> None:
    """Take a workshop, experience or shelf out; safe to repeat."""
    entry_id = db.session.execute(
        sa.delete(SearchEntry)
        .where(SearchEntry.kind == kind, SearchEntry.subject_id == subject_id)
        .returning(SearchEntry.id)
    ).scalar_one_or_none()
    if entry_id is not None:
        engine().remove(ENTRIES, [entry_id])


@transactional
def enter_workshops(workshop_ids: Iterable[int]) -> None:
    """Enter workshops as they are called now; safe to repeat."""
    for workshop in stations.workshops_by_id(workshop_ids).values():
        names = [workshop.name, *([workshop.name_en] if workshop.name_en else [])]
        put_entry(
            EntryKind.WORKSHOP,
            Facts(
                subject_id=workshop.id,
                titles=tuple(names),
                places=(*workshop.place, *workshop.place_en),
                texts=(workshop.story, workshop.story_en or ""),
                place_codes=rules.codes_in(workshop.path),
            ),
            slug=workshop.slug,
            shown={"place": workshop.place[-1], "place_en": workshop.place_en[-1]},
        )


@transactional
def begin_anew() -> None:
    """Forget the seen words and that the index is current; writing it anew begins."""
    db.session.execute(sa.delete(SearchVocable))
    db.session.execute(sa.delete(SearchVersion))


@transactional
def end_anew() -> None:
    """Note that the whole index was written by the rules in force."""
    db.session.execute(sa.delete(SearchVersion))
    db.session.execute(sa.insert(SearchVersion), {"version": rules.version()})


@transactional
def call_alike(
    *,
    words: str,
    station_id: int,
    actor: Actor,
    now: datetime,
    group_id: int | None = None,
) -> int:
    """Return the group in which these words mean the same from the next search on.

    words       as typed, parted by commas.
    station_id  they speak of what is made there and below.
    group_id    the group that they replace; None for a new one.

    Raises OutOfReach, Forbidden, NotFound, TooFewWords.
    """
    actor.require(Permission.MANAGE_WORDS, at=stations.path_of(station_id))
    listed = rules.group_of(words)
    if group_id is None:
        group_id = db.session.execute(
            sa.insert(SynonymGroup).returning(SynonymGroup.id), {"station_id": station_id}
        ).scalar_one()
    else:
        _require_group(group_id, actor)
        db.session.execute(
            sa.update(SynonymGroup).where(SynonymGroup.id == group_id).values(station_id=station_id)
        )
        db.session.execute(sa.delete(SynonymWord).where(SynonymWord.group_id == group_id))
    db.session.execute(
        sa.insert(SynonymWord),
        [
            {
                "group_id": group_id,
                "position": position,
                "word": word,
                "key": rules.synonym_key(word),
            }
            for position, word in enumerate(listed)
        ],
    )
    events.record(SynonymsChanged(group_id), actor=actor, station_id=station_id, now=now)
    return group_id


@transactional
def part_words(*, group_id: int, actor: Actor, now: datetime) -> None:
    """Take a group away: its words mean only themselves from the next search on.

    Raises OutOfReach, Forbidden, NotFound.
    """
    station_id = _require_group(group_id, actor)
    db.session.execute(sa.delete(SynonymWord).where(SynonymWord.group_id == group_id))
    db.session.execute(sa.delete(SynonymGroup).where(SynonymGroup.id == group_id))
    events.record(SynonymsChanged(group_id), actor=actor, station_id=station_id, now=now)


def _require_group(group_id: int, actor: Actor) -> int:
    station_id = db.session.scalar(
        sa.select(SynonymGroup.station_id).where(SynonymGroup.id == group_id)
    )
    if station_id is None:
        raise NotFound(what=f"synonyms:{group_id}")
    actor.require(Permission.MANAGE_WORDS, at=stations.path_of(station_id))
    return station_id
