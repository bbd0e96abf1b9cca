import re
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

CHECKOUT = Path(__file__).resolve().parents[2]
CHINESE = CHECKOUT / "shop/locale/zh_Hans/LC_MESSAGES/messages.po"
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)}


def messages_said() -> Catalog:
    with (CHECKOUT / "babel.cfg").open(encoding="utf-8") as rules:
        methods, options = parse_mapping_cfg(rules)
    said = Catalog()
    for where, line, text, _, context in extract_from_dir(
        CHECKOUT, methods, options, KEYWORDS, directory_filter=is_ours
    ):
        said.add(text, locations=[(where, line)], context=context)
    return said


def is_ours(folder: str | Path) -> bool:
    name = Path(folder).name
    return not name.startswith((".", "_")) and name not in {"build", "dist", "tests", "bench"}


def translations() -> Catalog:
    with CHINESE.open("rb") as text:
        return read_po(text, locale="zh_Hans")


def shown(messages: Iterable[Message]) -> list[str]:
    return sorted(f"{m.id!r} {m.locations[:1]}" for m in messages)


def test_everything_the_product_says_has_its_chinese():
    chinese = translations()

    def is_missing(message: Message) -> bool:
        found = chinese.get(message.id, message.context)
        texts = (
            [found.string] if found and isinstance(found.string, str) else found and found.string
        )
        return not found or found.fuzzy or not texts or not all(texts)

    assert shown(m for m in messages_said() if m.id and is_missing(m)) == []


def test_the_catalog_keeps_nothing_that_nobody_says_any_more():
    said = messages_said()
    assert shown(m for m in translations() if m.id and not said.get(m.id, m.context)) == []


def test_no_chinese_carries_an_english_sentence_of_another():
    several_words = re.compile(r"(?:[A-Za-z]+[ ,]+){3,}[A-Za-z]+")
    strayed = [
        (message.id, phrase)
        for message in translations()
        if message.id and isinstance(message.id, str)
        for phrase in several_words.findall(str(message.string))
        if phrase not in message.id
    ]
    assert strayed == []


def test_every_translation_keeps_the_names_it_is_filled_with():
    wrong = [
        (message.id, str(fault)) for message, faults in translations().check() for fault in faults
    ]
    assert wrong == []
