from __future__ import annotations

import subprocess
import sys

import pytest

from shop.kernel.later import later

# Each takes its time and its megabytes; a page of the window needs none of them.
NOT_FOR_THE_WINDOW = {
    "PIL", "alembic", "flask_migrate", "nh3", "openpyxl", "phonenumbers", "pypinyin", "stripe",
    "xlsxwriter",
}  # fmt: skip
START = """
import sys, shop.cli
from shop.app import Settings, create_app
create_app(Settings(mode="demo", data_folder=sys.argv[1]))
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_a_library_is_loaded_when_something_of_it_is_asked_for():
    assert later("math").sqrt(9) == 3
    nowhere = later("this_is_nowhere")
    with pytest.raises(ModuleNotFoundError, match="this_is_nowhere"):
        _ = nowhere.anything


def test_the_application_starts_without_what_the_window_does_not_need(tmp_path):
    said = subprocess.run(
        [sys.executable, "-c", START, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert NOT_FOR_THE_WINDOW & set(said.stdout.split()) == set()
