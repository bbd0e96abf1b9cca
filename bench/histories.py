"""Live random histories of orders over the real services, as many as asked, and prove the house.

    .venv/bin/python -m bench.histories [HISTORIES] [FIRST_SEED]     (default 100,000 from 1)

A database of its own in memory for every thousand, so that the thousandth is as quick as the
first. A history that goes wrong is named by its seed; ``... 1 SEED`` lives it again.
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
from tests.builders.orders import a_bank
from tests.conftest import Sqlite, a_quick_folder
from tests.journeys.histories import History, World

NOON = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
AT_ONCE = 1000


def main() -> int:
    """Return 0 when every history held and every thousand was proven."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began, told, findings = time.monotonic(), Counter[str](), []
    with TemporaryDirectory() as kept:
        house = Sqlite(a_quick_folder(Path(kept)))
        for start in range(first, first + many, AT_ONCE):
            house.empty()
            with house.app.app_context(), a_bank() as bank:
                world = World(bank)
                for seed in range(start, min(start + AT_ONCE, first + many)):
                    try:
                        History(world, seed, NOON).live()
                    except Exception as error:
                        error.add_note(f"seed {seed}")
                        raise
                findings += [str(one) for one in proof.prove(tell=lambda _: None)]
                findings += world.wrong_shelves(NOON)
                told += world.told
                db.session.remove()
            so_far = min(start + AT_ONCE, first + many) - first
            print(
                f"{so_far} histories, {sum(told.values())} acts, {len(findings)} findings,"
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
