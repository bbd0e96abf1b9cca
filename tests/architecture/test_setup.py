import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PLAIN_TOOLS = ("sh", "cat", "rm", "touch", "printf", "grep", "date", "mkdir")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with the Makefile and its locks, and a path with plain tools but no Python."""
    for name in ("Makefile", "pyproject.toml", "hatch_build.py"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    shutil.copytree(CHECKOUT / "requirements", tmp_path / "requirements")
    (tmp_path / "tools").mkdir()
    for tool in PLAIN_TOOLS:
        found = shutil.which(tool)
        if found:
            (tmp_path / "tools" / tool).symlink_to(found)
    return tmp_path


def a_python(machine: Path, script: str) -> None:
    program = machine / "tools/python3"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def what_setup_says(machine: Path) -> str:
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "setup"],
        cwd=machine,
        env={"PATH": str(machine / "tools"), "LANG": os.environ.get("LANG", "C.UTF-8")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_machine_without_python_is_told_what_to_install(machine):
    told = what_setup_says(machine)
    assert "Python 3.11 or newer was not found" in told
    assert "没有找到 Python 3.11" in told


def test_a_python_that_is_too_old_counts_as_none(machine):
    a_python(machine, "exit 1")
    assert "Python 3.11 or newer was not found" in what_setup_says(machine)


def test_a_python_without_venv_is_told_which_package_is_missing(machine):
    a_python(machine, '[ "$1" = -c ] && exit 0; echo "ensurepip is not available"; exit 1')
    told = what_setup_says(machine)
    assert "sudo apt install python3-venv" in told
    assert "虚拟环境" in told
    assert not (machine / ".venv").exists()


def test_a_folder_that_cannot_be_written_to_is_named_as_the_reason(machine):
    touch = machine / "tools/touch"
    touch.unlink()
    touch.write_text('#!/bin/sh\necho "touch: Read-only file system" >&2\nexit 1\n')
    touch.chmod(0o755)
    told = what_setup_says(machine)
    assert "this folder cannot be written to" in told
    assert "这个文件夹不能写入" in told
    assert "Read-only file system" not in told
