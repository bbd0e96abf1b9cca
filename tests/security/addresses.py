"""Every address of the application, with the ids of one village or the other in it."""

from __future__ import annotations

from werkzeug.routing import Rule

from tests.security.conftest import Town

# Which id of a village an argument of an address takes, by the address up to it.
IDS = {
    "/api/v1/experiences/<string:slug>": "experience_slug",
    "/api/v1/goods/<string:slug>": "product_slug",
    "/api/v1/bookings/<string:code>": "booking",
    "/api/v1/orders/<string:number>": "order",
    "/api/v1/parts/<string:part_id>": "part",
    "/api/v1/cart/seats/<string:session_id>": "session",
    "/api/v1/sessions/<string:session_id>": "session",
    "/api/v1/workshops/<string:slug>": "workshop_slug",
    "/bookings/<string:code>": "booking",
    "/counter/<string:public_id>": "counter_part",
    "/desk/coupons/<string:public_id>": "coupon",
    "/desk/delivery/<string:public_id>": "workshop",
    "/desk/invoices/<string:public_id>": "invoice",
    "/desk/adjustments/<string:public_id>": "adjustment",
    "/member/adjustments/<string:public_id>": "adjustment",
    "/member/slips/<string:public_id>": "pay_slip",
    "/desk/colleagues/<string:public_id>": "colleague",
    "/desk/factor-resets/<string:public_id>": "factor_reset",
    "/desk/goods/<string:public_id>": "product",
    "/desk/goods/catalog/files/<string:public_id>": "catalog_file",
    "/desk/hand-in/slips/<string:slug>": "workshop_slug",
    "/desk/hand-ins/<string:public_id>": "hand_in_waiting",
    "/desk/messages/<int:sending_id>": "sending",
    "/desk/orders/<string:public_id>": "part",
    "/desk/pace/<string:public_id>": "workshop",
    "/desk/parcels/<string:parcel>": "parcel",
    "/desk/pay-runs/<string:public_id>": "pay_run",
    "/desk/projects/<string:public_id>": "project",
    "/desk/sheets/<string:public_id>": "sheet",
    "/desk/payees/<string:public_id>": "payee",
    "/desk/years/<string:public_id>": "year",
    "/desk/pins/<string:public_id>": "pin_reset",
    "/desk/programs/<string:public_id>": "program",
    "/desk/search-words/<int:group_id>": "synonyms",
    "/desk/sessions/<string:public_id>": "session",
    "/desk/unmatched-returns/<int:unmatched_return_id>": "unmatched",
    "/desk/voices/cards/<string:public_id>": "card",
    "/desk/voices/hidings/<string:public_id>": "hiding",
    "/desk/voices/questions/<string:public_id>": "question",
    "/desk/voices/reviews/<string:public_id>": "review",
    "/desk/shelves/<string:slug>": "shelf",
    "/desk/claims/<string:public_id>": "claim",
    "/desk/transfers/<string:public_id>": "transfer",
    "/desk/work/<string:public_id>": "work",
    "/experiences/<string:slug>": "experience_slug",
    "/goods/<string:slug>": "product_slug",
    "/member/hand-ins/<string:public_id>": "hand_in",
    "/member/work/<string:public_id>": "work",
    "/member/aloud/<string:name>": "earning",
    "/o/<string:token>": "order_token",
    "/orders/<string:number>": "order",
    "/p/<string:code>": "piece",
    "/oversight/<string:code>": "station",
    "/oversight/members/<string:public_id>": "member",
    "/oversight/parcels/<string:parcel>": "parcel",
    "/oversight/pay-runs/<string:public_id>": "pay_run",
    "/oversight/claims/<string:public_id>": "claim_at_town",
    "/oversight/objections/<string:public_id>": "objection",
    "/review/<string:token>": "review_token",
    "/shelves/<string:slug>": "shelf",
    "/workshops/<string:slug>": "workshop_slug",
}
# Arguments that name nothing of a village.
ANY = {
    "/art/<path:name>": {"name": "sandals"},
    "/assets/<any(window, work):reader>-<string:digest>": {"reader": "window", "digest": "0"},
    "/cart/lines/<int:line_id>": {"line_id": 999},
    "/desk/payments/differences/": {"difference_id": 999},
    "/desk/payments/events/": {"event_id": 999},
    "/desk/voices/cards/": {"decision": "keep"},
    "/desk/voices/hidings/": {"decision": "drop"},
    "/api/v1/cart/lines/<string:line>": {"line": "999"},
    "/demo-pay/<string:session_id>": {"session_id": "cs_none"},
    "/hooks/no-more/<string:token>": {"token": "none"},
    "/no-more/<string:token>": {"token": "none"},
    "/media/<path:path>": {"path": "ab/none.webp"},
    "/account/addresses/": {"name": "adr_NOBODY00"},
    "/account/passkeys/": {"name": "psk_NOBODY00"},
    "/account/confirm/": {"name": "cod_NOBODY00"},
    "/sign-in/code/": {"name": "cod_NOBODY00"},
    "/sitemaps/goods-<int:number>.xml": {"number": 0},
    "/static/<path:path>": {"path": "none.css"},
}
MORE = {
    "answer": "accept",
    "layout": "csv",
    "receipt": "fin_NOBODY22",
    "picture": "pic_NOBODY00",
    "position": 1,
    "sign_in_id": 999_999,
    "pot": "sure",
    "season": "ssn_none",
    "zone": "dlz_none",
    "token": "tok_NOBODY22",
    "hook": "hok_NOBODY22",
    "message": "msg_none",
    "act": "rest",
    "kind": "text",
    "key": "text-1",
    "sheet_id": 999,
    "claim": "clm_NOBODY22",
    "parcel": "par_NOBODY22",
    "first": 1,
    "last": 2,
}


def village_id(rule: Rule) -> str | None:
    """Return what of a village an address names, or nothing."""
    fitting = [start for start in IDS if rule.rule.startswith(start)]
    return IDS[max(fitting, key=len)] if fitting else None


def address(town: Town, rule: Rule, village_name: str) -> str:
    """Return the address with the ids of one village in it."""
    village = getattr(town, village_name)
    known: dict[str, object] = dict(MORE)
    for start, values in ANY.items():
        if rule.rule.startswith(start):
            known.update(values)
    start = max((s for s in IDS if rule.rule.startswith(s)), key=len, default="")
    if start:
        known[start.rpartition(":")[2].rstrip(">")] = village.ids[IDS[start]]
    for name in ("public_id", "part_id"):
        known.setdefault(name, village.ids["part"])  # a part within an order
    missing = rule.arguments - known.keys()
    assert not missing, f"{rule.rule}: say in this file which id {missing} takes"
    values = {name: known[name] for name in rule.arguments}
    return town.app.url_map.bind("localhost").build(rule.endpoint, values)


def rules(town: Town, method: str) -> list[Rule]:
    return sorted(
        (rule for rule in town.app.url_map.iter_rules() if method in (rule.methods or ())),
        key=lambda rule: rule.rule,
    )


def form_mark(town: Town, rule: Rule) -> str:
    return getattr(town.app.view_functions[rule.endpoint], "form_mark", "with_token")


def mark(town: Town, rule: Rule):
    return town.app.view_functions[rule.endpoint].access_mark
