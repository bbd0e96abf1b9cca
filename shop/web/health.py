"""Whether the site is alive and ready, for whoever keeps it running."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from shop.kernel import health
from shop.web.access import now, public

blueprint = Blueprint("health", __name__)

QUIET = timedelta(seconds=60)


@blueprint.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """Answer as long as the process does."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Answer 200 only when the database, its migrations and a worker are all there."""
    state = health.readiness(
        migrations=current_app.extensions["migrate"].directory, now=now(), quiet=QUIET
    )
    return jsonify(state), 200 if all(state.values()) else 503
