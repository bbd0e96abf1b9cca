from __future__ import annotations

import random
import time

import pytest

from shop.kernel.masking import MASK, has_contact, mask_contacts

REACHES = [
    # mobile numbers
    "13800001111",
    "138 0000 1111",
    "138-0000-1111",
    "138.0000.1111",
    "1 3 8 0 0 0 0 1 1 1 1",
    "138,0000,1111",
    "138——0000——1111",
    "+86 138 0000 1111",
    "0086-13800001111",
    "(+86)13800001111",
    "１３８００００１１１１",
    "一三八零零零零一一一一",
    "幺三八洞洞洞洞幺幺幺幺",
    "壹叁捌零零零零壹壹壹壹",
    "一 三 八 零 零 零 零 一 一 一 一",
    "138零零零零1111",
    "13八0000一一一一",
    "①③⑧⓪⓪⓪⓪①①①①",
    "¹³⁸⁰⁰⁰⁰¹¹¹¹",
    "𝟭𝟯𝟴𝟬𝟬𝟬𝟬𝟭𝟭𝟭𝟭",
    "1️⃣3️⃣8️⃣0️⃣0️⃣0️⃣0️⃣1️⃣1️⃣1️⃣1️⃣",
    "١٣٨٠٠٠٠١١١١",
    "138\u200b0000\u200b1111",
    "l38OOOO1111",
    "138oooo1111",
    "电话１３８－００００－１１１１",
    "我的号：138\n0000\n1111",
    "138~0000~1111",
    "138*0000*1111",
    "138 0000 1111 元",
    "one three eight zero zero zero zero one one one one",
    "yi san ba ling ling ling ling yi yi yi yi",
    "yao san ba, dong dong dong dong, yao yao yao yao",
    # other telephones
    "023-59000001",
    "(023) 5900-0001",
    "０２３—５９００—０００１",
    "400-800-1234",
    "59000001",
    "座机 5900-0001",
    "+49 30 1234567",
    "0044 20 7946 0000",
    # names on other services
    "微信liuxiaoqin88",
    "加微信：liu_xq",
    "微信号 liuxiaoqin",
    "薇信 liuxq-1",
    "v信liuxq99",
    "V❤：liuxq99 13800001111",
    "加V liuxq99",
    "vx:liuxq",
    "VX liuxq99",
    "wx：liuxq",
    "WeChat ID: weaver",
    "wechat: weaver_liu",
    "微 信：liuxiaoqin 微信liuxiaoqin",
    "扣扣 12345678",
    "QQ:12345",
    "qq 123456",
    "ＱＱ１２３４５６７",
    "小红书号：dengliang",
    "抖音号 liuxq2020",
    "telegram: weaver",
    "whatsapp +86 138 0000 1111",
    "@liuxiaoqin",
    # mail
    "liu@example.com",
    "liu ＠ example．com",
    "liu.xq@mail.example.cn",
    "liu艾特qq点com",
    "liu (at) example (dot) com",
    "liu#qq.com",
    # links
    "https://example.com/a?b=c",
    "http://例子.com",
    "https：//example.com",
    "www.example.com",
    "example.com",
    "shop.example.cn/item",
    "example点com",
    "example。com",
    "t.me/weaver",
    "weidian.com/?userid=1",
    "￥AbCd1234EfG￥",
]
STAYS = [
    "",
    "很合脚，比照片还好看。",
    "38 码，脚长 24.5 厘米，穿着刚好",
    "2026年7月20日下单，7月23日就到了",
    "2026-07-20 下单，2026-07-23 15:30 收到",
    "20260720",
    "88 元一双，买了 3 双，一共 272 元",
    "¥88.00 + ¥28.00 = ¥116.00",
    "36 37 38 39 40 41 都有货",
    "一双给妈妈，一双给婆婆，还有一双自己穿",
    "三三两两，七七八八",
    "十二双里有十一双一样",
    "一针一线都看得见",
    "24 x 9 x 3 cm",
    "I wear size 38 (EU), and it fits; 24.5 cm.",
    "Ordered on 20 July 2026, it came on the 23rd at 15:30.",
    "Please add me on WeChat",
    "one pair for me, one for my mother, two for the children",
    "微信支付很方便",
    "微信里看到的",
    "订单 260720-7K3M9",
    "order 260720-7K3M9 came in 3 days",
    "100% cotton, e.g. soft.So good",
    "from 9 to 11, every day",
    "编了 120 分钟，46.20 元工钱",
    "比淘宝上的好，比在商店买的好",
    "S-01-37 和 P-02",
    "手机壳那么大",
    "电话里说好三天到，真的三天",
    "联系方式在哪里看？",
    "电话打了 3 次",
    "第 1、2、3、4、5 双",
    "A·B·C",
    "好看！！！！！！！",
    "😀👍🏽 三个字：好、好、好",
]


@pytest.mark.parametrize("text", REACHES)
def test_a_way_to_reach_somebody_is_masked_in_every_spelling(text):
    masked = mask_contacts(f"好看，{text}")

    assert MASK in masked
    assert masked.startswith("好看，")
    assert sum(sign.isdecimal() for sign in masked) < 7, masked
    assert mask_contacts(masked) == masked
    assert has_contact(text)


@pytest.mark.parametrize("text", STAYS)
def test_what_reaches_nobody_stays_as_it_was(text):
    assert mask_contacts(text) == text


def test_only_the_number_goes_and_the_words_around_it_stay():
    said = "鞋很好，要的找我 138 0000 1111，谢谢王姐。mail liu@example.com please"

    assert mask_contacts(said) == f"鞋很好，要的找我 {MASK}，谢谢王姐。mail {MASK} please"


@pytest.mark.parametrize("own", ["023-59000001", "023 5900 0001", "02359000001"])
def test_the_workshops_own_number_may_stand_in_its_answer(own):
    for said in ("023-5900-0001", "023-59000001", "０２３ ５９００ ０００１", "(023)59000001"):
        answer = f"请打 {said}，或者 13800001111"
        assert mask_contacts(answer, keep=[own]) == f"请打 {said}，或者 {MASK}"
    assert mask_contacts("59000001 13800001111", keep=[""]) == MASK + " " + MASK


def test_any_text_at_all_is_taken_and_masking_it_twice_is_masking_it_once():
    signs = "01389一三八零oOlI幺 .-@#:/微信vxqqcom点。\n\u200b\u202e😀ｗｗ１３é\x00①²年月元*_+()"
    drawn = random.Random(7)
    for _ in range(3000):
        text = "".join(drawn.choice(signs) for _ in range(drawn.randrange(60)))
        once = mask_contacts(text)
        assert mask_contacts(once) == once, repr(text)


@pytest.mark.parametrize("piece", ["1 3 8 ", "a.b-c@", "微信号是我的", "0-", "one ", "www.", "a点"])
def test_a_long_text_is_masked_in_no_time(piece):
    began = time.process_time()
    mask_contacts((piece * 1000)[:1000])
    assert time.process_time() - began < 0.25
