"""What changes things: forms filled with anything at all, and rights that end at once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from shop.accounts import services as accounts
from shop.accounts.models import Grant
from shop.accounts.rules import Role
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.oversight import proof
from tests.builders.accounts import PASSWORD
from tests.security.conftest import NOON, Guest, Town
from tests.security.forms import ALONE, NUMBERS, WORDS, all_forms, forms_of, send


def findings(town: Town) -> list[str]:
    with town.app.app_context():
        found = [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]
        db.session.remove()
    return found


@pytest.mark.parametrize("role", ["visitor", "operator", "maker"])
def test_nothing_typed_into_any_form_breaks_a_page_or_the_books(a_town_to_change, role):
    town = a_town_to_change
    guest, forms = all_forms(town, role)
    assert len(forms) >= {"visitor": 6, "operator": 10, "maker": 2}[role]
    broke = []
    for form in forms:
        changes = [{name: text} for name in form.typed for text in ALONE]
        changes += [dict.fromkeys(form.typed, text) for text in (*WORDS.values(), *NUMBERS)]
        for change in changes:
            status = send(guest, form, change)
            if status >= 500:
                shown = {name: text[:30] for name, text in change.items()}
                broke.append(f"{form.action} {status} {shown}")
    assert broke == []
    assert findings(town) == []


def copied(guest: Guest, town: Town) -> Guest:
    """Return another browser into which somebody has copied all cookies."""
    thief = Guest(town.app.test_client(), guest.actor)
    cookie = guest.client.get_cookie("shop")
    assert cookie is not None
    thief.client.set_cookie("shop", cookie.value)
    return thief


def test_signing_out_ends_a_copied_cookie_too(a_town_to_change):
    town = a_town_to_change
    guest = town.guest("social_worker")
    thief = copied(guest, town)
    assert thief.get("/desk").status_code == 200

    assert guest.post("/sign-out").status_code in {302, 303}

    assert guest.get("/desk").status_code == 302
    assert thief.get("/desk").status_code == 302


def test_a_role_that_was_taken_away_ends_at_the_next_request(a_town_to_change):
    town = a_town_to_change
    guest = town.guest("social_worker")
    assert guest.get("/desk").status_code == 200
    with town.app.app_context():
        user_id = town.staff["social_worker"].user_id
        grant = db.session.scalar(sa.select(Grant.id).where(Grant.user_id == user_id))
        accounts.end_grant(grant_id=grant, actor=SYSTEM, now=NOON)
        db.session.remove()

    assert guest.get("/desk").status_code == 403

    with town.app.app_context():
        accounts.grant(
            user_id=user_id,
            role=Role.CASHIER,
            station_id=town.own.station_id,
            actor=SYSTEM,
            now=NOON,
        )
        db.session.remove()
    assert guest.get("/counter").status_code == 200
    assert guest.get("/desk/work/new").status_code == 403


def test_a_new_password_ends_every_other_sign_in(a_town_to_change):
    town = a_town_to_change
    guest = town.guest("social_worker")
    thief = copied(guest, town)
    (form,) = [
        form
        for form in forms_of(guest.get("/account").get_data(as_text=True), "/account")
        if form.action == "/account/password"
    ]
    secret = "a longer word of my own"
    change = {name: PASSWORD if name == "old" else secret for name in form.typed}
    assert send(guest, form, change) in {302, 303}

    assert thief.get("/desk").status_code == 302
