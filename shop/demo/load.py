"""Load the demonstration co-operative through the services, as if it had happened day by day."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from shop.accounts import queries as accounts
from shop.accounts import services as accounts_services
from shop.accounts.rules import Role
from shop.catalog import queries as catalog_known
from shop.catalog import services as catalog
from shop.catalog.options import CustomOption, Extra, OptionChoice, OptionKind
from shop.catalog.rules import PayLane, PriceSplit, Supply
from shop.catalog.services import NewVariant, ProductFacts, ProductTexts
from shop.coupons import queries as coupons_known
from shop.coupons import services as coupons
from shop.coupons.rules import Funder, Terms
from shop.delivery.rules import Zone
from shop.demo import buyers, catalogs, messages, outside, selling, training, voices, year_end
from shop.demo import makers as makers_story
from shop.demo.wares import BAMBOO_GOODS, MORE_GOODS, MORE_OTHER_GOODS
from shop.demo.world import (
    BAMBOO_MAKERS,
    BAMBOO_ROOM,
    CATEGORIES,
    CLOSED_AFTER,
    CLOSED_BEFORE,
    COLLECTIONS,
    FARM_YEAR,
    FEAST,
    GOODS,
    MAKER_PIN,
    MAKERS,
    NEW_YEARS_EVES,
    OTHER_GOODS,
    OTHER_MAKERS,
    OTHER_ROOM,
    ROOM,
    STAFF,
    STAFF_PASSWORD,
    WORDS_ALIKE,
    Ask,
    Collection,
    Goods,
    Maker,
)
from shop.earnings import adjustments
from shop.earnings import queries as earnings
from shop.earnings.netting import AdjustmentKind
from shop.earnings.rules import PayChannel, PayRunState, last_period_end
from shop.kernel import workdays
from shop.kernel.access import SYSTEM, Actor, Permission, Scope
from shop.kernel.clock import business_day
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.production import appeals
from shop.production import queries as made
from shop.production import services as production
from shop.production.rules import Fault, Verdict, piece_rate
from shop.search import services as search
from shop.shelves import queries as shelves
from shop.shelves import services as shelving
from shop.shelves.rules import coming_seasons
from shop.shelves.services import ShelfWords
from shop.stations import queries as stations
from shop.stations import services as stations_services
from shop.stations.rules import ConsentPurpose, Season, SeasonReason
from shop.workflows import adjusting, loving, making, paying, sending_terms

DIVISIONS = Path(__file__).resolve().parent.parent / "data/divisions"
DAYS_OF_STORY = 45
# Workshop, who lists and gives work there, and what it makes.
SHELVES = (
    ("dengliang", "zhoumin", "liguifang", (*GOODS, *MORE_GOODS)),
    ("cizhu", "pengli", "pengli", (*OTHER_GOODS, *MORE_OTHER_GOODS)),
    ("shuangzhu", "pengli", "pengli", BAMBOO_GOODS),
)


# Name in both languages, regions, fen for the first and each further kilogram, free from.
ZONES = {
    "dengliang": (
        ("重庆", "Chongqing", "50", 800, 200, 19900),
        ("川贵鄂陕湘", "the provinces around", "42 43 51 52 61", 900, 300, 29900),
        ("内地其余省份", "the rest of the mainland", "", 1200, 600, 0),
        ("新疆、西藏", "Xinjiang and Tibet", "54 65", 1800, 1500, 0),
        ("港澳台和国外", "abroad", "99", 15000, 8000, 0),
    ),
    "cizhu": (
        ("重庆", "Chongqing", "50", 1000, 200, 0),
        ("内地其余省份", "the rest of the mainland", "", 1300, 700, 0),
    ),
}


class NotADemonstration(RuntimeError):
    """Somebody asked to remove data that may be real."""


@dataclass(slots=True)
class Story:
    """What has been told so far: who is who and what is what, by the names in the facts."""

    now: datetime
    people: dict[str, Actor] = field(default_factory=dict)
    workshops: dict[str, int] = field(default_factory=dict)
    members: dict[tuple[str, str], int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    variants: dict[str, int] = field(default_factory=dict)

    def ago(self, days: float) -> datetime:
        """Return the instant that many days before the story is told."""
        return self.now - timedelta(days=days)


def is_empty() -> bool:
    """Say whether nothing has been loaded yet."""
    return not stations.children(None, scope=Scope(("/",)))


def load(*, now: datetime, progress: Callable[[int, int], None]) -> None:
    """Fill an empty, migrated database with the demonstration; about half a minute."""
    stations_services.import_divisions(DIVISIONS, now=now, progress=progress)
    story = Story(now)
    _found_workshops(story)
    _note_farm_year(story)
    _price_parcels(story)
    _employ_staff(story)
    _take_in_makers(story)
    _list_goods(story)
    _call_alike(story)
    _make_goods(story)
    _fill_shelves(story)
    selling.tell(story)
    voices.tell(story)
    buyers.tell(story)
    _give_hearts(story)
    _write_coupons(story)
    catalogs.tell(story)
    outside.tell(story)
    messages.tell(story)
    makers_story.tell(story)


def remove(app: Flask) -> None:
    """Remove the demonstration's own database and pictures.

    Raises NotADemonstration outside the demonstration's mode or on a database server.
    """
    settings = app.config["SHOP"]
    if settings.mode != "demo" or settings.database_url:
        message = "Only the demonstration's own SQLite file is removed: SHOP_ENV=demo, no server."
        raise NotADemonstration(message)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    file = Path(str(sa.make_url(settings.database).database))
    for part in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        part.unlink(missing_ok=True)
    shutil.rmtree(app.config["MEDIA_FOLDER"], ignore_errors=True)


def welcome(host: str, port: int) -> str:
    """Return what the console shows before serving: the address and one sign-in per role."""
    lines = [
        "",
        f"  灯梁 Dengliang   http://{host}:{port}",
        "  演示，不会扣款 · a demonstration, no money moves · Ctrl-C stops it",
        "",
        f"  Staff sign in with this password: {STAFF_PASSWORD}",
    ]
    lines += [f"    {person.login:<11}{person.name}  {person.who}" for person in STAFF]
    lines += [
        "",
        "  Buyers sign in with a code, which the page shows; one has an account with orders:",
        f"    {buyers.PHONE}  {buyers.NAME}",
    ]
    lines += ["", f"  Makers sign in with phone number and PIN {MAKER_PIN}"]
    lines += [
        f"    {maker.phone}  {maker.name}"
        for maker in (*MAKERS, *OTHER_MAKERS, *BAMBOO_MAKERS)
        if maker.phone is not None
    ]
    return "\n".join([*lines, ""])


def _found_workshops(story: Story) -> None:
    room = stations.station_by_code(ROOM)
    other = stations.station_by_code(OTHER_ROOM)
    bamboo = stations.station_by_code(BAMBOO_ROOM)
    for place in (other, bamboo):
        stations_services.open_room(station_id=place.id, actor=SYSTEM, now=story.now)
    story.workshops["dengliang"] = stations_services.add_workshop(
        station_id=room.id,
        slug="dengliang",
        name="灯梁女子手工作坊",
        name_en="Dengliang Women's Workshop",
        seller_name="城口县灯梁手工专业合作社（演示）",
        story="2019 年，村里的社工请来培训师，十几位留在家的妇女在村委会楼下学编凉鞋。"
        "现在谁家孩子上学了、猪喂过了，就过来坐一会儿，或者领了料回家编。",
        story_en="In 2019 the village social workers invited a trainer, and a dozen women who had "
        "stayed at home learned to weave sandals under the village hall. They come when the "
        "children are at school and the pigs are fed, or take the cord home.",
        craft="sandal",
        address="重庆市城口县鸡鸣乡灯梁村社区社工室",
        address_en="Village room, Dengliang, Jiming township, Chengkou, Chongqing",
        hours="周一到周六 9:00–17:00，赶场天开到 18:00",
        hours_en="Monday to Saturday 9:00 to 17:00, market days until 18:00",
        directions="从城口县城坐到鸡鸣乡的班车，在灯梁村委会下车；作坊在一楼。自驾约一小时四十分。",
        directions_en="Take the bus from Chengkou to Jiming and get off at Dengliang village hall; "
        "we are on the ground floor. By car about 1 h 40 min.",
        phone="023-5900-0001",
        weekly_capacity_minutes=4800,
        is_pick_up_point=True,
        shipping=Money(800),
        actor=SYSTEM,
        now=story.ago(DAYS_OF_STORY + 5),
    )
    story.workshops["cizhu"] = stations_services.add_workshop(
        station_id=other.id,
        slug="cizhu",
        name="茨竹土布坊",
        name_en="Cizhu Cloth Workshop",
        seller_name="城口县茨竹土布手工坊（演示）",
        story="六台老织机，两位会穿综的老人，四位年轻些的媳妇跟着学。",
        story_en="Six old looms, two grandmothers who know how to thread them, and four younger "
        "women learning.",
        craft="decor",
        address="重庆市城口县高观镇茨竹村",
        address_en="Cizhu village, Gaoguan, Chengkou, Chongqing",
        hours="周二、周五 9:00–16:00，其他时间请先打电话",
        hours_en="Tuesday and Friday 9:00 to 16:00; ring us for other times",
        directions="高观镇到茨竹村三公里，跟着土布招牌走。",
        directions_en="Three kilometres from Gaoguan; follow the signs with the cloth.",
        phone="023-5900-0002",
        weekly_capacity_minutes=2400,
        is_pick_up_point=False,
        shipping=Money(1000),
        actor=SYSTEM,
        now=story.ago(DAYS_OF_STORY + 5),
    )
    story.workshops["shuangzhu"] = stations_services.add_workshop(
        station_id=bamboo.id,
        slug="shuangzhu",
        name="双竹竹编坊",
        name_en="Shuangzhu Bamboo Workshop",
        seller_name="城口县双竹竹编专业合作社（演示）",
        story="村名里就有竹。年轻人出门打工以后，剩下的老篾匠把手艺教给了儿媳妇们。",
        story_en="The village has bamboo in its name. When the young men left for the cities, the "
        "old splint weavers taught their daughters-in-law.",
        craft="workshop",
        address="重庆市城口县高观镇双竹村",
        address_en="Shuangzhu village, Gaoguan, Chengkou, Chongqing",
        hours="每天 8:30–17:30，雪天除外",
        hours_en="Daily 8:30 to 17:30, not when it snows",
        directions="高观镇沿河上行五公里，过第二座桥就是竹林。",
        directions_en="Five kilometres up the river from Gaoguan; after the second bridge you are "
        "in the bamboo.",
        phone="023-5900-0003",
        weekly_capacity_minutes=3000,
        is_pick_up_point=True,
        shipping=Money(1000),
        actor=SYSTEM,
        now=story.ago(DAYS_OF_STORY + 5),
    )


def _price_parcels(story: Story) -> None:
    """Price the ways of two workshops by region and weight; the third asks one sum for all."""
    for workshop, zones in ZONES.items():
        for name, name_en, regions, first, each, free_from in zones:
            sending_terms.write_zone(
                workshop_id=story.workshops[workshop],
                zone=Zone(
                    name=name,
                    name_en=name_en,
                    regions=tuple(regions.split()),
                    first_grams=1000,
                    first=Money(first),
                    next_grams=1000,
                    next=Money(each),
                    free_from=Money(free_from) if free_from else None,
                ),
                actor=SYSTEM,
                now=story.ago(DAYS_OF_STORY + 4),
            )
    sending_terms.set_way(
        workshop_id=story.workshops["dengliang"],
        town_days=1,
        actor=SYSTEM,
        now=story.ago(DAYS_OF_STORY + 4),
    )


def _write_coupons(story: Story) -> None:
    """Let one coupon count by its code, and leave one for a second person to decide."""
    room = stations.workshop(story.workshops["dengliang"]).station_id
    writer, second = story.people["zhoumin"], story.people["heqing"]
    coupons.propose(
        terms=Terms(
            title="春天的见面礼",
            title_en="Spring gift",
            code="CHUNTIAN20",
            funder=Funder.COOP,
            amount=Money(2000),
            least_goods=Money(10000),
            most_uses=500,
            most_per_buyer=1,
        ),
        station_id=room,
        workshop_id=None,
        actor=writer,
        now=story.ago(3),
    )
    for one in coupons_known.coupons(Scope(("/",))):
        coupons.approve(coupon_id=one.id, actor=second, now=story.ago(2))
    coupons.propose(
        terms=Terms(
            title="妇女节挂件九折",
            title_en="10 % off for Women's Day",
            funder=Funder.PROJECT,
            project="P-03",
            percent=10,
            most_off=Money(3000),
            most_money=Money(200000),
        ),
        station_id=room,
        workshop_id=story.workshops["dengliang"],
        actor=writer,
        now=story.ago(1),
    )


def _note_farm_year(story: Story) -> None:
    today = business_day(story.now)
    for workshop, spans in FARM_YEAR.items():
        for reason, percent, first, last in spans:
            for year in (today.year - 1, today.year, today.year + 1):
                ends_on = date(year + (last < first), *last) + timedelta(days=1)
                _slow(
                    story,
                    workshop,
                    Season(SeasonReason(reason), percent, date(year, *first), ends_on),
                )
        for eve in NEW_YEARS_EVES:
            around = date(*eve)
            closed = Season(
                SeasonReason.SPRING_FESTIVAL,
                0,
                around - timedelta(days=CLOSED_BEFORE),
                around + timedelta(days=CLOSED_AFTER),
            )
            _slow(story, workshop, closed)


def _slow(story: Story, workshop: str, season: Season) -> None:
    today = business_day(story.now)
    if season.ends_on > today and season.starts_on < today + timedelta(days=300):
        stations_services.add_season(
            workshop_id=story.workshops[workshop],
            season=season,
            actor=SYSTEM,
            now=story.ago(DAYS_OF_STORY),
        )


def _employ_staff(story: Story) -> None:
    at = story.ago(DAYS_OF_STORY + 4)
    for person in STAFF:
        user_id = accounts_services.create_user(
            login=person.login, name=person.name, password=STAFF_PASSWORD, now=at, actor=SYSTEM
        )
        # One agency serves three rooms: the second social worker, the inspector and the money
        # people work in all of them.
        places = {person.station}
        if person.login in {"heqing", "tanyun", "xiaohong", "luoping"}:
            places.add(OTHER_ROOM)
        if person.station == OTHER_ROOM or OTHER_ROOM in places:
            places.add(BAMBOO_ROOM)
        for place in places:
            accounts_services.grant(
                user_id=user_id,
                role=Role(person.role),
                station_id=stations.station_by_code(place).id,
                actor=SYSTEM,
                now=at,
            )
        story.people[person.login] = accounts.actor_of(user_id)


def _take_in_makers(story: Story) -> None:
    at = story.ago(DAYS_OF_STORY + 3)
    for workshop, makers in (
        ("dengliang", MAKERS),
        ("cizhu", OTHER_MAKERS),
        ("shuangzhu", BAMBOO_MAKERS),
    ):
        for maker in makers:
            story.members[workshop, maker.code] = _take_in(story, workshop, maker, at)


def _take_in(story: Story, workshop: str, maker: Maker, at: datetime) -> int:
    member_id = stations_services.add_member(
        workshop_id=story.workshops[workshop],
        name=maker.name,
        name_en=maker.name_en,
        code=maker.code,
        phone=maker.phone,
        story=maker.story or None,
        story_en=maker.story_en or None,
        actor=SYSTEM,
        now=at,
    )
    helper = story.people["heqing"].user_id
    for purpose in maker.consents:
        stations_services.give_consent(
            member_id=member_id,
            purpose=ConsentPurpose(purpose),
            explained_by=helper,
            actor=SYSTEM,
            now=at,
        )
    if maker.phone is not None:
        accounts_services.create_user(
            login=maker.phone,
            name=maker.name,
            password=MAKER_PIN,
            member_id=member_id,
            actor=SYSTEM,
            now=at,
        )
    return member_id


def _list_goods(story: Story) -> None:
    for position, (slug, name, name_en) in enumerate(CATEGORIES):
        catalog.add_category(slug=slug, name=name, name_en=name_en, position=position)
    for workshop, lister, _, goods in SHELVES:
        for place, thing in enumerate(goods):
            _list(story, workshop, lister, thing, story.ago(DAYS_OF_STORY - place / 24))


def _call_alike(story: Story) -> None:
    """What one village calls things that others call otherwise."""
    for login, place, words in WORDS_ALIKE:
        search.call_alike(
            words=words,
            station_id=stations.station_by_code(place).id,
            actor=story.people[login],
            now=story.ago(25),
        )


def _give_hearts(story: Story) -> None:
    """Let visitors from a few networks love some of the goods more than others."""
    for place, product_id in enumerate(story.products.values()):
        for heart in range(place * 7 % 5):
            loving.keep(
                catalog_known.listing_name(product_id),
                network=f"demonstration {heart}",
                user_id=None,
                now=story.now,
            )


def _sku(code: str, size: str, color_en: str) -> str:
    return "-".join(filter(None, (code, size, color_en.upper()))).replace(" ", "")


def _list(story: Story, workshop: str, lister: str, thing: Goods, at: datetime) -> None:
    actor, second = story.people[lister], story.people["heqing"]
    product_id = catalog.create_product(
        workshop_id=story.workshops[workshop],
        code=thing.code,
        title=thing.title,
        texts=ProductTexts(
            title_en=thing.title_en,
            summary=thing.summary,
            summary_en=thing.summary_en,
            material=thing.material,
            material_en=thing.material_en,
            technique=thing.technique,
            technique_en=thing.technique_en,
            care=thing.care,
            care_en=thing.care_en,
        ),
        category=thing.category,
        terms=thing.terms,
        craft=thing.craft,
        drawing=thing.drawing or None,
        making_minutes=thing.minutes,
        supply=Supply(thing.supply),
        pay_lane=PayLane(thing.pay_lane),
        share_percent=thing.share_percent,
        maker_id=story.members[workshop, thing.maker],
        actor=actor,
        now=at,
    )
    story.products[thing.code] = product_id
    pay, material, pack, fee, room, rest = (Money(fen) for fen in thing.split)
    sheet = catalog.propose_price(
        product_id=product_id,
        split=PriceSplit(Money(thing.price), pay, material, pack, fee, room, rest),
        options=[_option(ask) for ask in thing.wishes],
        actor=actor,
        now=at,
    )
    catalog.approve_price(sheet_id=sheet, actor=second, now=at)
    skus = catalog.add_variants(
        product_id=product_id,
        variants=[
            NewVariant(
                sku=_sku(thing.code, size, color_en),
                size=size,
                color=color,
                color_en=color_en or None,
            )
            for size, color, color_en in thing.variants
        ],
        actor=actor,
        now=at,
    )
    story.variants.update(skus)
    if thing.pay_lane == "piece_wage":
        rate = production.set_rate(
            product_id=product_id,
            minutes=thing.minutes,
            material=material,
            valid_from=business_day(at),
            study=f"工时测定 {thing.code}, 三人各三件",
            actor=actor,
            now=at,
        )
        production.approve_rate(rate_id=rate, actor=second, now=at)
    length, width, height, weight = thing.measures
    catalog.set_facts(
        product_id=product_id,
        facts=ProductFacts(length, width, height, weight, thing.is_one_of_a_kind),
        actor=actor,
        now=at,
    )
    catalog.list_product(product_id=product_id, actor=actor, now=at)


def _option(ask: Ask) -> CustomOption:
    least, most, step = ask.span
    kind = OptionKind.TEXT if ask.most else OptionKind.MEASURE if most else OptionKind.CHOICE
    return CustomOption(
        key=ask.key,
        kind=kind,
        label=ask.label,
        label_en=ask.label_en,
        most_letters=ask.most,
        least_mm=least,
        most_mm=most,
        step_mm=step,
        extra=_extra(ask.adds),
        choices=tuple(
            OptionChoice(f"c{place}", value, value_en, _extra(adds))
            for place, (value, value_en, adds) in enumerate(ask.things, start=1)
        ),
    )


def _extra(adds: tuple[int, int, int, int]) -> Extra:
    price, material, room, minutes = adds
    pay = piece_rate(minutes=minutes) if minutes else Money(0)
    return Extra(Money(price), pay, Money(material), Money(room), minutes)


def _make_goods(story: Story) -> None:
    """Every piece on the shelf was given out, handed in and inspected; the older ones are paid."""
    for workshop, _, giver, goods in SHELVES:
        for place, thing in enumerate(goods):
            for number, ((size, _, color_en), pieces) in enumerate(
                zip(thing.variants, thing.stock, strict=False)
            ):
                sku = _sku(thing.code, size, color_en)
                days = 30 - place - number / 2
                _make(
                    story,
                    workshop,
                    giver,
                    maker=thing.maker,
                    sku=sku,
                    verdict=Verdict(passed=pieces),
                    days=days,
                )
        _pay(story, workshop)
    _deduct(story, item="小剪刀", paper="K-0012", fen=850, at=story.ago(1), agrees=False)
    # The hand-in of the worked example E8: twelve pairs, eleven good, one of second grade.
    short = (Fault.WRONG_SIZE,)
    twelve = Verdict(passed=11, second_grade=1, reason="鞋底短 4 毫米", faults=short)
    today = (
        ("M-001", "S-01-38", twelve, 3),
        ("M-001", "P-01-RED", Verdict(passed=30), 2),
        ("M-002", "P-03", Verdict(passed=2), 2),
        # On the desk today: pieces counted this morning, not yet inspected.
        ("M-004", "P-01-INDIGO", None, 0.2),
    )
    for maker, sku, verdict, days in today:
        _make(
            story,
            "dengliang",
            "liguifang",
            maker=maker,
            sku=sku,
            verdict=verdict,
            days=days,
        )
    _advance(story, fen=10000, at=story.now - timedelta(hours=1))
    training.train(story, at=story.now - timedelta(hours=1))
    year_end.draw_up(story)
    # She has measured it herself; somebody other than the inspector looks again.
    objected = next(
        one
        for one in made.hand_ins_of(story.members["dengliang", "M-001"])
        if one.verdict is not None and one.verdict.faults
    )
    appeals.say(
        hand_in_id=objected.hand_in_id,
        words="我自己量过，只短两毫米",
        actor=story.people["liguifang"],
        on_behalf=True,
        now=story.ago(1),
    )


def _fill_shelves(story: Story) -> None:
    """The county's shelf for the next feast, one of a village, and one that is over."""
    today = business_day(story.now)
    season = coming_seasons(workdays.china(), today=today)[0]
    feast = replace(
        FEAST,
        title=FEAST.title.format(season.feast.name),
        title_en=FEAST.title_en.format(season.feast.name_en),
        picture=season.feast.picture,
        days=(FEAST.days[0], (season.day - today).days),
    )
    for one in (*COLLECTIONS, feast):
        _fill(story, one, today)


def _fill(story: Story, one: Collection, today: date) -> None:
    starts_on, ends_on = (today + timedelta(days=days) for days in one.days)
    actor, at = story.people[one.login] if one.login else SYSTEM, story.ago(1)
    slug = shelving.put_up(
        station_id=stations.station_by_code(one.station).id,
        words=ShelfWords(
            title=one.title,
            title_en=one.title_en,
            words=one.words,
            words_en=one.words_en,
            picture=one.picture,
            starts_on=starts_on,
            ends_on=ends_on,
        ),
        actor=actor,
        now=at,
    )
    shelf = shelves.shelf(slug, scope=actor.scope(Permission.CURATE), now=at)
    for code in one.goods:
        shelving.add_goods(shelf_id=shelf.id, product_id=story.products[code], actor=actor, now=at)


def _make(
    story: Story,
    workshop: str,
    giver: str,
    *,
    maker: str,
    sku: str,
    verdict: Verdict | None,
    days: float,
) -> None:
    pieces = 10 if verdict is None else verdict.passed + verdict.second_grade
    lead = story.people[giver]
    key = f"demo:{workshop}:{sku}:{days}"
    work_order = production.offer(
        member_id=story.members[workshop, maker],
        variant_id=story.variants[sku],
        quantity=pieces + 8 if days < 1 else pieces,
        due_on=business_day(story.ago(days - 7)),
        key=key,
        actor=lead,
        now=story.ago(days + 9),
    )
    production.accept(work_order_id=work_order, actor=lead, on_behalf=True, now=story.ago(days + 9))
    hand_in = production.record_hand_in(
        work_order_id=work_order, pieces=pieces, key=key, actor=lead, now=story.ago(days)
    )
    if verdict is not None:
        making.accept_hand_in(
            hand_in_id=hand_in.id,
            verdict=verdict,
            actor=story.people["tanyun"],
            now=story.ago(days) + timedelta(hours=2),
        )


def _deduct(story: Story, *, item: str, paper: str, fen: int, at: datetime, agrees: bool) -> None:
    """Note a tool that Wang Xiulan did not give back, at its cost (E8), and her answer to it."""
    noted = adjustments.propose_deduction(
        kind=AdjustmentKind.TOOL,
        member_id=story.members["dengliang", "M-001"],
        item=item,
        paper=paper,
        amount=Money(fen),
        key=f"demo-{paper}",
        actor=story.people["zhoumin"],
        now=at,
    )
    if agrees:
        adjusting.agree(adjustment_id=noted, on_behalf=True, actor=story.people["heqing"], now=at)


def _advance(story: Story, *, fen: int, at: datetime) -> None:
    """Agree on an advance to Liu Xiaoqin on the pendants she makes; the cashier has it to pay."""
    liu = story.members["dengliang", "M-004"]
    noted = adjusting.propose_advance(
        member_id=liu,
        work_order_public_id=next(
            one.public_id for one in made.work_orders(member_id=liu) if adjusting.may_advance(one)
        ),
        amount=Money(fen),
        key="demo-advance",
        actor=story.people["zhoumin"],
        now=at,
    )
    adjusting.agree(adjustment_id=noted, actor=story.people["xiaohong"], now=at)


def _pay(story: Story, workshop: str) -> None:
    """Pay the last period whose pay day has come: prepared, approved, handed out."""
    today = business_day(story.now)
    ended = last_period_end(today - timedelta(days=4))
    days = (today - ended).days
    if workshop == "dengliang":
        _deduct(story, item="钩针", paper="K-0007", fen=600, at=story.ago(days + 2), agrees=True)
    run = paying.prepare_pay_run(
        workshop_id=story.workshops[workshop],
        period_end_on=ended,
        actor=story.people["zhoumin" if workshop == "dengliang" else "pengli"],
        now=story.ago(days - 3),
    )
    paying.approve_pay_run(pay_run_id=run, actor=story.people["xiaohong"], now=story.ago(days - 4))
    if earnings.pay_run_by_id(run).state is PayRunState.REVIEWED:
        paying.confirm_pay_run(
            pay_run_id=run, actor=story.people["duchuan"], now=story.ago(days - 4)
        )
    for slip in earnings.slips(run):
        paying.record_payout(
            pay_slip_id=slip.id,
            channel=PayChannel.CASH,
            witness_id=story.people["heqing"].user_id,
            actor=story.people["luoping"],
            now=story.ago(days - 5),
        )
