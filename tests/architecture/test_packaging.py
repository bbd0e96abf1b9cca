import email
import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = sorted((CHECKOUT / "requirements").glob("*.txt"))

# Runs inside the installed copy, far from the checkout, and says what it found there.
LOOK_AROUND = """
import json, re
from pathlib import Path
import shop
from shop.app import create_app, find_resource

house = Path(shop.__file__).parent
app = create_app()
client = app.test_client()
page = client.get("/", headers={"Accept-Language": "zh-CN"})
style = re.search(r'rel="stylesheet" href="([^"]+)"', page.text)
script = sorted(find_resource("static").rglob("*.js"))[0]
print(json.dumps({
    "package": str(house),
    "templates": str(find_resource("templates")),
    "static": str(find_resource("static")),
    "page": page.status_code,
    "words": page.text,
    "style": len(client.get(style[1]).data),
    "script": client.get(f"/static/{script.relative_to(find_resource('static'))}").status_code,
    "alive": client.get("/healthz").status_code,
}))
"""


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SHOP_", "PYTHON", "VIRTUAL_ENV", "FLASK_"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, folder=CHECKOUT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment elsewhere that holds the wheel and borrows the other packages.

    They are borrowed by one line of path, which does not read the .pth file of the checkout's
    own editable install, so the package can come from the wheel only.
    """
    place = tmp_path_factory.mktemp("elsewhere") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", place, folder=place.parent)
    python = place / "bin/python"
    packages = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=place
    )
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(packages.strip()) / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n")
    run(
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", f"--python={python}"),
        *("install", "--no-deps", "--no-index", "--ignore-installed", wheel),
        folder=place,
    )
    return place


def test_the_wheel_holds_everything_the_product_shows_and_migrates(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"shop/{path.relative_to(CHECKOUT)}"
        for folder in ("templates", "static")
        for path in (CHECKOUT / folder).rglob("*")
        if path.is_file()
    } | {
        str(path.relative_to(CHECKOUT))
        for folder in ("data", "migrations", "locale")
        for path in (CHECKOUT / "shop" / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".mo." not in path.name
    }
    assert expected - inside == set()
    assert "shop/locale/zh_Hans/LC_MESSAGES/messages.mo" in inside


def test_the_wheel_holds_nothing_that_belongs_to_the_workshop(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert tops == {"shop", next(top for top in tops if top.endswith(".dist-info"))}
    assert not [n for n in zipfile.ZipFile(wheel).namelist() if "__pycache__" in n]


def test_the_wheel_names_its_command_and_its_extras(wheel):
    with zipfile.ZipFile(wheel) as parts:
        names = {Path(name).name: name for name in parts.namelist() if ".dist-info/" in name}
        told = email.message_from_bytes(parts.read(names["METADATA"]))
        commands = parts.read(names["entry_points.txt"]).decode()
    assert "shop = shop.cli:main" in commands
    assert set(told.get_all("Provides-Extra", [])) == {"heif", "postgres", "redis", "s3", "video"}
    assert told["Requires-Python"] == ">=3.11"


def test_the_installed_command_explains_itself(installed, tmp_path):
    told = run(installed / "bin/shop", "--help", folder=tmp_path)
    for command in ("serve", "migrate", "demo", "import-divisions", "import-orders", "check"):
        assert re.search(rf"^  {command} ", told, re.MULTILINE), told


def test_the_installed_product_migrates_and_shows_its_first_page(installed, tmp_path):
    demo = {"SHOP_ENV": "demo", "SHOP_DATA": str(tmp_path / "data")}
    run(installed / "bin/shop", "migrate", folder=tmp_path, **demo)
    found = json.loads(run(installed / "bin/python", "-c", LOOK_AROUND, folder=tmp_path, **demo))
    assert Path(found["package"]).is_relative_to(installed)
    assert Path(found["templates"]).is_relative_to(installed)
    assert Path(found["static"]).is_relative_to(installed)
    assert (found["page"], found["script"], found["alive"]) == (200, 200, 200)
    assert found["style"] > 10_000
    assert "搜索" in found["words"]


def test_the_editable_install_leaves_no_second_copy():
    packages = Path(sysconfig.get_path("purelib"))
    assert not (packages / "shop").exists()
    assert not (packages / "templates").exists()
    assert not (packages / "static").exists()


def test_every_lock_pins_by_hash_and_names_no_address():
    assert {lock.name for lock in LOCKS} >= {"run.txt", "services.txt", "dev.txt", "installer.txt"}
    for lock in LOCKS:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert not re.search(r"^\s*--(?!hash=)", text, re.MULTILINE)
        entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        assert entries
        loose = [e.split()[0] for e in entries if "==" not in e or "--hash=sha256:" not in e]
        assert loose == []


def test_the_locks_agree_with_each_other():
    def pins(name: str) -> set[str]:
        text = (CHECKOUT / "requirements" / name).read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9][^ ]*==[^ \\]+)", text, re.MULTILINE))

    assert pins("run.txt") <= pins("services.txt") <= pins("dev.txt")
