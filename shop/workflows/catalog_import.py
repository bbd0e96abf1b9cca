"""Bring a catalog in from a file: read, compare with what stands, and only then write, or nothing.

Reading touches no goods. Writing is one transaction, made against the very state that the dry run
showed: where somebody changed the goods meanwhile nothing is written, and a person looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from shop.catalog import in_bulk as goods
from shop.catalog import services as catalog
from shop.catalog import standing as standing_goods
from shop.catalog import window
from shop.catalog.in_bulk import GoodsChange, NewGoods, NewPiece
from shop.catalog.rules import PayLane, PriceSplit, Supply, TermKind
from shop.catalog.standing import SkuPlace, StandingGoods
from shop.exchange.files import dialects, reading
from shop.exchange.files.assembling import SaidGoods, assembled
from shop.exchange.files.dialects import GoodsRow, Head, Picture
from shop.exchange.files.pictures import PictureFile, PictureProblem, source_digest
from shop.exchange.files.reading import FileRefused
from shop.exchange.files.stage import Stage, StagedPlan, StagedRow
from shop.exchange.rules import MOST_GOODS, REASONS, Choices, Dialect, Outcome, Remark
from shop.kernel.access import Actor, Permission
from shop.kernel.clock import business_day
from shop.kernel.db import db, transactional
from shop.kernel.errors import Conflict, InvalidInput
from shop.kernel.money import Money
from shop.media import services as media
from shop.media.darkroom.door import reads_heif
from shop.media.darkroom.heads import head_of
from shop.media.rules import (
    NewPicture,
    NotAPicture,
    PictureMoves,
    PictureTooLarge,
    Sent,
    Words,
)
from shop.production import services as production
from shop.production.services import NewRate
from shop.stations import queries as stations
from shop.workflows.catalog_plan import FoundPicture, Known, PictureRefused, Plan, planned
from shop.workflows.listing import STUDY, note_readiness

READ_AT_ONCE = 500
MOST_MAKERS = 100_000

Tell = Callable[[int, int], None]
"""Told (done, of) now and then; ``of`` is 0 while nobody knows."""


def quietly(done: int, of: int) -> None:
    """Tell nobody."""


class ChangedSince(Conflict):
    """Somebody changed these goods after the dry run; nothing was written."""

    code: ClassVar[str] = "exchange.changed_since"


class HasErrors(Conflict):
    """Some rows are wrong, so nothing of the file is written."""

    code: ClassVar[str] = "exchange.has_errors"


@dataclass(frozen=True, slots=True)
class ReadCatalog:
    """What a dry run found: whose format, how it was read, what nobody reads, what would happen."""

    dialect: Dialect
    encoding: str
    ignored: tuple[str, ...]
    counts: dict[Outcome, int]


def read(
    *,
    file: Path,
    pictures: PictureFile,
    stage: Stage,
    workshop_id: int,
    choices: Choices,
    actor: Actor,
    tell: Tell,
) -> ReadCatalog:
    """Read a file into the stage and compare it with what stands; change nothing.

    pictures    the ZIP that came along, opened; only looked into.
    stage       emptied first, so that an interrupted reading simply begins anew.

    Raises NotFound, OutOfReach, Forbidden for the workshop; FileRefused for a file that cannot be
    read as a whole. A row that is wrong by itself is no refusal: the stage says so, by line.
    """
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.MANAGE_LISTING, at=stations.path_of(workshop.station_id))
    table = reading.open_table(file)
    if dialects.asks_for_currency(table.head) and choices.currency is None:
        raise FileRefused("currency_unsaid")
    stage.begin_anew()
    for rows in _some(table.rows, READ_AT_ONCE):
        _stage_rows(rows, table.head, choices, stage, workshop_id)
        tell(stage.count_rows(), 0)
    stage.settle_keys()
    done, of = 0, stage.count_goods()
    if of > MOST_GOODS:
        raise FileRefused("too_many_goods", most=f"{MOST_GOODS:,}")
    known = _known(workshop_id, actor, choices)
    repeated = stage.settle_skus()
    for groups in stage.groups():
        said = [assembled(table.head.dialect, rows) for rows in groups]
        _refuse_repeated(said, repeated, stage)
        plans = _compared(said, known, pictures, stage)
        _keep(plans, stage)
        db.session.rollback()  # nobody reads the same moment for the whole length of a file
        done += len(groups)
        tell(done, of)
    return ReadCatalog(table.head.dialect, table.encoding, table.head.ignored, stage.counts())


def _some(
    rows: Iterator[tuple[int, list[str]]], size: int
) -> Iterator[list[tuple[int, list[str]]]]:
    some: list[tuple[int, list[str]]] = []
    for row in rows:
        some.append(row)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def _stage_rows(
    rows: Sequence[tuple[int, list[str]]],
    head: Head,
    choices: Choices,
    stage: Stage,
    workshop_id: int,
) -> None:
    said = [dialects.row_of(head, line, cells, choices) for line, cells in rows]
    if head.dialect is Dialect.OWN:
        _name_by_sku([row for row in said if not row.code], workshop_id)
    if head.dialect is Dialect.WOOCOMMERCE and "id" in head.names:
        place = head.names.index("id")
        stage.add_aliases(
            (f"id-{cells[place].strip()}", row.key)
            for row, (_, cells) in zip(said, rows, strict=True)
            if place < len(cells) and row.code and row.goods
        )
    stage.add_rows(said)


def _name_by_sku(rows: Sequence[GoodsRow], workshop_id: int) -> None:
    """Find the goods of rows that have a SKU and no code: enough to change what is there."""
    skus = {row.piece["sku"] for row in rows if row.piece and row.piece.get("sku")}
    if not skus:
        return
    places = standing_goods.places_of_skus(workshop_id, skus)
    for row in rows:
        sku = (row.piece or {}).get("sku", "")
        if sku in places:
            row.code = row.key = places[sku].code
        elif sku:
            row.wrong("unknown_sku", sku=sku)


def _known(workshop_id: int, actor: Actor, choices: Choices) -> Known:
    shelves: dict[str, str] = {}
    for shelf in window.categories():
        for name in (shelf.name_en, shelf.name, shelf.slug):
            shelves[name.casefold()] = shelf.slug
    members = stations.members(
        actor.scope(Permission.MANAGE_LISTING), workshop_id=workshop_id, most=MOST_MAKERS
    )
    return Known(
        workshop_id=workshop_id,
        workshop_slug=stations.workshop(workshop_id).slug,
        shelves=shelves,
        terms=_vocabulary(),
        makers={member.code: member.id for member in members},
        codes={},
        choices=choices,
    )


def _vocabulary() -> dict[str, dict[str, str]]:
    columns = {TermKind.MATERIAL: "materials", TermKind.CRAFT: "crafts"}
    words: dict[str, dict[str, str]] = {column: {} for column in columns.values()}
    for term in standing_goods.vocabulary():
        for name in (term.name_en, term.name, term.slug):
            words[columns[term.kind]][name.casefold()] = term.slug
    return words


def _refuse_repeated(said: Sequence[SaidGoods], repeated: set[str], stage: Stage) -> None:
    for one in said:
        for piece in one.pieces:
            if piece.sku in repeated:
                first = stage.line_of_sku(piece.sku, piece.line)
                if first is not None:
                    one.rows[piece.line].wrong("sku_twice", sku=piece.sku, line=first)


def _compared(
    said: Sequence[SaidGoods], known: Known, pictures: PictureFile, stage: Stage
) -> list[Plan]:
    places = standing_goods.places_of_skus(
        known.workshop_id, [sku for one in said for sku in _skus_of(one)]
    )
    ids = standing_goods.ids_of_codes(known.workshop_id, [one.code for one in said if one.code])
    targets = {one.key: _target(one, ids, places) for one in said}
    there = standing_goods.standing(target for target in targets.values() if target is not None)
    makers = stations.members_by_id(g.maker_id for g in there.values() if g.maker_id is not None)
    known = replace(known, codes={member_id: one.code for member_id, one in makers.items()})

    def find(picture: Picture) -> FoundPicture | None:
        return _found(picture, pictures, stage)

    plans = []
    for one in said:
        target = targets[one.key]
        standing = there.get(target) if target is not None else None
        if standing is not None:
            one.code = standing.code
        elsewhere = {sku: at for sku, at in places.items() if at.product_id != target}
        plans.append(planned(one, standing, known=known, skus=elsewhere, find=find))
    return plans


def _skus_of(one: SaidGoods) -> Iterator[str]:
    """Yield every SKU that the goods name, and those that would be made where they name none."""
    yield one.code
    for place, piece in enumerate(one.pieces, start=1):
        yield piece.sku or f"{one.code}-{place:02d}"


def _target(one: SaidGoods, ids: dict[str, int], places: dict[str, SkuPlace]) -> int | None:
    """Return the product that is meant: by its code, else by a SKU that is known."""
    if one.code in ids:
        return ids[one.code]
    named = {places[piece.sku].product_id for piece in one.pieces if piece.sku in places}
    return named.pop() if len(named) == 1 and one.is_foreign else None


def _found(picture: Picture, pictures: PictureFile, stage: Stage) -> FoundPicture | None:
    try:
        data = pictures.read(picture.name)
        _look_at(data)
    except PictureProblem as problem:
        if picture.is_link and str(problem) == "no_such_picture":
            return None
        raise PictureRefused(str(problem)) from problem
    except InvalidInput as refusal:
        raise PictureRefused(_WHY_NO_PICTURE.get(refusal.code, "picture_damaged")) from refusal
    source = source_digest(data)
    stage.wants_picture(source, picture.name)
    return FoundPicture(picture.name, source)


def _look_at(data: bytes) -> None:
    if head_of(data).kind == "HEIF" and not reads_heif():
        raise NotAPicture


_WHY_NO_PICTURE = {
    NotAPicture.code: "not_a_picture",
    PictureMoves.code: "picture_moves",
    PictureTooLarge.code: "picture_too_large",
}


def _keep(plans: Sequence[Plan], stage: Stage) -> None:
    stage.keep_plans(
        [
            StagedPlan(
                plan.said.key,
                plan.standing.seen if plan.standing else None,
                plan.write,
            )
            for plan in plans
            if plan.write is not None
        ],
        [
            (line, plan.outcome(line), plan.said.code, plan.told(line))
            for plan in plans
            for line in plan.said.rows
        ],
    )


# ---------------------------------------------------------------------------------------- writing


@contextmanager
def taken_in(stage: Stage, pictures: PictureFile) -> Iterator[dict[str, list[NewPicture]]]:
    """Keep the pictures that the file needs while the block writes it; what is not hung is dropped.

    Yields the pictures of each product, by its key in the file. One at a time is in memory.

    Raises FileRefused when the ZIP is not there any more.
    """
    names = dict(stage.pictures())
    wanted = [
        (plan.key, one)
        for plans in stage.plans()
        for plan in plans
        for one in next(iter(plan.plan.values()))["pictures"]
    ]

    def sent() -> Iterator[Sent]:
        for _, one in wanted:
            name = names[one["source"]]
            try:
                yield Sent(name=name, data=pictures.read(name))
            except PictureProblem as problem:
                raise FileRefused("gone") from problem

    with media.taken_in(sent()) as originals:
        taken: dict[str, list[NewPicture]] = {}
        for (key, one), original in zip(wanted, originals, strict=True):
            said = Words(alt=one["alt"], alt_en=one["alt_en"] or "")
            taken.setdefault(key, []).append(NewPicture(original, said))
        yield taken


@transactional
def write(
    *,
    stage: Stage,
    pictures: Mapping[str, Sequence[NewPicture]],
    workshop_id: int,
    actor: Actor,
    now: datetime,
    tell: Tell,
) -> dict[Outcome, int]:
    """Write what the dry run showed, all of it or nothing, and return what became of the rows.

    pictures    what ``taken_in`` yields; the worker makes their copies afterwards.

    Raises HasErrors while a row is wrong; ChangedSince when the goods are no longer what the dry
    run saw; OutOfReach, Forbidden, and what the rooms raise. Safe to repeat: what is written is
    *changed since*, and a second dry run calls it *same*.
    """
    counts = stage.counts()
    if counts[Outcome.ERROR]:
        raise HasErrors(rows=counts[Outcome.ERROR])
    workshop = stations.workshop(workshop_id)
    actor.require(Permission.MANAGE_LISTING, at=stations.path_of(workshop.station_id))
    done, of = 0, counts[Outcome.NEW] + counts[Outcome.CHANGES]
    for plans in stage.plans():
        news = [_new_goods(plan.plan["new"]) for plan in plans if "new" in plan.plan]
        changes = [_change(plan.plan["change"]) for plan in plans if "change" in plan.plan]
        there = _unchanged(plans, news, workshop_id)
        ids = goods.create(workshop_id=workshop_id, goods=news, actor=actor, now=now)
        goods.change(workshop_id=workshop_id, changes=changes, actor=actor, now=now)
        production.set_rates(
            rates=[*_rates_of_new(news, ids), *_rates_of_changed(changes, there)],
            station_id=workshop.station_id,
            valid_from=business_day(now),
            study=STUDY,
            actor=actor,
            now=now,
        )
        for plan in plans:
            if plan.key in pictures:
                catalog.add_pictures(
                    product_id=_product_of(plan, ids),
                    pictures=pictures[plan.key],
                    actor=actor,
                    now=now,
                )
        resized = [one.product_id for one in changes if one.pieces]
        if resized:
            note_readiness(resized, now=now)
        done += len(plans)
        tell(min(done, of), of)
    return counts


def _product_of(plan: StagedPlan, new_ids: Mapping[str, int]) -> int:
    if "new" in plan.plan:
        return new_ids[plan.plan["new"]["code"]]
    product_id: int = plan.plan["change"]["product_id"]
    return product_id


def _unchanged(
    plans: Sequence[StagedPlan], news: Sequence[NewGoods], workshop_id: int
) -> dict[int, StandingGoods]:
    """Return the goods that stand behind the plans, held until the end. Raises ChangedSince."""
    ids = [plan.plan["change"]["product_id"] for plan in plans if "change" in plan.plan]
    standing_goods.lock(ids)
    there = standing_goods.standing(ids)
    changed = [
        plan.key
        for plan in plans
        if "change" in plan.plan
        and (
            plan.plan["change"]["product_id"] not in there
            or there[plan.plan["change"]["product_id"]].seen != plan.seen
        )
    ]
    changed += standing_goods.ids_of_codes(workshop_id, [one.code for one in news])
    changed += standing_goods.places_of_skus(
        workshop_id, [piece.sku for one in news for piece in one.pieces]
    )
    if changed:
        raise ChangedSince(codes=", ".join(sorted(changed)[:5]))
    return there


# Any: a plan is what JSON keeps of it.
def _new_goods(plan: dict[str, Any]) -> NewGoods:
    return NewGoods(
        code=plan["code"],
        texts=plan["texts"],
        pieces=_new_pieces(plan["pieces"]),
        category=plan.get("category"),
        terms=tuple(plan.get("terms", ())),
        craft=plan.get("craft", ""),
        supply=Supply(plan.get("supply", Supply.IN_STOCK)),
        pay_lane=PayLane(plan["pay_lane"]),
        share_percent=plan["share_percent"],
        maker_id=plan.get("maker_id"),
        minutes=plan.get("minutes", 0),
        split=_split(plan["split"]),
    )


def _change(plan: dict[str, Any]) -> GoodsChange:
    fields = dict(plan["fields"])
    terms = fields.pop("terms", None)
    return GoodsChange(
        product_id=plan["product_id"],
        fields=fields,
        terms=None if terms is None else tuple(terms),
        pieces={int(variant_id): columns for variant_id, columns in plan["pieces"].items()},
        new_pieces=_new_pieces(plan["new_pieces"]),
        split=_split(plan["split"]),
    )


def _new_pieces(plans: Iterable[dict[str, Any]]) -> tuple[NewPiece, ...]:
    return tuple(
        NewPiece(**plan | {"price": None if plan["price"] is None else Money(plan["price"])})
        for plan in plans
    )


def _split(parts: Sequence[int] | None) -> PriceSplit | None:
    return None if parts is None else PriceSplit(*map(Money, parts))


def _rates_of_new(news: Sequence[NewGoods], ids: dict[str, int]) -> Iterator[NewRate]:
    for one in news:
        if one.split is not None and one.pay_lane is PayLane.PIECE_WAGE:
            yield NewRate(ids[one.code], one.minutes, one.split.material)


def _rates_of_changed(
    changes: Sequence[GoodsChange], there: dict[int, StandingGoods]
) -> Iterator[NewRate]:
    for one in changes:
        standing = there[one.product_id]
        if one.split is not None and standing.pay_lane is PayLane.PIECE_WAGE:
            minutes = one.fields.get("making_minutes", standing.minutes)
            yield NewRate(one.product_id, minutes, one.split.material)


def in_words(found: ReadCatalog, stage: Stage, *, most: int = 20) -> str:
    """Return the dry run as lines for the person at the keyboard."""
    counts = found.counts
    lines = [
        f"{sum(counts.values())} rows, {found.dialect} columns, {found.encoding}.",
        *(f"  {outcome.value.replace('_', ' '):<10}{counts[outcome]:>8}" for outcome in Outcome),
    ]
    if found.ignored:
        lines.append(f"Columns that are not read: {', '.join(found.ignored)}")
    for row in stage.rows(outcomes=[Outcome.ERROR, Outcome.CHANGES, Outcome.NEW], most=most):
        named = " ".join(filter(None, (row.code, row.sku)))
        lines.append(f"line {row.line}: {row.outcome.value} {named}".rstrip())
        lines += [f"    {name}: {before!r} -> {after!r}" for name, before, after in row.changes]
        lines += [f"    {plainly(one)}" for one in (*row.problems, *row.notes)]
    if sum(counts[one] for one in (Outcome.ERROR, Outcome.CHANGES, Outcome.NEW)) > most:
        lines.append(f"… the first {most} rows are shown; the report has all of them.")
    return "\n".join(lines)


def report(
    rows: Iterable[StagedRow],
    *,
    said: Callable[[Remark], str],
    column_said: Callable[[str], str] = str,
) -> Iterator[list[str]]:
    """Yield line, outcome, code, SKU and reason of every row that is not simply the same.

    said           what a remark says in the reader's language.
    column_said    what a column is called there.
    """
    for row in rows:
        if row.outcome is Outcome.SAME and not row.notes:
            continue
        told = [said(one) for one in (*row.problems, *row.notes)]
        told += [
            f"{column_said(name)}: {before} → {after}"
            if before
            else f"{column_said(name)}: {after}"
            for name, before, after in row.changes
        ]
        for one in told or [""]:
            yield [str(row.line), row.outcome.value, row.code, row.sku, one]


def plainly(remark: Remark) -> str:
    """Return what a remark says in English."""
    return REASONS[remark.code] % remark.about


def file_remarks(found: ReadCatalog) -> list[Remark]:
    """Return what a person should know of the file as a whole."""
    return [Remark.of("read_as_gbk")] if found.encoding == "gb18030" else []
