"""What programs tell us: a payment provider by its signature, a mailbox by its token."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from shop.notifications import post
from shop.payments import services as payments
from shop.web.access import now, public
from shop.web.limits import limiter
from shop.web.origin import from_machines

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")

MOST_BYTES = 1_000_000


@blueprint.post("/no-more/<string:token>")
@public
@from_machines
@limiter.limit("30 per minute")
def no_more(token: str) -> Response:
    """Take a mailbox's word that its owner wants no more of such messages (RFC 8058)."""
    post.stop(token, now=now())
    return Response(status=200, mimetype="text/plain", response="")


@blueprint.post("/stripe")
@public
@from_machines
def stripe() -> Response:
    """Take in one event of Stripe; 200 also when it came before, so that Stripe stops sending.

    Raises BadSignature (400) and then keeps nothing.
    """
    if (request.content_length or 0) > MOST_BYTES:
        raise RequestEntityTooLarge
    request.max_content_length = MOST_BYTES
    payments.take_webhook(
        body=request.get_data(cache=False),
        signature=request.headers.get("Stripe-Signature", ""),
        now=now(),
    )
    return Response(status=200, mimetype="application/json", response="{}")
