"""Maps the columns of the Online Retail data to those that ``shop import-orders`` reads.

Its pounds become yuan one to one: the import itself refuses a foreign currency by name.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

HEAD = (
    "order_number",
    "time",
    "buyer_reference",
    "sku",
    "title",
    "quantity",
    "unit_price",
    "currency",
)


def mapped(rows: Iterable[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield (
            row["InvoiceNo"],
            row["InvoiceDate"],
            row["CustomerID"].removesuffix(".0"),
            row["StockCode"],
            row["Description"] or row["StockCode"],
            row["Quantity"],
            row["UnitPrice"],
            "CNY",
        )


def adapt(source: Path, target: Path) -> Path:
    """Write ``source`` (CSV, may be gzipped) as a file of ours and return it."""
    opener = gzip.open if source.suffix == ".gz" else open
    with (
        opener(source, "rt", encoding="utf-8", newline="") as stream,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out)
        writer.writerow(HEAD)
        writer.writerows(mapped(csv.DictReader(stream)))
    return target
