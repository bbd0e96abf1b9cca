"""Every form a person is shown, as a person (or a forger) would fill it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import html5lib

from tests.security.addresses import address, mark, rules
from tests.security.conftest import Guest, Town

WORDS = {
    "signs of four bytes": "𠮷野家😀𝒲",
    "ten thousand signs": "长" * 10_000,
    "signs nobody can type": "a\x00b\x08c\ud7ff\u202e",
    "markup": '"><script>alert(1)</script>',
    "a formula": "=cmd|' /C calc'!A0",
}
# Put into one field at a time, while the others say what is right.
ALONE = [WORDS["signs of four bytes"], WORDS["ten thousand signs"], "a\x00b"]
NUMBERS = ["-1", "99999999999999999999999", "1e400", "１２", "1.999"]
DEFAULTS = {"number": "1", "tel": "13800001111", "date": "2026-08-01", "time": "10:00"}


# They end the session that the other forms are sent in.
NOT_TRIED = {"/sign-out", "/account/sign-out-everywhere"}


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
    elif control.tag == "button" and control.get("formnovalidate") is None:  # the main one
        form.values.setdefault(name, control.get("value") or "")


def all_forms(town: Town, role: str) -> tuple[Guest, list[Form]]:
    """Return every form on the pages that are hers: public ones are the visitor's to try."""
    guest = town.guest(role)
    if role == "visitor":
        put_in_cart(town, guest)
    found: dict[tuple[str, tuple[str, ...]], Form] = {}
    for rule in rules(town, "GET"):
        is_hers = rule.rule == "/account" or mark(town, rule).kind != "public"
        if role != "visitor" and not is_hers:
            continue
        path = address(town, rule, "own")
        answer = guest.get(path)
        if answer.mimetype == "text/html" and answer.status_code == 200:
            for form in forms_of(answer.get_data(as_text=True), path):
                if form.action not in NOT_TRIED and (form.method == "post" or role == "visitor"):
                    found.setdefault((form.action, tuple(sorted(form.values))), form)
    return guest, list(found.values())


def put_in_cart(town: Town, guest: Guest, *, quantity: str = "2") -> None:
    page = f"/goods/{town.own.ids['product_slug']}"
    (form,) = [
        f for f in forms_of(guest.get(page).get_data(as_text=True), page) if "variant" in f.values
    ]
    assert guest.client.post(page, data={**form.values, "quantity": quantity}).status_code == 303


def send(guest: Guest, form: Form, change: dict[str, str]) -> int:
    if form.method == "get":
        return guest.client.get(form.action, query_string=change, buffered=True).status_code
    sent = guest.client.post(form.action, data={**form.values, **change}, buffered=True)
    return sent.status_code
