"""Replay all 720 orders of six webhook events, plainly one by one, twice each, and check the end.

    .venv/bin/python -m bench.event_orders [--postgres]

Slow on purpose: the ordinary tests walk the same 720 orders as paths that meet.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from shop.kernel.clock import utc_now
from shop.kernel.db import db
from tests.builders.orders import some_goods
from tests.conftest import Postgres, Sqlite
from tests.workflows.test_event_orders import ALL_ORDERS, RIGHT, findings, hear_in_order


def main() -> int:
    """Return 0 when every order ended in the right state and every check is green."""
    kind = Postgres if "--postgres" in sys.argv else Sqlite
    with TemporaryDirectory() as folder:
        house = kind(Path(folder))
        with house.app.app_context():
            goods, now, began = some_goods(pieces=len(ALL_ORDERS)), utc_now(), time.monotonic()
            wrong = 0
            for number, order in enumerate(ALL_ORDERS):
                wrong += hear_in_order(goods, now, order, number) != RIGHT
            found = findings()
            db.session.remove()
        house.close()
    print(
        f"{kind.__name__}: {len(ALL_ORDERS)} orders, {wrong} wrong, {len(found)} findings,"
        f" {time.monotonic() - began:.0f} s"
    )
    return 1 if wrong or found else 0


if __name__ == "__main__":
    sys.exit(main())
