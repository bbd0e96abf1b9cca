"""Whatever is typed, forged or sent: a clear answer, never a 5xx, and the books still agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import html5lib
import pytest
import sqlalchemy as sa

from shop.accounts import queries as accounts_known
from shop.accounts import services as accounts
from shop.accounts.models import Grant
from shop.accounts.rules import Role
from shop.kernel.access import SYSTEM
from shop.kernel.db import db
from shop.oversight import proof
from tests.builders.accounts import PASSWORD
from tests.security.conftest import NOON, SCRIPT, Guest, Town
from tests.security.test_matrix import address, rules

WORDS = {
    "signs of four bytes": "𠮷野家😀𝒲",
    "ten thousand signs": "长" * 10_000,
    "signs nobody can type": "a\x00b\x08c\ud7ff\u202e",
    "markup": '"><script>alert(1)</script>',
    "a formula": "=cmd|' /C calc'!A0",
}
# Put into one field at a time, while the others say what is right.
ALONE = [WORDS["signs of four bytes"] * 100, WORDS["ten thousand signs"], "a\x00b", "-1"]
NUMBERS = [
    "-1",
    "0",
    "99999999999999999999999",
    "1e400",
    "NaN",
    "１２",
    "0x10",
    "1.999",
    "' OR 1=1",
]
DEFAULTS = {"number": "1", "tel": "13800001111", "date": "2026-08-01", "time": "10:00"}


@dataclass
class Form:
    """One form of a page: where it goes and what a person could send with it."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)


def forms_of(page: str, path: str) -> Iterator[Form]:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    for one in tree.iter("form"):
        form = Form(one.get("action") or path, (one.get("method") or "get").lower())
        for control in one.iter():
            _take(form, control)
        yield form


def _take(form: Form, control) -> None:
    name, kind = control.get("name"), control.get("type") or "text"
    if name is None or kind == "file":
        return
    if control.tag == "select":
        options = [o.get("value") or "" for o in control.iter("option")]
        form.values[name] = next((o for o in options if o), "")
        form.typed.append(name)
    elif control.tag == "textarea" or (
        control.tag == "input" and kind not in {"radio", "checkbox"}
    ):
        form.values[name] = control.get("value") or DEFAULTS.get(kind, "字")
        if name != "csrf_token":
            form.typed.append(name)
    elif control.tag == "input" and (name not in form.values or control.get("checked")):
        form.values[name] = control.get("value") or "y"
        form.typed.append(name)
    elif control.tag == "button":
        form.values.setdefault(name, control.get("value") or "")


def all_forms(town: Town, role: str) -> tuple[Guest, list[Form]]:
    """Return every form that somebody is shown on any page of her village."""
    guest = town.guest(role)
    if role == "visitor":
        put_in_cart(town, guest)
    found: dict[tuple[str, tuple[str, ...]], Form] = {}
    for rule in rules(town, "GET"):
        path = address(town, rule, "own")
        answer = guest.get(path)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            for form in forms_of(answer.get_data(as_text=True), path):
                if form.action not in {"/sign-out", "/account/sign-out-everywhere"}:
                    found.setdefault((form.action, tuple(sorted(form.values))), form)
    return guest, list(found.values())


def put_in_cart(town: Town, guest: Guest, *, quantity: str = "2") -> None:
    page = f"/goods/{town.own.ids['product_slug']}"
    (form,) = [
        f for f in forms_of(guest.get(page).get_data(as_text=True), page) if "variant" in f.values
    ]
    assert guest.client.post(page, data={**form.values, "quantity": quantity}).status_code == 303
    guest.token = form.values["csrf_token"]


def send(guest: Guest, form: Form, change: dict[str, str]) -> int:
    if form.method == "get":
        return guest.client.get(form.action, query_string=change, buffered=True).status_code
    sent = guest.client.post(form.action, data={**form.values, **change}, buffered=True)
    return sent.status_code


def findings(town: Town) -> list[str]:
    with town.app.app_context():
        found = [f"{f.code} {f.subject}: {f.detail}" for f in proof.prove(tell=lambda _: None)]
        db.session.remove()
    return found


@pytest.mark.parametrize("role", ["visitor", "operator", "maker"])
def test_nothing_typed_into_any_form_breaks_a_page_or_the_books(a_town_to_change, role):
    town = a_town_to_change
    guest, forms = all_forms(town, role)
    assert len(forms) >= {"visitor": 6, "operator": 10, "maker": 3}[role]
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


@pytest.mark.parametrize("role", ["visitor", "social_worker", "town_supervisor", "maker"])
def test_what_people_wrote_is_shown_as_text(town, role):
    guest = town.guest(role)
    shown = set()
    for rule in rules(town, "GET"):
        answer = guest.get(address(town, rule, "own"))
        if answer.mimetype == "text/html":
            text = answer.get_data(as_text=True)
            assert SCRIPT not in text, rule.rule
            if "&lt;script&gt;alert(1)" in text:
                shown.add(rule.rule)
    expected = {
        "visitor": {
            "/goods",
            "/goods/<string:slug>",
            "/workshops",
            "/workshops/<string:slug>",
            "/experiences",
            "/experiences/<string:slug>",
        },
        "social_worker": {
            "/desk/goods/<string:public_id>",
            "/desk/orders/<string:public_id>",
            "/desk/orders/<string:public_id>/slip",
            "/desk/work/<string:public_id>",
            "/desk/hand-ins/<string:public_id>",
            "/desk/unmatched-returns",
            "/desk/sessions/<string:public_id>",
        },
        "town_supervisor": {"/oversight/<string:code>/members"},
        "maker": {"/member"},
    }[role]
    assert expected <= shown


def test_a_search_is_shown_as_text_and_breaks_nothing(town):
    guest = town.guest()
    for words in (*WORDS.values(), *NUMBERS, '"', "凉鞋*", "NEAR(", "a AND", "%_%", "'", "\\"):
        answer = guest.client.get("/search", query_string={"q": words})
        assert answer.status_code in ({404} if "\x00" in words else {200}), words
        assert SCRIPT not in answer.get_data(as_text=True)


def checkout_of(guest: Guest) -> Form:
    page = guest.get("/checkout").get_data(as_text=True)
    (form,) = [form for form in forms_of(page, "/checkout") if "key" in form.values]
    form.values.update(
        name="刘女士", region="重庆市渝中区", address="民生路 1 号", phone="13800001111"
    )
    return form


def orders_in(town: Town) -> int:
    with town.app.app_context():
        count = db.session.scalar(sa.text("SELECT COUNT(*) FROM orders"))
        db.session.remove()
    return int(count or 0)


@pytest.mark.parametrize(
    "forged",
    [
        {"total_sent": "1", "total_fetched": "1"},
        {"total_sent": "-9600"},
        {"total_sent": "0"},
        {"handover": "pick_up", "total_fetched": "100"},
        {"method": "free"},
        {"method": "cash"},
        {"handover": "attend"},
        {"key": "short"},
        {"key": ""},
        {"phone": "110"},
    ],
    ids=str,
)
def test_a_forged_checkout_makes_no_order_and_keeps_the_cart(town, forged):
    guest = town.guest()
    put_in_cart(town, guest)
    form = checkout_of(guest)
    before = orders_in(town)

    status = send(guest, form, forged)

    assert status in {409, 422}
    assert orders_in(town) == before
    assert guest.get("/checkout").status_code == 200


@pytest.mark.parametrize("quantity", ["-1", "0", "100", "1.5", "", "many", "9" * 40])
def test_a_forged_quantity_puts_nothing_in_the_cart(town, quantity):
    guest = town.guest()
    page = f"/goods/{town.own.ids['product_slug']}"
    (form,) = [
        f for f in forms_of(guest.get(page).get_data(as_text=True), page) if "variant" in f.values
    ]
    assert send(guest, form, {"quantity": quantity}) in {409, 422}
    assert guest.get("/checkout").status_code == 302


def test_a_variant_of_other_goods_is_refused_on_a_page(town):
    guest = town.guest()
    page = f"/goods/{town.own.ids['product_slug']}"
    (form,) = [
        f for f in forms_of(guest.get(page).get_data(as_text=True), page) if "variant" in f.values
    ]
    with town.app.app_context():
        foreign = db.session.scalar(
            sa.text("SELECT public_id FROM variants WHERE id = :id"),
            {"id": town.other.goods.variant_id},
        )
        db.session.remove()
    for variant in (foreign, "var_NOBODY00", "", "1"):
        assert send(guest, form, {"variant": variant}) in {404, 409, 422}
    assert guest.get("/checkout").status_code == 302


def test_a_line_of_another_cart_cannot_be_changed(town):
    owner, stranger = town.guest(), town.guest()
    put_in_cart(town, owner)
    put_in_cart(town, stranger)
    lines = re.findall(r"/cart/lines/(\d+)", owner.get("/cart").get_data(as_text=True))
    before = checkout_of(owner).values["total_sent"]

    for data in ({"quantity": "9"}, {"remove": "1"}):
        stranger.post(f"/cart/lines/{lines[0]}", data)

    assert checkout_of(owner).values["total_sent"] == before


def test_an_order_is_shown_to_nobody_who_has_not_proved_it(town):
    guest = town.guest()
    number = town.own.ids["order"]
    page = guest.get(f"/orders/{number}").get_data(as_text=True)
    assert "女士" not in page
    assert guest.post(f"/orders/{number}/pay").status_code == 404
    part = town.own.ids["part"]
    assert guest.post(f"/orders/{number}/parts/{part}/received").status_code == 404
    guest.client.set_cookie("orders", "forged.AAAA.BBBB")
    assert "女士" not in guest.get(f"/orders/{number}").get_data(as_text=True)


@pytest.mark.parametrize("signature", [None, "", "t=1,v1=00", "t=1784779200,v1=" + "0" * 64])
def test_a_webhook_with_a_wrong_signature_changes_nothing(town, signature):
    headers = {} if signature is None else {"Stripe-Signature": signature}
    body = b'{"id":"evt_1","object":"event","type":"checkout.session.completed","data":{}}'

    answer = town.app.test_client().post("/hooks/stripe", data=body, headers=headers)

    assert answer.status_code == 400
    with town.app.app_context():
        assert db.session.scalar(sa.text("SELECT COUNT(*) FROM provider_events")) == 0
        db.session.remove()


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


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_house(town, wanted):
    with town.app.app_context():
        login = accounts_known.user_by_id(town.staff["cashier"].user_id).login
        db.session.remove()
    guest = town.guest()

    answer = guest.post("/sign-in", {"login": login, "password": PASSWORD, "next": wanted})

    assert answer.status_code in {302, 303}
    assert answer.headers["Location"] in {"/desk", "/counter", "/"}


def test_signing_in_leads_back_to_where_one_was(town):
    with town.app.app_context():
        login = accounts_known.user_by_id(town.staff["cashier"].user_id).login
        db.session.remove()
    answer = town.guest().post(
        "/sign-in", {"login": login, "password": PASSWORD, "next": "/counter"}
    )
    assert answer.headers["Location"] == "/counter"
