"""The blueprint of the overview and the frame around its pages."""

from __future__ import annotations

from flask import Blueprint

from shop.web.desk_frame import desk_frame

blueprint = Blueprint("oversight", __name__, url_prefix="/oversight")
blueprint.context_processor(desk_frame)
