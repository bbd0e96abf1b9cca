import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
HOUSE = CHECKOUT / "shop"
# It renders what it sends, so it alone may know the templates' framework.
SPEAKS_TO_PEOPLE = {"shop.notifications"}


def contracts() -> dict[str, dict]:
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    return {c["name"]: c for c in settings["tool"]["importlinter"]["contracts"]}


def packages(folder: Path) -> list[Path]:
    return sorted(p.parent for p in folder.glob("*/__init__.py"))


def test_every_room_that_is_born_may_know_no_http():
    rooms = {f"shop.{p.name}" for p in packages(HOUSE) if (p / "models.py").is_file()}
    bound = set(contracts()["Rooms know no HTTP"]["source_modules"])
    assert rooms - bound - SPEAKS_TO_PEOPLE == set()


def test_every_audience_is_a_stranger_to_the_others():
    audiences = {f"shop.web.{p.name}" for p in packages(HOUSE / "web")}
    assert audiences == set(contracts()["Audiences are strangers"]["modules"])


def test_no_import_contract_makes_an_exception():
    assert [c["name"] for c in contracts().values() if "ignore_imports" in c] == []
    assert len(contracts()) == 9
