"""Favorites: keep a product, find it again, and keep it no longer; no account is needed."""

from __future__ import annotations

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from shop.kernel.errors import NotFound
from shop.web.access import current_actor, now, public
from shop.web.favorites import leave_on_device, network_mark, on_device
from shop.web.limits import limiter
from shop.web.origin import without_token
from shop.web.storefront.door import blueprint
from shop.workflows import loving


@blueprint.get("/favorites")
@public
def favorites() -> ResponseReturnValue:
    """Show what this device keeps, and the person who is signed in on it."""
    user_id = current_actor().user_id
    kept = loving.favorites_of(on_device(), user_id=user_id, now=now())
    page = render_template("storefront/favorites.html", kept=kept, is_signed_in=user_id is not None)
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.post("/favorites")
@public
@without_token
@limiter.limit("60 per minute; 400 per day")
def keep_favorite() -> ResponseReturnValue:
    """Keep a product, or with ``keep=0`` keep it no longer."""
    public_id = request.form.get("product", "")[:16]
    user_id, ids = current_actor().user_id, on_device()
    if request.form.get("keep") == "0":
        ids = [one for one in ids if one != public_id]
        change = loving.keep_no_more
    else:
        ids = [public_id, *(one for one in ids if one != public_id)]
        change = loving.keep
    response = redirect("/favorites", code=303)
    try:
        change(public_id, network=network_mark(public_id), user_id=user_id, now=now())
    except NotFound:
        ids = [one for one in ids if one != public_id]
    leave_on_device(response, ids)
    return response
