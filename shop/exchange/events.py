"""What happened to catalogs that people brought."""

from __future__ import annotations

from dataclasses import dataclass

from shop.kernel.events import Event


@dataclass(frozen=True, slots=True)
class CatalogReceived(Event):
    """Somebody brought a catalog; nothing of it is written yet."""

    catalog_file_id: int


@dataclass(frozen=True, slots=True)
class CatalogWritten(Event):
    """A catalog was written, all of it; the goods have events of their own."""

    catalog_file_id: int
    new_rows: int
    changed_rows: int
