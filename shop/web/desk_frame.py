"""The frame that desk, counter and oversight share: where one is, who one is, what one may open."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext as _

from shop.kernel.access import Actor, Permission, Scope
from shop.stations import queries as stations
from shop.web.access import current_actor
from shop.web.fields import problems_of
from shop.web.filters import localized
from shop.workflows import transferring

# Their addresses are part of the product; the names of their views are their own.
COUNTER = "/counter"
OVERSIGHT = "/oversight"
OBJECTIONS = "/oversight/objections"
CLAIMS_AT_TOWN = "/oversight/claims"
PARCELS_AT_TOWN = "/oversight/parcels"
PAY_AT_TOWN = "/oversight/pay-runs"

PAY = (Permission.PREPARE_PAY, Permission.APPROVE_PAY, Permission.PAY_OUT)
WEIGHING_PAY = (Permission.PREPARE_PAY, Permission.APPROVE_PAY)
GOODS = (Permission.MANAGE_LISTING, Permission.APPROVE_PRICE)
GIVING_BACK = (Permission.REFUND, Permission.TAKE_MONEY)
TRANSFERS = transferring.WHO_SEES
SESSIONS = (Permission.HOST_SESSIONS, Permission.CHECK_IN, Permission.SETTLE_SESSION)
VOICES = (Permission.ANSWER_BUYERS, Permission.MODERATE_REVIEWS)
WORK = (Permission.GIVE_WORK, Permission.RECORD_HAND_IN)
HAND_INS = (Permission.RECORD_HAND_IN, Permission.INSPECT)


def joint_scope(actor: Actor, permissions: tuple[Permission, ...]) -> Scope:
    """Return the part of the tree in which any of the permissions is held."""
    return Scope(tuple(path for one in permissions for path in actor.scope(one).paths))


def desk_frame() -> dict[str, object]:
    """Return what the layout of the desk asks for; part of every page of the three areas."""
    actor = current_actor()
    return {
        "desk_nav": _navigation(actor),
        "desk_title": _title(actor),
        "who": actor.name,
        "sign_out_url": url_for("account.sign_out"),
        "problems_of": problems_of,
    }


def _title(actor: Actor) -> str:
    paths = sorted({reach.path for reach in actor.reaches if reach.path.startswith("/")}, key=len)
    places = stations.ancestors(paths[0]) if paths else []
    if not places:
        return str(_("Work desk"))
    return str(_("Work desk · %(place)s", place=localized(places[-1], "short_name")))


def _navigation(actor: Actor) -> list[tuple[str, str, str, bool]]:
    entries = (
        ((Permission.SEE_DESK,), _("Today"), "backoffice.today", "lamp"),
        (WORK, _("Work given out"), "backoffice.work_list", "needle"),
        ((Permission.RECORD_HAND_IN,), _("Take pieces in"), "backoffice.hand_in_table", "hand"),
        (HAND_INS, _("Hand-ins"), "backoffice.hand_in_list", "inspect"),
        (GOODS, _("Listings"), "backoffice.goods_list", "box"),
        ((Permission.MANAGE_LISTING,), _("Our page"), "backoffice.workshop_list", "shop"),
        ((Permission.CURATE,), _("Curated shelves"), "backoffice.shelf_list", "star"),
        ((Permission.GIVE_WORK,), _("Delivery dates"), "backoffice.pace_list", "clock"),
        ((Permission.MANAGE_LISTING,), _("Parcels"), "backoffice.delivery_list", "truck"),
        (GOODS, _("Coupons"), "backoffice.coupon_list", "gift"),
        ((Permission.MANAGE_WORDS,), _("Words of search"), "backoffice.words_list", "search"),
        ((Permission.FULFILL,), _("Orders to send"), "backoffice.part_list", "truck"),
        ((Permission.TELL_PEOPLE,), _("Messages"), "backoffice.message_list", "phone"),
        (VOICES, _("What buyers say"), "backoffice.question_list", "star"),
        (SESSIONS, _("Sessions"), "backoffice.session_list", "calendar"),
        (PAY, _("Pay days"), "backoffice.pay_run_list", "coins"),
        (PAY, _("Advances, deductions"), "backoffice.adjustment_list", "scale"),
        (WEIGHING_PAY, _("Makers’ bank accounts"), "backoffice.payee_list", "coins"),
        (WEIGHING_PAY, _("Year’s end"), "backoffice.year_list", "calendar"),
        (WEIGHING_PAY, _("Project money"), "backoffice.project_list", "users"),
        ((Permission.WRITE_INVOICES,), _("Invoices"), "backoffice.invoice_list", "print"),
        ((Permission.REFUND,), _("Claims and returns"), "backoffice.claim_list", "return"),
        (GIVING_BACK, _("Money to give back"), "backoffice.refund_list", "coins"),
        (TRANSFERS, _("Bank transfers"), "backoffice.transfer_list", "download"),
        ((Permission.RECONCILE,), _("Payments to look at"), "backoffice.payment_matters", "scale"),
        ((Permission.REFUND,), _("Returns without a sale"), "backoffice.unmatched_list", "return"),
        ((Permission.TAKE_MONEY,), _("Counter"), COUNTER, "shop"),
        ((Permission.MANAGE_PROGRAMS,), _("Outside programs"), "backoffice.program_list", "share"),
        ((Permission.MANAGE_MEMBERS,), _("Makers’ PINs"), "backoffice.pin_list", "lock"),
        ((Permission.RESET_FACTORS,), _("Colleagues"), "backoffice.colleague_list", "users"),
        ((Permission.SEE_OVERSIGHT,), _("Overview"), OVERSIGHT, "eye"),
        ((Permission.DECIDE_OBJECTIONS,), _("Objections"), OBJECTIONS, "scale"),
        ((Permission.DECIDE_OBJECTIONS,), _("Claims at the town"), CLAIMS_AT_TOWN, "return"),
        ((Permission.DISPATCH,), _("Parcels at the town"), PARCELS_AT_TOWN, "truck"),
        ((Permission.CONFIRM_PAY,), _("Pay above the limit"), PAY_AT_TOWN, "coins"),
    )
    here = request.path
    allowed = [
        (str(label), where if where.startswith("/") else url_for(where), mark)
        for permissions, label, where, mark in entries
        if any(actor.holds(one) for one in permissions)
    ]
    current = max(
        (href for _label, href, _mark in allowed if here == href or here.startswith(f"{href}/")),
        key=len,
        default="",
    )
    return [(label, href, mark, href == current) for label, href, mark in allowed]
