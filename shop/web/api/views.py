"""What programs may read: who this is and what is on sale."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from shop.catalog import lists
from shop.catalog.lists import Mark
from shop.web.access import now, public

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.get("")
@public
def index() -> ResponseReturnValue:
    """Answer with the name of the service and where its lists are."""
    return jsonify(name="dengliang", version=1, goods="/api/v1/goods")


@blueprint.get("/goods")
@public
def goods() -> ResponseReturnValue:
    """Answer with one page of goods on sale; ``next`` is the address of the following one."""
    mark = Mark.read(request.args.get("after", ""), is_backwards=False)
    cards, _, after = lists.newest(now=now(), mark=mark)
    return jsonify(
        goods=[
            {
                "slug": card.slug,
                "title": card.title,
                "title_en": card.title_en,
                "price_minor": card.price.minor,
                "currency": card.price.currency,
                "workshop": card.workshop_slug,
                "supply": card.supply,
                "is_ready": bool(card.is_ready),
            }
            for card in cards
        ],
        next=f"/api/v1/goods?after={after}" if after else None,
    )
