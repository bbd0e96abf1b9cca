"""What the door to programs says of itself: where it begins, its document, and a page to read."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import msgspec
from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from shop.web.access import public
from shop.web.addresses import absolute, site_address
from shop.web.api.document import INTRODUCTION, TAGS, document
from shop.web.api.door import OPERATIONS, blueprint


@blueprint.get("")
@public
def show_beginning() -> ResponseReturnValue:
    """Say what this is and where its document lies."""
    return jsonify(
        name="dengliang",
        version=1,
        goods=absolute("/api/v1/goods"),
        document=absolute("/api/v1/openapi.json"),
        page=absolute("/api/v1/docs"),
    )


@lru_cache(maxsize=8)
def _document(address: str) -> bytes:
    return msgspec.json.encode(document(address))


@blueprint.get("/openapi.json")
@public
def show_document() -> ResponseReturnValue:
    """Answer with the OpenAPI 3.1 document of every operation."""
    body = _document(site_address())
    response = Response(body, content_type="application/json")
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    response.set_etag(hashlib.blake2b(body, digest_size=12).hexdigest(), weak=True)
    return response.make_conditional(request)


@blueprint.get("/docs")
@public
def show_page() -> ResponseReturnValue:
    """Show every operation to a person, from the same document."""
    said = msgspec.json.decode(_document(site_address()))
    return render_template(
        "api/docs.html",
        said=said,
        introduction=INTRODUCTION,
        tags=TAGS,
        operations=list(OPERATIONS.values()),
    )
