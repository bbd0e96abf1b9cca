"""Put templates, static files and compiled translations into the wheel."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED_FOLDERS = {"templates": "shop/templates", "static": "shop/static"}


class ShippedFolders(BuildHookInterface):  # type: ignore[type-arg]
    """Add what lies beside the package at the top of the tree.

    An editable install finds those folders where they are; copying them into site-packages as
    well would leave a stale twin, so only a standard build gets them.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogs and name the folders that a standard wheel must hold."""
        root = Path(self.root)
        for catalog in sorted(root.glob("shop/locale/*/LC_MESSAGES/*.po")):
            compile_catalog(catalog)
        if version != "standard":
            return
        for folder, target in SHIPPED_FOLDERS.items():
            if not (root / folder).is_dir():
                message = f"{folder}/ is missing beside pyproject.toml; the wheel needs it."
                raise FileNotFoundError(message)
            build_data["force_include"][str(root / folder)] = target


def compile_catalog(source: Path) -> None:
    """Write the .mo file beside a .po file, leaving out fuzzy entries; safe to repeat."""
    locale = source.parent.parent.name
    with source.open("rb") as text:
        catalog = read_po(text, locale=locale)
    finished = source.with_suffix(".mo")
    unfinished = source.with_suffix(".mo.new")
    with unfinished.open("wb") as binary:
        write_mo(binary, catalog)
    unfinished.replace(finished)
