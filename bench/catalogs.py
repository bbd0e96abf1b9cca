"""How long a catalog takes to look at, to write and to take out, and how much memory.

Run: .venv/bin/python bench/catalogs.py [PRODUCTS]   (default 5,000 products of four sizes)
"""

from __future__ import annotations

import csv
import itertools
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from flask_migrate import upgrade

from shop.app import Settings, create_app
from shop.exchange.files.columns import NAMES
from shop.exchange.files.pictures import open_pictures
from shop.exchange.files.stage import staged
from shop.exchange.files.writing import csv_pieces, write_workbook
from shop.exchange.rules import Choices
from shop.kernel.access import SYSTEM, Scope
from shop.kernel.clock import utc_now
from shop.stations import queries as stations
from shop.stations import services as stations_services
from shop.workflows import catalog_export, catalog_feed, catalog_import
from shop.workflows.catalog_export import Shape

DIVISIONS = Path(__file__).parent.parent / "shop/data/divisions"
WHOLE = Scope(("/",))


def a_catalog(file: Path, products: int) -> None:
    """Write goods of four sizes each, with texts in both languages and a price."""
    words = {
        "summary": "八股平编，一双一双手编，软底不磨脚，穿一夏天越穿越贴脚。" * 3,
        "summary_en": "Woven pair by pair; soft soles that shape themselves to your feet. " * 3,
        "material": "棉麻绳、布底",
        "care": "沾水后阴干，不要暴晒。",
        "minutes": "120",
        "price": "88.00",
        "material_cost": "12.50",
        "pack": "3.00",
        "workshop_part": "9.00",
    }
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["code", "sku", "size", "title", "title_en", *words])
        writer.writeheader()
        for number, size in itertools.product(range(products), range(36, 40)):
            code = f"S-{number:06d}"
            row = {"code": code, "sku": f"{code}-{size}", "size": str(size)}
            if size == 36:
                row |= {"title": f"手编凉鞋 {number}", "title_en": f"Sandals {number}", **words}
            writer.writerow(row)


def took(what: str, act: Callable[[], object]) -> None:
    """Run and print time on the clock, time of the CPU and the most memory so far."""
    clock, cpu = time.perf_counter(), time.process_time()
    result = act()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{what:<34}{clock:>8.1f} s {cpu:>8.1f} s CPU {memory:>6} MiB   {result}")


def main() -> None:
    """Build a shop with one workshop, then bring a catalog in, look again, and take it out."""
    products = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        app = create_app(Settings(mode="test", data_folder=folder))
        with app.app_context(), staged(place / "stage.sqlite3") as stage:
            upgrade()
            now = utc_now()
            stations_services.import_divisions(DIVISIONS, now=now, progress=catalog_import.quietly)
            workshop_id = stations_services.add_workshop(
                station_id=stations.station_by_code("500229212202").id,
                slug="bench",
                name="工坊",
                seller_name="合作社",
                craft="sandal",
                actor=SYSTEM,
                now=now,
            )
            file, book = place / "goods.csv", place / "goods.xlsx"
            a_catalog(file, products)
            print(f"{products:,} products, {products * 4:,} rows, {file.stat().st_size:,} bytes")

            def look(at: Path) -> str:
                with open_pictures(None) as pictures:
                    found = catalog_import.read(
                        file=at,
                        pictures=pictures,
                        stage=stage,
                        workshop_id=workshop_id,
                        choices=Choices(),
                        actor=SYSTEM,
                        tell=catalog_import.quietly,
                    )
                return ", ".join(f"{kind} {count}" for kind, count in found.counts.items() if count)

            def write() -> object:
                return catalog_import.write(
                    stage=stage,
                    pictures={},
                    workshop_id=workshop_id,
                    actor=SYSTEM,
                    now=now,
                    tell=catalog_import.quietly,
                )["new"]

            def rows() -> Iterator[list[str]]:
                return catalog_export.rows(scope=WHOLE, shape=Shape.OWN, address_of=str)

            def workbook() -> int:
                head, goods = list(NAMES), itertools.islice(rows(), 1, None)
                write_workbook(book, sheet="goods", head=head, rows=goods, notes=("columns", []))
                return book.stat().st_size

            took("look at the CSV, all new", lambda: look(file))
            took("write it, one transaction", write)
            took("look at it again, all the same", lambda: look(file))
            took("take out as CSV", lambda: sum(len(p) for p in csv_pieces(rows())))
            took("take out as XLSX", workbook)
            took("look at the XLSX", lambda: look(book))
            took("product feed", lambda: sum(1 for _ in catalog_feed.items(now=now)))


if __name__ == "__main__":
    main()
