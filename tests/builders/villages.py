"""A whole village room with one of everything in it, every text written by one hand."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from shop.accounts import factors, pins
from shop.accounts import queries as accounts_known
from shop.accounts import services as accounts
from shop.accounts.rules import Role
from shop.bookings import services as booking
from shop.bookings.services import ExperiencePrices, ExperienceTexts
from shop.catalog import services as catalog
from shop.catalog.rules import split_price
from shop.catalog.services import NewVariant, ProductTexts
from shop.claims.rules import ClaimKind
from shop.coupons import services as coupons
from shop.earnings import queries as earnings
from shop.earnings import years
from shop.exchange import services as exchange
from shop.exchange.rules import Choices
from shop.invoices import queries as invoices_known
from shop.invoices import services as invoices
from shop.invoices.rules import InvoiceWish, TitleKind
from shop.kernel.access import SYSTEM, Actor, Scope
from shop.kernel.clock import business_day
from shop.kernel.db import db
from shop.kernel.money import Money
from shop.notifications.rules import Reach
from shop.orders import queries as orders
from shop.orders import services as orders_kept
from shop.orders.rules import Contact, Handover
from shop.orders.services import NewUnmatched
from shop.payments import transfers
from shop.payments.rules import Method
from shop.production import queries as making_known
from shop.production import services as production
from shop.production.rules import Verdict
from shop.reviews import desk as voices
from shop.reviews import services as reviews
from shop.reviews.rules import HidingReason
from shop.search import services as search
from shop.shelves import queries as shelves_known
from shop.shelves import services as curating
from shop.shelves.rules import LONGEST_TITLE
from shop.shelves.services import ShelfWords
from shop.stations import queries as stations_known
from shop.stations import services as stations
from shop.stations.rules import ConsentPurpose
from shop.workflows import (
    catalog_files,
    claiming,
    delivering,
    making,
    reviewing,
    sharing,
    transferring,
)
from tests.builders.accounts import PASSWORD, PIN, a_maker, a_social_worker, a_user, an_actor
from tests.builders.coupons import TWENTY_OFF
from tests.builders.earnings import a_deduction, a_pay_run, an_account
from tests.builders.funds import TRAINING, a_project, a_sheet
from tests.builders.messages import a_message
from tests.builders.orders import Goods, a_paid_order, an_order, pay
from tests.builders.payments import AN_ACCOUNT
from tests.builders.production import a_hand_in, a_rate, a_work_order
from tests.builders.programs import a_program
from tests.builders.reviews import a_question, a_review, an_arrived_order
from tests.builders.reviews import a_token as a_token_of
from tests.builders.stations import BEGINNING, a_phone, a_room
from tests.builders.stock import Quantity, a_delivery

DAY = timedelta(days=1)
ROOM_ROLES = (
    Role.SOCIAL_WORKER,
    Role.WORKSHOP_LEAD,
    Role.INSPECTOR,
    Role.BOOKKEEPER,
    Role.CASHIER,
    Role.INSTRUCTOR,
    Role.OPERATOR,
)


@dataclass(frozen=True)
class Village:
    """One room; ``ids`` are what addresses are made of, by endpoint argument."""

    code: str
    station_id: int
    workshop_id: int
    goods: Goods
    member_id: int
    ids: dict[str, str] = field(default_factory=dict)


def a_village(code: str, *, slug: str, words: str, now: datetime) -> Village:
    """Return a room with goods, work, pieces, orders, pay, a session and a return in it.

    words    stands in every text that a person can write.
    """
    place = a_room(code)
    workshop = stations.add_workshop(
        station_id=place,
        slug=slug,
        name=f"{words}坊",
        name_en=f"{words} workshop",
        story=words,
        story_en=words,
        address=words,
        address_en=words,
        seller_name=f"{words}合作社",
        craft="sandal",
        phone="023-59000001",
        is_pick_up_point=True,
        weekly_capacity_minutes=2400,
        actor=SYSTEM,
        now=BEGINNING,
    )
    member = stations.add_member(
        workshop_id=workshop,
        name=f"{words}秀兰",
        name_en=words,
        story=words,
        story_en=words,
        phone=a_phone(),
        actor=SYSTEM,
        now=BEGINNING,
    )
    for purpose in ConsentPurpose:
        stations.give_consent(
            member_id=member, purpose=purpose, explained_by=None, actor=SYSTEM, now=BEGINNING
        )
    goods = _goods(place, workshop, member, slug, words)
    village = Village(code, place, workshop, goods, member)
    village.ids.update(_work(village, words, now))
    village.ids.update(_sales(village, slug, words, now))
    village.ids["member"] = _public("members", member)
    village.ids["product"] = _public("products", goods.product_id)
    village.ids["product_slug"] = _column("products", "slug", goods.product_id)
    village.ids["workshop_slug"] = slug
    village.ids["workshop"] = _public("workshops", workshop)
    village.ids["station"] = code
    village.ids["catalog_file"] = _catalog_file(workshop, words, now)
    village.ids["synonyms"] = str(
        search.call_alike(words=f"{words}甲，{words}乙", station_id=place, actor=SYSTEM, now=now)
    )
    village.ids["sending"] = _notice(place, words, now)
    village.ids["shelf"] = _shelf(village, words, now)
    village.ids.update(_colleague(place, slug, words, now))
    village.ids["pin_reset"] = pins.ask(
        member_id=member, reason=words, actor=a_social_worker(at=place), now=now
    )
    village.ids["program"] = a_program(station_id=place, name=words[:60], now=now)
    return village


def _colleague(place: int, slug: str, words: str, now: datetime) -> dict[str, str]:
    """Return somebody who lost her telephone, and that another proposed to help her."""
    lost = a_user(login=f"lost-{slug}", name=f"{words}同事")
    accounts.grant(
        user_id=lost, role=Role.SOCIAL_WORKER, station_id=place, actor=SYSTEM, now=BEGINNING
    )
    proposer = an_actor(Role.BOOKKEEPER, at=place)
    reset = factors.propose_reset(user_id=lost, reason=words, actor=proposer, now=now)
    return {"colleague": accounts_known.user_by_id(lost).public_id, "factor_reset": reset}


def _shelf(village: Village, words: str, now: datetime) -> str:
    """Return what the address of a shelf ends in that stands now with one of its goods."""
    day = business_day(now)
    slug = curating.put_up(
        station_id=village.station_id,
        words=ShelfWords(
            title=words[:LONGEST_TITLE],
            title_en=words[:LONGEST_TITLE],
            words=words,
            words_en=words,
            picture="shelf_moon",
            starts_on=day,
            ends_on=day + 9 * DAY,
        ),
        actor=SYSTEM,
        now=now,
    )
    curating.add_goods(
        shelf_id=shelves_known.shelf(slug, scope=Scope(("/",)), now=now).id,
        product_id=village.goods.product_id,
        actor=SYSTEM,
        now=now,
    )
    return slug


def _catalog_file(workshop: int, words: str, now: datetime) -> str:
    """Return a file of goods with a row that is new and one that is wrong, both looked at."""
    rows = f"code,title,maker\nC-1,{words},\nC-2,{words},{words}\n"
    name = exchange.receive(
        workshop_id=workshop,
        catalog=io.BytesIO(rows.encode()),
        name=f"{words}.csv",
        pictures=None,
        pictures_name=None,
        choices=Choices(),
        actor=SYSTEM,
        now=now,
    )
    catalog_files.work_next(now=now)
    return name


def _column(table: str, column: str, row_id: int) -> str:
    db.session.rollback()
    query = sa.text(f"SELECT {column} FROM {table} WHERE id = :id")
    return str(db.session.execute(query, {"id": row_id}).scalar_one())


def _public(table: str, row_id: int) -> str:
    return _column(table, "public_id", row_id)


def _goods(place: int, workshop: int, member: int, slug: str, words: str) -> Goods:
    texts = ProductTexts(
        title_en=words,
        summary=words,
        summary_en=words,
        material=words,
        material_en=words,
        technique=words,
        technique_en=words,
        care=words,
        care_en=words,
    )
    product = catalog.create_product(
        workshop_id=workshop,
        code=f"V-{slug}"[:20],
        title=f"{words}凉鞋",
        texts=texts,
        craft="sandal",
        making_minutes=120,
        maker_id=member,
        actor=SYSTEM,
        now=BEGINNING,
    )
    sku = f"V-{slug}-37"
    catalog.add_variants(
        product_id=product,
        variants=[NewVariant(sku=sku, size="37", color=words[:40], color_en=words[:40])],
        actor=SYSTEM,
        now=BEGINNING,
    )
    split = split_price(
        Money(8800), pay=Money(4620), material=Money(1250), pack=Money(300), workshop=Money(900)
    )
    sheet = catalog.propose_price(product_id=product, split=split, actor=SYSTEM, now=BEGINNING)
    catalog.approve_price(sheet_id=sheet, actor=SYSTEM, now=BEGINNING)
    catalog.list_product(product_id=product, actor=SYSTEM, now=BEGINNING)
    a_rate(product_id=product)
    variant = int(
        db.session.execute(
            sa.text("SELECT id FROM variants WHERE product_id = :id"), {"id": product}
        ).scalar_one()
    )
    a_delivery([Quantity(variant, 40, place)], now=BEGINNING)
    return Goods(variant, product, workshop, place, sku)


def _work(village: Village, words: str, now: datetime) -> dict[str, str]:
    goods, member = village.goods, village.member_id
    work = a_work_order(now=now - 6 * DAY, craft=goods, member_id=member, quantity=20)  # type: ignore[arg-type]  # a craft has the same names
    inspected = a_hand_in(now=now - 5 * DAY, work_order_id=work, pieces=4)
    making.accept_hand_in(
        hand_in_id=inspected,
        verdict=Verdict(passed=3, second_grade=1, reason=words),
        actor=SYSTEM,
        now=now - 5 * DAY,
    )
    waiting = a_hand_in(now=now, work_order_id=work, pieces=2)
    production.print_slips(station_id=village.station_id, slips=2, actor=SYSTEM, now=now)
    worker = an_actor(Role.SOCIAL_WORKER, at=village.station_id, name=words[:40])
    run = a_pay_run(
        workshop_id=village.workshop_id, now=now + DAY, preparer=worker, is_approved=False
    )
    tool = a_deduction(member_id=member, item=words[:80], actor=worker, now=now)
    project = a_project(
        workshop_id=village.workshop_id, title=words[:80], actor=worker, now=now + 30 * DAY
    )
    sheet = a_sheet(
        project_id=project,
        attended={member: TRAINING},
        is_agreed=False,
        actor=worker,
        now=now + 30 * DAY,
    )
    account = an_account(
        member_id=member,
        holder=words[:40],
        relation=words[:60],
        witness_id=an_actor(Role.SOCIAL_WORKER, at=village.station_id).user_id,
        agrees=False,
        actor=worker,
        now=now,
    )
    (slip,) = earnings.slips(run)
    return {
        "adjustment": _public("adjustments", tool),
        "year": _year(village, words, worker, now),
        "payee": _public("payee_accounts", account),
        "pay_slip": slip.public_id,
        "project": _public("funded_projects", project),
        "sheet": _public("allowance_sheets", sheet),
        "work": _public("work_orders", work),
        "hand_in": _public("hand_ins", inspected),
        "piece": making_known.codes_of(inspected)[0].code,
        "hand_in_waiting": _public("hand_ins", waiting),
        "pay_run": _public("pay_runs", run),
        "earning": _public("earnings", earnings.earning_by_key(f"hand_in:{inspected}") or 0),
    }


def _year(village: Village, words: str, worker: Actor, now: datetime) -> str:
    """Return a year whose papers lie open, with a word of the meeting's in it."""
    drawn_up = years.draw_up(
        workshop_id=village.workshop_id,
        year=now.year,
        surplus_of_year=Money(100_000),
        old_loss=Money(0),
        reserve_percent=10,
        patronage_percent=70,
        accounts={},
        actor=worker,
        now=now,
    )
    plan = db.session.execute(
        sa.text("SELECT id FROM year_plans WHERE public_id = :id"), {"id": drawn_up}
    ).scalar_one()
    meeting = date(now.year + 1, 2, 1)
    bookkeeper = an_actor(Role.BOOKKEEPER, at=village.station_id)
    years.open_papers(
        plan_id=plan,
        meeting_on=meeting,
        actor=bookkeeper,
        now=now.replace(year=now.year + 1, month=1, day=5),
    )
    sharing.decide(
        plan_id=plan,
        votes_for=4,
        votes_against=1,
        words=words,
        actor=bookkeeper,
        now=now.replace(year=now.year + 1, month=2, day=1),
    )
    return drawn_up


def _sales(village: Village, slug: str, words: str, now: datetime) -> dict[str, str]:
    contact = Contact(
        phone="13800001111", name=f"{words}女士", region=words, address=words, note=words
    )
    experience = booking.create_experience(
        workshop_id=village.workshop_id,
        slug=f"lesson-{slug}",
        texts=ExperienceTexts(
            title=words,
            title_en=words,
            summary=words,
            summary_en=words,
            bring=words,
            bring_en=words,
            meeting_point=words,
            meeting_point_en=words,
            road_note=words,
            road_note_en=words,
        ),
        prices=ExperiencePrices(
            adult=Money(9800),
            child=Money(6800),
            family=Money(14800),
            instructor_fee=Money(12000),
            assistant_fee=Money(6000),
            kit=Money(1200),
            insurance=Money(300),
            room=Money(3000),
        ),
        minutes=120,
        actor=SYSTEM,
        now=BEGINNING,
    )
    session = booking.plan_session(
        experience_id=experience,
        starts_at=now + 3 * DAY,
        instructor_id=village.member_id,
        actor=SYSTEM,
        now=now,
    )
    paid = an_order(now=now, goods={village.goods: 1}, contact=contact)
    pay(paid, now=now)
    seats = a_paid_order(now=now, seats={session: (1, 0, 0)})
    fetched = an_order(
        now=now,
        goods={village.goods: 1},
        method=Method.PAY_ON_PICK_UP,
        handover=Handover.PICK_UP,
        contact=contact,
    )
    said = _voices(village, contact, words, now)
    orders_kept.queue_unmatched(
        returns=[
            NewUnmatched(
                key=f"return-{slug}",
                station_id=village.station_id,
                workshop_id=village.workshop_id,
                order_number=words[:40],
                line_number=1,
                buyer_reference=words[:40],
                sku=words[:40],
                title=words,
                quantity=1,
                unit=Money(100),
                reason="no_sale",
                returned_at=now,
            )
        ]
    )
    unmatched = db.session.execute(
        sa.text("SELECT id FROM unmatched_returns WHERE key = :key"), {"key": f"return-{slug}"}
    ).scalar_one()
    coupon = coupons.propose(
        terms=replace(TWENTY_OFF, title=words[:60]),
        station_id=village.station_id,
        workshop_id=village.workshop_id,
        actor=SYSTEM,
        now=now,
    )
    invoices.ask(
        order_id=paid.order_id,
        wish=InvoiceWish(TitleKind.PERSONAL, words[:60]),
        workshops={village.workshop_id: village.station_id},
        now=now,
    )
    (invoice,) = invoices_known.invoices_of(paid.order_id)
    return {
        "coupon": coupon,
        "invoice": invoice.public_id,
        "part": orders.order(paid.order_id).parts[0].public_id,
        "counter_part": orders.order(fetched.order_id).parts[0].public_id,
        "parcel": _parcel(village, contact, now),
        "order": paid.number,
        **said,
        "transfer": _transfer(village, contact, words, now),
        **_claims(village, contact, words, now),
        "session": _public("experience_sessions", session),
        "booking": str(
            db.session.execute(
                sa.text("SELECT code FROM bookings WHERE owner = :o"),
                {"o": f"order:{seats.order_id}"},
            ).scalar_one()
        ),
        "experience_slug": f"lesson-{slug}",
        "unmatched": str(unmatched),
    }


def _parcel(village: Village, contact: Contact, now: datetime) -> str:
    placed = an_order(now=now, goods={village.goods: 1}, contact=contact)
    pay(placed, now=now)
    (part,) = orders.order(placed.order_id).parts
    return delivering.pack_for_town(
        fulfillment_public_id=part.public_id, key=part.public_id, actor=SYSTEM, now=now
    )


def _transfer(village: Village, contact: Contact, words: str, now: datetime) -> str:
    """Return a transfer that one person saw come, with the bank's own words."""
    transfers.install(AN_ACCOUNT)
    placed = an_order(
        now=now, goods={village.goods: 1}, method=Method.BANK_TRANSFER, contact=contact
    )
    return transferring.see(
        number=placed.number,
        amount=orders.order(placed.order_id).total,
        reference=f"{village.code} {words}"[:60],
        payer=words,
        came_on=business_day(now),
        key=f"seen-{placed.number}",
        actor=an_actor(Role.BOOKKEEPER, at=village.station_id),
        now=now,
    )


def _claims(village: Village, contact: Contact, words: str, now: datetime) -> dict[str, str]:
    """Return a claim that waits for the room, and one that its buyer took to the town."""
    number = an_arrived_order(now=now, goods={village.goods: 2}, contact=contact)
    order = orders.order(orders.order_id_of(number) or 0)

    def bring(key: str) -> str:
        return claiming.open_claim(
            order_id=order.id,
            kind=ClaimKind.FAULTY,
            pieces={order.lines[0].id: 1},
            words=words,
            key=f"{key}-{number}",
            now=now,
        )

    at_town = bring("at-town")
    for _ in range(2):
        by = an_actor(Role.BOOKKEEPER, at=village.station_id)
        claiming.refuse(public_id=at_town, words=words, actor=by, now=now)
        claiming.raise_higher(order_id=order.id, public_id=at_town, words=words, now=now)
    return {"claim": bring("waits"), "claim_at_town": at_town, "claimed_order": number}


def _voices(village: Village, contact: Contact, words: str, now: datetime) -> dict[str, str]:
    """Let buyers say, ask and thank, so that every kind of it waits for somebody."""

    def bought() -> str:
        return an_arrived_order(now=now, goods={village.goods: 1}, contact=contact)

    def hide(name: str) -> str:
        return reviews.propose_hiding(
            public_id=name, reason=HidingReason.ABUSE, note=words, actor=first, now=now
        )

    first, second = (
        an_actor(Role.SOCIAL_WORKER, at=village.station_id, name=words[:40]) for _ in "ab"
    )
    arrived = bought()
    review = a_review(now=now, number=arrived, stars=2, text=words)
    reviews.answer_review(public_id=review, text=words, actor=first, now=now)
    hiding = hide(review)
    hidden = bought()
    objection = hide(a_review(now=now, number=hidden, stars=1, text=words))
    reviews.confirm_hiding(public_id=objection, actor=second, now=now)
    reviewing.object_to_hiding(token=a_token_of(hidden), position=1, text=words, now=now)
    answered, question = (
        a_question(now=now, goods=village.goods, text=f"{words}{n}") for n in "甲乙"
    )
    reviews.answer_question(public_id=answered, text=words, actor=first, now=now)
    for number in (arrived, hidden):
        reviewing.thank_maker(
            token=a_token_of(number),
            position=1,
            phrase=None,
            text=words,
            locale="zh_Hans",
            now=now,
        )
    shown, card = voices.cards_waiting(Scope((stations_known.path_of(village.station_id),))).items
    reviews.decide_card(public_id=shown.public_id, is_shown=True, actor=second, now=now)
    return {
        "review": review,
        "review_token": a_token_of(arrived),
        "order_token": orders.path_for_buyer(arrived).removeprefix("/o/"),
        "hiding": hiding,
        "objection": objection,
        "question": question,
        "card": card.public_id,
    }


def _notice(place: int, words: str, now: datetime) -> str:
    """Return somebody to tell in person."""
    key = f"village:{place}"
    a_message(
        now=now, key=key, reach=Reach(name=words[:60]), station_id=place, subject=f"village:{place}"
    )
    return str(
        db.session.scalar(
            sa.text(
                "SELECT s.id FROM sendings s JOIN messages m ON m.id = s.message_id "
                "WHERE m.key = :key"
            ),
            {"key": key},
        )
    )


def the_staff_of(village: Village, *, town: int, county: int) -> dict[str, Actor]:
    """Return one person per role of the demonstration, all of this village and what is above."""
    staff = {str(role): an_actor(role, at=village.station_id) for role in ROOM_ROLES}
    staff[str(Role.TOWN_SUPERVISOR)] = an_actor(Role.TOWN_SUPERVISOR, at=town)
    staff[str(Role.COUNTY_OFFICER)] = an_actor(Role.COUNTY_OFFICER, at=county)
    staff[str(Role.MAKER)] = a_maker(member_id=village.member_id)
    return staff


def a_token(actor: Actor, *, now: datetime) -> str:
    """Return the token of a new sign-in of somebody."""
    login = accounts_known.user_by_id(actor.user_id or 0).login
    password = PIN if actor.member_id else PASSWORD
    return accounts.sign_in(login=login, password=password, device="", now=now).token
