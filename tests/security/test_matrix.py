"""Every role against every address, also those of another village: trust.md A2, A4.

The addresses come from the application itself; a new one whose ids nobody named fails the test.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from shop.accounts.rules import Role
from shop.kernel.db import Base, db
from shop.stations.models import Station
from tests.builders.villages import ROOM_ROLES
from tests.security.addresses import address, form_mark, mark, rules, village_id
from tests.security.conftest import SCRIPT, SECRET, Town

ROLES = [
    "visitor",
    str(Role.MAKER),
    *map(str, ROOM_ROLES),
    str(Role.TOWN_SUPERVISOR),
    str(Role.COUNTY_OFFICER),
]
GREEDY = {
    "quantity": "1", "pieces": "1", "passed": "2", "carrier": "EMS", "tracking": "1", "do": "pause",
    "to": "pause", "given": "500", "note": "x", "answer": "accept", "channel": "cash",
    "reason": "x", "price": "99.00", "title": "x", "adults": "1", "code": "ABCDEF", "material": "x",
    "unit": "m", "key": "0123456789abcdef0123", "yes": "1",
}  # fmt: skip


def reaches(town: Town, role: str, rule: Rule, village_name: str) -> bool:
    """Say whether a role may do what an address asks, at the place of a village."""
    wanted = mark(town, rule).permission
    actor = town.staff.get(role)
    if actor is None or wanted is None:
        return False
    with town.app.app_context():
        path = db.session.scalar(
            sa.select(Station.path).where(Station.id == getattr(town, village_name).station_id)
        )
        db.session.remove()
    return actor.may(wanted, at=path)


def expected(town: Town, role: str, rule: Rule, village_name: str) -> set[int]:
    """Return the statuses that are right for a GET."""
    asked = mark(town, rule)
    actor = town.staff.get(role)
    fine, missing, closed = {200, 302, 303, 304}, {404}, {403}
    too_early = {409}  # a receipt before the money
    if asked.kind == "public":
        # A program that asks without its parameters is told so.
        return fine | missing | ({400} if rule.rule.startswith("/api/") else set())
    if asked.kind == "program" or actor is None:
        return {401 if asked.kind == "program" else 302}  # a sign-in is no token
    if asked.kind == "requires" and not actor.holds(asked.permission):
        return closed
    if village_id(rule) is None:
        return fine | missing | closed  # such as the own pages of somebody who is no maker
    if village_name == "other" and not reaches(town, role, rule, village_name):
        own = town.guest(role).get(address(town, rule, "own")).status_code
        return closed | missing if own == 403 else missing
    return fine | missing | closed | too_early


@pytest.mark.parametrize("village_name", ["own", "other"])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_what_it_may_and_nothing_of_another_village(town, role, village_name):
    guest = town.guest(role)
    wrong = []
    for rule in rules(town, "GET"):
        path = address(town, rule, village_name)
        answer = guest.get(path)
        text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        right = expected(town, role, rule, village_name)
        if answer.status_code not in right:
            wrong.append(f"{path} answers {answer.status_code}, not {right}")
        if SCRIPT in text:
            wrong.append(f"{path} shows a script as markup")
        if SECRET in text and mark(town, rule).kind != "public" and role != "county_officer":
            wrong.append(f"{path} tells the other village's secret")
    assert wrong == []


OWN_PAGES = {
    "social_worker": [
        "hand_in_waiting",
        "part",
        "product",
        "session",
        "work",
        "pay_run",
        "review",
    ],
    "workshop_lead": ["part", "product", "work", "review"],
    "inspector": ["hand_in_waiting", "pin_reset"],
    "bookkeeper": ["pay_run"],
    "cashier": ["counter_part", "pay_run"],
    "town_supervisor": ["station", "member"],
    "county_officer": ["station"],
}


@pytest.mark.parametrize("role", OWN_PAGES)
def test_a_role_does_open_the_pages_of_its_own_village(town, role):
    guest = town.guest(role)
    opened = {
        village_id(rule)
        for rule in rules(town, "GET")
        if mark(town, rule).kind == "requires"
        and guest.get(address(town, rule, "own")).status_code == 200
    }
    assert set(OWN_PAGES[role]) <= opened


def everything(town: Town) -> dict[str, int]:
    """Return a number for what stands in each table; the traces of reading are left out."""
    left_out = {"sign_ins", "heartbeats", "carts", "passkey_challenges"}
    with town.app.app_context():
        found = {
            table.name: hash(tuple(map(tuple, db.session.execute(sa.select(table)).all())))
            for table in Base.metadata.sorted_tables
            if table.name not in left_out
        }
        db.session.remove()
    return found


@pytest.mark.parametrize("role", ROLES)
def test_no_role_changes_anything_of_another_village(town, role):
    guest = town.guest(role)
    before = everything(town)
    wrong = []
    for rule in rules(town, "POST"):
        if mark(town, rule).kind != "requires" or village_id(rule) is None:
            continue
        if reaches(town, role, rule, "other"):
            continue
        path = address(town, rule, "other")
        status = guest.post(path, dict(GREEDY)).status_code
        actor = town.staff.get(role)
        asked = mark(town, rule).permission
        right = 302 if actor is None else 404 if actor.holds(asked) else 403
        if status != right:
            wrong.append(f"{path} answers {status}, not {right}")
    assert wrong == []
    assert everything(town) == before


def test_a_form_without_its_token_changes_nothing(town):
    guest = town.guest("operator")
    before = everything(town)
    wrong = []
    for rule in rules(town, "POST"):
        if form_mark(town, rule) != "with_token":
            continue
        path = address(town, rule, "own")
        for data in ({}, {"csrf_token": "forged", **GREEDY}):
            answer = guest.client.post(path, data=data, buffered=True)
            if answer.status_code != 400 and not (
                answer.status_code == 403 and mark(town, rule).kind == "requires"
            ):
                wrong.append(f"{path} {answer.status_code}")
    assert wrong == []
    assert everything(town) == before


def test_a_form_that_stood_on_somebody_elses_page_changes_nothing(town):
    guest = town.guest("operator")
    guest.post("/reading")  # brings the token of this session
    before = everything(town)
    foreign = [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Referer": "https://elsewhere.example/localhost"},
    ]
    wrong = []
    for rule in rules(town, "POST"):
        mark_of_form = form_mark(town, rule)
        if mark_of_form == "from_machines":
            continue
        path = address(town, rule, "own")
        silent = [{"Origin": "null"}] if mark_of_form == "without_token" else []
        for headers in foreign + silent:
            answer = guest.client.post(
                path, data={"csrf_token": guest.token, **GREEDY}, headers=headers, buffered=True
            )
            if answer.status_code != (401 if mark_of_form == "from_programs" else 400):
                wrong.append(f"{path} {headers} {answer.status_code}")
    assert wrong == []
    assert everything(town) == before
