"""Catalog files as tests need them, and the way through dry run and writing in one call."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from shop.exchange.files.pictures import open_pictures
from shop.exchange.files.stage import Stage, StagedRow, staged
from shop.exchange.rules import Choices, Outcome
from shop.kernel.access import SYSTEM, Actor
from shop.workflows import catalog_import
from tests.builders.stations import a_workshop

# S-01 as in domain.md 5 E2, and a plain piece that is sold when a share of it is hers.
SANDALS = {
    "code": "S-01",
    "title": "手编凉鞋",
    "title_en": "Hand-woven sandals",
    "summary": "八股平编。",
    "material": "棉麻绳、布底",
    "care": "沾水后阴干",
    "minutes": "120",
    "price": "88",
    "material_cost": "12.50",
    "pack": "3",
    "workshop_part": "9",
}
PENDANT = {
    "code": "P-09",
    "title": "小挂件",
    "material": "棉绳",
    "care": "用软布轻擦",
    "pay_lane": "consignment",
    "share_percent": "55",
    "price": "30",
}


def a_catalog(folder: Path, *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    """Return a CSV file with the columns that any of the rows has."""
    head = list(dict.fromkeys(name for row in rows for name in row))
    lines = [head, *([row.get(name, "") for name in head] for row in rows)]
    file = folder / "goods.csv"
    file.write_bytes("\n".join(",".join(map(_quoted, line)) for line in lines).encode(encoding))
    return file


def _quoted(cell: str) -> str:
    return '"{}"'.format(cell.replace('"', '""'))


class Bringing:
    """One file on its way in: the dry run first, then, if asked, the writing."""

    def __init__(
        self,
        stage: Stage,
        file: Path,
        *,
        pictures: Path | None,
        actor: Actor,
        choices: Choices,
        workshop_id: int,
    ) -> None:
        self.stage = stage
        self.actor = actor
        self.workshop_id = workshop_id
        self.pictures = pictures
        with open_pictures(pictures) as opened:
            self.found = catalog_import.read(
                file=file,
                pictures=opened,
                stage=stage,
                workshop_id=workshop_id,
                choices=choices,
                actor=actor,
                tell=catalog_import.quietly,
            )

    @property
    def rows(self) -> list[StagedRow]:
        return list(self.stage.rows())

    @property
    def outcomes(self) -> list[str]:
        return [row.outcome.value for row in self.rows]

    @property
    def problems(self) -> list[tuple[int, str]]:
        return [(row.line, one.code) for row in self.rows for one in row.problems]

    @property
    def notes(self) -> list[tuple[int, str]]:
        return [(row.line, one.code) for row in self.rows for one in row.notes]

    def write(self, *, now: datetime, tell=catalog_import.quietly) -> dict[Outcome, int]:
        with (
            open_pictures(self.pictures) as opened,
            catalog_import.taken_in(self.stage, opened) as pictures,
        ):
            return catalog_import.write(
                stage=self.stage,
                pictures=pictures,
                workshop_id=self.workshop_id,
                actor=self.actor,
                now=now,
                tell=tell,
            )


@contextmanager
def bringing(
    folder: Path,
    file: Path,
    *,
    pictures: Path | None = None,
    actor: Actor = SYSTEM,
    choices: Choices | None = None,
    workshop_id: int | None = None,
    name: str = "stage",
):
    with staged(folder / f"{name}.sqlite3") as stage:
        yield Bringing(
            stage,
            file,
            pictures=pictures,
            actor=actor,
            choices=choices or Choices(),
            workshop_id=a_workshop() if workshop_id is None else workshop_id,
        )


def outcomes_of(folder: Path, file: Path, **kwargs) -> Sequence[str]:
    with bringing(folder, file, **kwargs) as one:
        return one.outcomes
