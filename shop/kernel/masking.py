"""Ways to reach a person, found in free text in every spelling and masked, never refused.

What is masked at the door is never stored: a telephone number that nobody keeps cannot leak.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

MASK = "***"

# Numerals people write instead of digits, those of the radio among them (幺洞拐勾).
_NUMERALS = {
    sign: str(digit)
    for digit, signs in enumerate(
        ("〇零洞", "一壹幺", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒拐", "八捌", "九玖勾")
    )
    for sign in signs
}
# Stands for what is a number but no way to reach anybody; a letter, so that no run crosses it.
_NEUTRAL = "ж"
_HARMLESS = re.compile(
    r"(?<![0-9])(?:19|20)[0-9]{2}(?P<s>[-./年]?)(?:0?[1-9]|1[0-2])"
    r"(?:(?P=s)|月)(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])"
    r"|(?<![0-9:])(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?![0-9:])"
    r"|[¥$€]\s?[0-9]{1,5}(?:\.[0-9]{1,2})?(?![0-9])"
    r"|(?<![0-9.])(?<![0-9][\W_])[0-9]{1,5}(?:\.[0-9]{1,2})?\s?(?:元|块|斤|克|码|厘米|毫米|cm|mm|kg|yuan)"
)
_S = r"[\W_]{0,3}"  # what may stand between two digits of one number
_AFTER = r"(?![0-9])"
_COUNTRY = rf"(?:(?:(?:\+|00){_S})?86{_S})?"
_WORDS = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine"
    "|ling|dong|yi|yao|er|san|si|wu|liu|qi|guai|ba|jiu|gou"
)
_AT = r"(?:@|[(\[]\s?at\s?[)\]]|艾特|#)"
_DOT = r"(?:\.|。|点|[(\[]?\s?dot\s?[)\]]?)"
_DOMAINS = "com|cn|net|org|cc|shop|xyz|vip|link|ltd|wang|info|中国|公司|网络"
_SHORT_DOMAINS = "me|io|tv|top|app|club|store|site|ly|gl"
_NAMED = r"(?:号码|账号|帐号|号|id)?"
_LATIN = "wechat|weixin|wx|vx|qq|telegram|tg|whatsapp|skype"
# In a mobile number o and l pass for digits, as long as most of them are digits.
_MOBILE = re.compile(rf"(?<![0-9]){_COUNTRY}[1li]{_S}[3-9](?:{_S}[0-9oli]){{9}}{_AFTER}")
_FEWEST_DIGITS = 6
# Each finds one kind; where there is a group, only what it holds is masked.
_KINDS = tuple(
    re.compile(pattern)
    for pattern in (
        # addresses of the net, mail first
        (
            rf"[a-z0-9][a-z0-9._%+-]*\s{{0,2}}{_AT}\s{{0,2}}[a-z0-9-]+"
            rf"(?:\s{{0,2}}{_DOT}\s{{0,2}}[a-z]{{2,}})+"
        ),
        r"(?:https?|ftp)\s?:\s?/\s?/\s?[^\s，。！？、（）]+",
        r"(?<![a-z0-9])www\s?\.\s?[!-~]+",
        rf"(?<![a-z0-9-])(?:[a-z0-9-]+\s?{_DOT}\s?)+(?:{_DOMAINS})(?![a-z0-9])(?:[/?][!-~]*)?",
        rf"(?<![a-z0-9-])(?:[a-z0-9-]+\.)+(?:{_SHORT_DOMAINS})/[!-~]+",
        r"[¥$€£₤][a-z0-9]{8,14}[¥$€£₤]",
        # names on other services
        (
            r"(?:微信|薇信|威信|徽信|v信|加v|加薇|加微|扣扣|企鹅|抖音|快手|小红书|微博)"
            rf"{_NAMED}[\s:=是为叫搜加我的]{{0,6}}(?!wechat|pay)([a-z][a-z0-9_-]{{4,19}}|[0-9]{{5,}})"
        ),
        rf"(?<![a-z])(?:{_LATIN})\s?{_NAMED}\s?[:=是]\s?([a-z0-9][a-z0-9_-]{{3,19}})",
        (
            rf"(?<![a-z])(?:{_LATIN})\s?{_NAMED}\s{{0,2}}(?=[a-z_-]{{0,19}}[0-9])"
            r"([a-z0-9_-]{5,20})"
        ),
        r"(?<![a-z0-9])@([a-z0-9_]{4,})",
        # telephones: with area code, 400 and 800, abroad, any long run, after a cue
        rf"(?<![0-9]){_COUNTRY}0{_S}[1-9](?:{_S}[0-9]){{8,10}}{_AFTER}",
        rf"(?<![0-9])[48]00(?:{_S}[0-9]){{7}}{_AFTER}",
        rf"(?:\+|(?<![0-9])00)[1-9](?:{_S}[0-9]){{7,13}}{_AFTER}",
        r"(?<![0-9])[0-9]{7,}",
        (
            r"(?:电话|手机|座机|号码|联系|呼我|tel|phone|mobile|call|ring)[^0-9]{0,8}"
            rf"([0-9](?:{_S}[0-9]){{5,}}){_AFTER}"
        ),
        rf"(?<![a-z])(?:(?:{_WORDS}|[0-9]){_S}){{6,}}(?:{_WORDS})(?![a-z])",
    )
)


def mask_contacts(text: str, *, keep: Iterable[str] = ()) -> str:
    """Return the text with telephone numbers, addresses and names on other services masked.

    Found are full-width, circled and Chinese numerals, digits told in words, signs between the
    digits and letters in their place; dates, times, prices and sizes stay. Safe to repeat.

    keep    numbers that may stand, such as the workshop's own, however they are written.
    """
    kept = {_digits(number) for number in keep} - {""}
    plain, places = _plain(text)
    found = list(_found(plain))
    stays = [span for span in found if _digits(plain[slice(*span)]) in kept]
    masked = text
    for start, end in reversed(_merged(found)):
        if not any(start <= first and last <= end for first, last in stays):
            masked = masked[: places[start]] + MASK + masked[places[end] :]
    return masked


def has_contact(text: str) -> bool:
    """Say whether anything in the text would be masked."""
    return mask_contacts(text) != text


def _plain(text: str) -> tuple[str, list[int]]:
    """Return the text in one writing, and where each of its signs stands in the original.

    Signs without a width and the frames of key caps fall away; the last place is the end.
    """
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if unicodedata.category(sign) in {"Cf", "Mn", "Me"}:
            continue
        for one in unicodedata.normalize("NFKC", sign).lower():
            digit = unicodedata.digit(one, None)
            signs.append(_NUMERALS.get(one, one) if digit is None else str(digit))
            places.append(place)
    return "".join(signs), [*places, len(text)]


def _found(plain: str) -> Iterator[tuple[int, int]]:
    rest = _HARMLESS.sub(lambda match: _NEUTRAL * len(match[0]), plain)
    for kind in (_MOBILE, *_KINDS):
        group = kind.groups
        for match in kind.finditer(rest):
            if kind is not _MOBILE or len(_digits(match[group])) >= _FEWEST_DIGITS:
                yield match.start(group), match.end(group)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
