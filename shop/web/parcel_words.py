"""How the states of a parcel are called, and with which mark: at the desk, the town, the buyer."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from shop.orders.rules import ParcelState

# state -> what it is called, and the kind of its mark (components/status)
PARCEL_STATES: Mapping[ParcelState, tuple[LazyString, str]] = {
    ParcelState.TO_TOWN: (_l("On its way to the town"), "waiting"),
    ParcelState.AT_TOWN: (_l("At the town"), "waiting"),
    ParcelState.SENT: (_l("With the carrier"), "info"),
    ParcelState.RECEIVED: (_l("With the buyer"), "sure"),
    ParcelState.CAME_BACK: (_l("Came back to us"), "danger"),
    ParcelState.OPENED: (_l("Opened again before it left"), "info"),
}
