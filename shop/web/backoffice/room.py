"""The blueprint of the work desk and the frame around its pages."""

from __future__ import annotations

from flask import Blueprint

from shop.web.desk_frame import desk_frame

blueprint = Blueprint("backoffice", __name__, url_prefix="/desk")
blueprint.context_processor(desk_frame)
