from __future__ import annotations

import random
import unicodedata

import pytest

from shop.catalog.options import (
    BadOption,
    Chosen,
    CustomOption,
    Extra,
    OptionChoice,
    OptionKind,
    WishRefused,
    choose,
    frozen,
    minutes_of,
    price_of,
    read,
    split_with,
    thawed,
    written,
)
from shop.catalog.rules import PAYMENT_FEE_PERCENT, SplitDoesNotAddUp, split_price
from shop.kernel.money import Money, total
from shop.production.rules import piece_rate

TEN = Extra(Money(1000), pay=Money(580), material=Money(50), workshop=Money(100), minutes=15)
NAME = CustomOption("name", OptionKind.TEXT, "编进名字", "Name woven in", most_letters=6, extra=TEN)
FOOT = CustomOption(
    "foot", OptionKind.MEASURE, "脚长", "Foot", least_mm=220, most_mm=290, step_mm=5, extra=TEN
)
EDGE = CustomOption(
    "edge",
    OptionKind.CHOICE,
    "边色",
    "Edge",
    choices=(
        OptionChoice("c1", "靛蓝", "indigo", Extra()),
        OptionChoice("c2", "金线", "gold thread", TEN),
    ),
)


@pytest.mark.parametrize(
    ("typed", "woven"),
    [
        ("小灯", "小灯"),
        ("  小  灯 ", "小 灯"),
        ("Zoë 88", "Zoë 88"),
        (unicodedata.normalize("NFD", "Zoë"), "Zoë"),
        ("𠮷野", "𠮷野"),
        ("O'Hara", "O'Hara"),
    ],
)
def test_what_a_hand_can_weave_is_taken_in_one_writing(typed, woven):
    (chosen,) = choose([NAME], {"name": typed})

    assert chosen.value == woven


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("一二三四五六七", "long"),
        ("灯😀", "signs"),
        ("灯\u202e梁", "signs"),
        ("灯\x00", "signs"),
        ("<b>", "signs"),
        ("灯\u0301", "signs"),
        ("--", "signs"),
        ("\ufdfa", "signs"),
        ("长" * 10_000, "long"),
    ],
)
def test_what_no_hand_can_weave_is_refused_by_its_reason(typed, why):
    with pytest.raises(WishRefused) as refusal:
        choose([NAME], {"name": typed})

    assert refusal.value.details == {"option": "name", "why": why}


@pytest.mark.parametrize(
    ("typed", "value"),
    [("23.5", "23.5 cm"), ("２４", "24 cm"), ("24,0", "24 cm"), ("22cm", "22 cm")],
)
def test_a_length_is_said_in_centimetres(typed, value):
    assert choose([FOOT], {"foot": typed})[0].value == value


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("21.5", "bounds"),
        ("29.5", "bounds"),
        ("23.3", "bounds"),
        ("23.55", "number"),
        ("-23", "number"),
        ("1e2", "number"),
        ("٢٤", "number"),
        ("two", "number"),
        ("9" * 400, "number"),
    ],
)
def test_a_length_that_cannot_be_is_refused(typed, why):
    with pytest.raises(WishRefused) as refusal:
        choose([FOOT], {"foot": typed})

    assert refusal.value.details["why"] == why


def test_a_choice_or_a_question_that_is_not_offered_is_refused():
    for typed in ({"edge": "c3"}, {"ribbon": "c1"}):
        with pytest.raises(WishRefused) as refusal:
            choose([EDGE], typed)
        assert refusal.value.details["why"] == "gone"


def test_several_wishes_add_their_prices_and_minutes_and_empty_ones_nothing():
    chosen = choose([NAME, FOOT, EDGE], {"name": "小灯", "foot": " ", "edge": "c2"})

    assert [one.key for one in chosen] == ["name", "edge"]
    assert price_of(chosen) == Money(2000)
    assert minutes_of(chosen) == 30
    assert thawed(frozen(chosen)) == chosen
    assert thawed(frozen(())) == ()


def test_equal_wishes_are_equal_texts_whatever_their_order():
    one = written({"name": "小灯", "edge": "c1", "foot": ""})

    assert one == written({"edge": "c1", "name": "小灯"})
    assert read(one) == {"name": "小灯", "edge": "c1"}
    assert written({"name": ""}) == ""
    assert read("") == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": OptionKind.TEXT, "most_letters": 0},
        {"kind": OptionKind.TEXT, "most_letters": 13},
        {"kind": OptionKind.MEASURE, "least_mm": 10, "most_mm": 10, "step_mm": 1},
        {"kind": OptionKind.MEASURE, "least_mm": 10, "most_mm": 20, "step_mm": 0},
        {"kind": OptionKind.CHOICE},
        {"kind": OptionKind.TEXT, "most_letters": 5, "label": ""},
        {"kind": OptionKind.TEXT, "most_letters": 5, "key": "Name!"},
    ],
)
def test_a_question_that_nobody_can_answer_is_refused(wrong):
    with pytest.raises(BadOption):
        CustomOption(**{"key": "name", "label": "名字"} | wrong)


def test_an_extra_price_carries_its_own_pay_or_is_refused():
    with pytest.raises(SplitDoesNotAddUp):
        Extra(Money(500), pay=piece_rate(minutes=15))


def test_e2_with_a_name_woven_in_still_adds_up_to_the_fen():
    sandals = split_price(
        Money(8800), pay=Money(4620), material=Money(1250), pack=Money(300), workshop=Money(900)
    )

    split = split_with(sandals, choose([NAME], {"name": "小灯"}))

    # 46.20 + 15 min of work at the rate rule; the fee is 0.6 % of 98.00, half up.
    assert piece_rate(minutes=15) == Money(580)
    assert (split.price, split.pay, split.fee) == (Money(9800), Money(5200), Money(59))
    assert total(split.parts) == split.price


def test_any_wishes_on_any_price_add_up_to_the_fen():
    dice = random.Random(20260720)
    for _ in range(500):
        price = Money(dice.randrange(500, 50_000))
        base = split_price(
            price,
            pay=price.percent(50),
            material=price.percent(dice.randrange(20)),
            pack=Money(0),
            workshop=Money(0),
        )
        chosen = []
        for number in range(dice.randrange(4)):
            extra_price = Money(dice.randrange(0, 5000))
            pay = extra_price.percent(dice.randrange(99))
            try:
                extra = Extra(
                    extra_price, pay=pay, material=extra_price.percent(dice.randrange(60))
                )
            except SplitDoesNotAddUp:
                continue
            chosen.append(Chosen(f"o{number}", "问", None, "答", None, extra))
        share = dice.choice([None, 40])
        split = split_with(base, chosen, share_percent=share)
        assert split.price == price + price_of(chosen)
        assert total(split.parts) == split.price
        assert min(part.minor for part in split.parts) >= 0
        assert abs((split.price.percent(PAYMENT_FEE_PERCENT) - split.fee).minor) <= 2
