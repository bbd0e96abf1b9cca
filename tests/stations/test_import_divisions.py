from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from shop.kernel.access import Scope
from shop.kernel.db import db
from shop.stations import queries
from shop.stations import services as stations
from shop.stations.models import Station
from shop.stations.rules import Tier

SHIPPED = Path(stations.__file__).parents[1] / "data" / "divisions"


def a_folder(folder, *, areas=None, streets=None, villages=None):
    folder.mkdir(exist_ok=True)
    (folder / "areas.csv").write_text(
        areas or "code,name,cityCode,provinceCode\n500229,城口县,5002,50\n", encoding="utf-8"
    )
    (folder / "streets.csv").write_text(
        streets
        or "code,name,areaCode,provinceCode,cityCode\n"
        "500229212,鸡鸣乡,500229,50,5002\n500229107,高观镇,500229,50,5002\n",
        encoding="utf-8",
    )
    (folder / "villages.csv").write_text(
        villages
        or "code,name,streetCode,provinceCode,cityCode,areaCode\n"
        "500229212001,鸡鸣社区居民委员会,500229212,50,5002,500229\n"
        "500229212202,灯梁村村民委员会,500229212,50,5002,500229\n"
        "500229107207,茨竹村村民委员会,500229107,50,5002,500229\n",
        encoding="utf-8",
    )
    return folder


def count(*conditions):
    return db.session.scalar(sa.select(sa.func.count()).select_from(Station).where(*conditions))


def test_the_shipped_copy_becomes_the_whole_tree_of_chongqing(app, noon):
    told = []

    built = stations.import_divisions(
        SHIPPED, now=noon, progress=lambda done, of: told.append((done, of))
    )

    assert (built.counties, built.towns, built.rooms) == (38, 1031, 11270)
    assert (built.added, built.opened, built.open_rooms) == (12339, 4350, 4350)
    assert count(Station.tier == Tier.ROOM, Station.opened_on.is_not(None)) == 4350
    assert told[-1] == (12339, 12339)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    village = queries.station_by_code("500229212202")
    assert (village.name, village.short_name) == ("灯梁村村民委员会", "灯梁村")
    assert village.name_en == "Dengliang Village"
    assert village.opened_on is not None
    assert [place.short_name for place in queries.ancestors(village.path)] == [
        "城口县",
        "鸡鸣乡",
        "灯梁村",
    ]
    assert count(Station.name.contains("大青㭎村")) == 1
    shared = (
        sa.select(sa.func.count().label("rooms"))
        .where(Station.tier == Tier.ROOM)
        .group_by(Station.name)
        .having(sa.func.count() > 1)
        .subquery()
    )
    assert db.session.scalar(sa.select(sa.func.sum(shared.c.rooms))) == 4983


def test_a_second_import_adds_opens_and_renames_nothing(app, noon, tmp_path):
    folder = a_folder(tmp_path / "divisions")
    stations.import_divisions(folder, now=noon, open_rooms=2)

    again = stations.import_divisions(folder, now=noon, open_rooms=2)

    assert (again.added, again.opened, again.renamed, again.open_rooms) == (0, 0, 0, 2)
    assert count() == 6


def test_a_new_official_name_replaces_the_old_one_at_the_same_place(app, noon, tmp_path):
    folder = a_folder(tmp_path / "divisions")
    stations.import_divisions(folder, now=noon, open_rooms=0)
    before = queries.station_by_code("500229107")
    a_folder(
        folder,
        streets="code,name,areaCode\n500229212,鸡鸣乡,500229\n500229107,高观街道,500229\n",
    )

    built = stations.import_divisions(folder, now=noon, open_rooms=0)

    after = queries.station_by_code("500229107")
    assert built.renamed == 1
    assert (after.id, after.path) == (before.id, before.path)
    assert (after.name, after.name_en) == ("高观街道", "Gaoguan Subdistrict")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        pytest.param({"areas": "code,nom\n500229,城口县\n"}, "no column name", id="a lost column"),
        pytest.param(
            {"areas": "code,name\n5.00229E5,城口县\n"},
            "has not 6 digits",
            id="a spreadsheet's code",
        ),
        pytest.param(
            {"areas": "code,name\n500229,城口县\n500229,城口县\n"},
            "stands twice",
            id="a double code",
        ),
        pytest.param({"areas": "code,name\n500229,\n"}, "no name", id="a place without a name"),
        pytest.param(
            {"streets": "code,name,areaCode\n500229212,鸡鸣乡,500230\n"},
            "belongs to 500230",
            id="an orphan",
        ),
    ],
)
def test_a_folder_that_says_something_impossible_is_refused_whole(app, noon, tmp_path, files, why):
    folder = a_folder(tmp_path / "divisions", **files)

    with pytest.raises(stations.DivisionsUnreadable) as refusal:
        stations.import_divisions(folder, now=noon)

    assert why in str(refusal.value.details["why"])
    assert count() == 0


def test_a_gbk_file_is_refused_by_name(app, noon, tmp_path):
    folder = a_folder(tmp_path / "divisions")
    (folder / "areas.csv").write_bytes("code,name\n500229,城口县\n".encode("gbk"))

    with pytest.raises(stations.DivisionsUnreadable) as refusal:
        stations.import_divisions(folder, now=noon)

    assert refusal.value.details == {"file": "areas.csv", "line": 0, "why": "not UTF-8"}


def test_a_missing_file_is_refused_by_name(app, noon, tmp_path):
    folder = a_folder(tmp_path / "divisions")
    (folder / "villages.csv").unlink()

    with pytest.raises(stations.DivisionsUnreadable) as refusal:
        stations.import_divisions(folder, now=noon)

    assert refusal.value.details["file"] == "villages.csv"
    assert count() == 0


def test_children_of_a_town_are_its_rooms_by_code(app, noon, tmp_path):
    stations.import_divisions(a_folder(tmp_path / "divisions"), now=noon, open_rooms=1)
    town = queries.station_by_code("500229212")

    rooms = queries.children(town.id, scope=Scope(("/",)))

    assert [room.code for room in rooms] == ["500229212001", "500229212202"]
    assert [
        room.code for room in queries.children(town.id, scope=Scope(("/",)), open_only=True)
    ] == ["500229212202"]
    assert queries.children(town.id, scope=Scope(("/500229/107/",))) == []
