"""Live random weeks of pay over the real services, as many as asked, and prove the house.

    .venv/bin/python -m bench.pay_lives [LIVES] [FIRST_SEED]     (default 10,000 from 1)

A database of its own in memory for every two hundred. A life that goes wrong is named by its
seed; ``... 1 SEED`` lives it again.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from shop.kernel.db import db
from shop.oversight import proof
from tests.conftest import Sqlite, a_quick_folder
from tests.journeys.pay_lives import PayLife, PayWorld

NOON = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
AT_ONCE = 200


def main() -> int:
    """Return 0 when every life held and every two hundred were proven."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began, told, findings = time.monotonic(), Counter[str](), []
    with TemporaryDirectory() as kept:
        house = Sqlite(a_quick_folder(Path(kept)))
        for start in range(first, first + many, AT_ONCE):
            house.empty()
            end = min(start + AT_ONCE, first + many)
            with house.app.app_context():
                world = PayWorld()
                for seed in range(start, end):
                    PayLife(world, seed, NOON).live()
                findings += [str(one) for one in proof.prove(tell=lambda _: None)]
                told += world.told
                db.session.remove()
            print(
                f"{end - first} lives, {sum(told.values())} acts, {len(findings)} findings,"
                f" {time.monotonic() - began:.0f} s",
                flush=True,
            )
        house.close()
    for act, times in sorted(told.items()):
        print(f"  {times:8} {act}")
    print(*findings[:20], sep="\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
