"""What /_components shows: every macro in every state, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shop.kernel.money import Money
from shop.web.ridge_map import Place, ridge_map

Say = Callable[[str, str], str]

# A sample is what a macro is called with; its values are whatever that macro takes.
Sample = dict[str, Any]


def _forms(say: Say) -> dict[str, list[Sample]]:
    province = {
        "label": say("省份", "Province"),
        "options": [("", say("请选择", "Please choose")), ("50", "重庆市"), ("51", "四川省")],
        "chosen": "50",
    }
    county = {
        "label": say("区县", "District or county"),
        "options": [("", say("请选择", "Please choose")), ("500229", "城口县")],
        "chosen": "",
    }
    return {
        "place_picker": [
            {"name": "g-place", "levels": [province | {"chosen": ""}]},
            {
                "name": "g-place-wrong",
                "levels": [province, county],
                "error": say("请选到区县。", "Please choose the county."),
            },
        ],
        "button": [
            {"label": say("放进购物车", "Put into the cart"), "icon": "cart"},
            {"label": say("看看别的", "Look at others"), "kind": "secondary", "href": "/goods"},
            {"label": say("以后再说", "Later"), "kind": "quiet", "type": "button"},
            {"label": say("取消这张订单", "Cancel this order"), "kind": "danger", "icon": "trash"},
            {"label": say("小一点", "Small"), "size": "s", "kind": "secondary"},
            {"label": say("占座 15 分钟", "Hold for 15 minutes"), "size": "l", "icon": "clock"},
        ],
        "field": [
            {
                "name": "g-phone",
                "label": say("手机号", "Phone number"),
                "kind": "tel",
                "value": "138 0000 1234",
                "hint": say("只用来通知您取件。", "Only to tell you when the parcel is there."),
                "autocomplete": "tel",
                "required": True,
            },
            {
                "name": "g-mail",
                "label": say("电子邮箱", "E-mail"),
                "kind": "email",
                "value": "liu@",
                "error": say(
                    "邮箱不完整,@ 后面还缺一段。",
                    "The address ends after the @; the rest is missing.",
                ),
            },
            {
                "name": "g-weight",
                "label": say("领料", "Material given out"),
                "kind": "number",
                "value": "350",
                "unit": say("克", "grams"),
                "min": 0,
                "required": True,
            },
            {
                "name": "g-county",
                "label": say("区县", "County"),
                "kind": "select",
                "value": "500229",
                "options": [
                    ("500229", say("城口县", "Chengkou")),
                    ("500103", say("渝中区", "Yuzhong")),
                ],
                "required": True,
            },
            {
                "name": "g-note",
                "label": say("给编织人的话", "A word to the maker"),
                "kind": "textarea",
                "rows": 3,
                "value": say("鞋子很合脚，谢谢！", "They fit very well. Thank you!"),
            },
            {
                "name": "g-pin",
                "label": say("六位数字密码", "Six digits"),
                "kind": "pin",
                "autocomplete": "current-password",
                "required": True,
            },
            {
                "name": "g-photo",
                "label": say("照片", "Photographs"),
                "kind": "file",
                "accept": "image/*",
                "multiple": True,
            },
            {
                "name": "g-day",
                "label": say("交件日期", "Due on"),
                "kind": "date",
                "value": "2026-07-20",
                "required": True,
            },
            {
                "name": "g-lane",
                "label": say("计酬方式", "Lane of pay"),
                "kind": "radio",
                "value": "piece",
                "options": [
                    ("piece", say("计件工资", "Piece wage")),
                    ("share", say("寄售分成", "Share on sale")),
                ],
                "required": True,
            },
            {
                "name": "g-consent",
                "label": say("她同意公开姓名", "She agrees to show her name"),
                "kind": "checkbox",
                "checked": True,
                "required": True,
            },
            {
                "name": "g-uses",
                "label": say("照片用在", "The picture may be used"),
                "kind": "checkboxes",
                "value": ["shop"],
                "options": [
                    ("shop", say("网店", "in the shop")),
                    ("card", say("海报", "on posters")),
                ],
            },
        ],
        "stepper": [
            {"name": "g-seats", "label": say("大人", "Adults"), "value": 2, "max": 12},
            {
                "name": "g-pairs",
                "label": say("交件双数", "Pairs handed in"),
                "value": 12,
                "max": 60,
                "size": "l",
            },
            {
                "name": "g-many",
                "label": say("数量", "Pieces"),
                "value": 9,
                "max": 5,
                "error": say("现在只有 5 件。", "Only 5 are there now."),
            },
        ],
        "choice": [
            {
                "name": "g-size",
                "label": say("尺码", "Size"),
                "value": "37",
                "options": [
                    {"value": "36", "label": "36", "left": say("现货 3 双", "3 ready")},
                    {"value": "37", "label": "37", "left": say("现货 8 双", "8 ready")},
                    {"value": "38", "label": "38", "left": say("预订，约 9 天", "made in 9 days")},
                ],
            },
            {
                "name": "g-ticket",
                "label": say("票种", "Ticket"),
                "value": "family",
                "options": [
                    {"value": "adult", "label": say("成人", "Adult"), "price": Money(9800)},
                    {
                        "value": "family",
                        "label": say("亲子", "Family"),
                        "price": Money(14800),
                        "note": say("一大一小", "one adult, one child"),
                    },
                ],
            },
        ],
        "error_summary": [
            {
                "errors": [
                    ("g-mail", say("邮箱不完整。", "The e-mail address is not complete.")),
                    ("g-many", say("现在只有 5 件。", "Only 5 are there now.")),
                ]
            }
        ],
    }


def _words(say: Say) -> dict[str, list[Sample]]:
    lamps = [
        Place(f"50022910720{n}", name, "/workshops", is_here=not n)
        for n, name in enumerate(
            (
                say("茨竹村", "Cizhu Village"),
                say("双竹村", "Shuangzhu Village"),
                say("灯梁村", "Dengliang Village"),
            )
        )
    ]
    return {
        "money": [
            {"amount": Money(8800), "size": "s"},
            {"amount": Money(8800)},
            {"amount": Money(118654), "size": "l", "kind": "sure"},
            {"amount": Money(8800), "size": "xl", "kind": "price"},
            {"amount": Money(-1078), "kind": "owed"},
            {"amount": Money(61230), "kind": "waiting"},
            {"amount": Money(2400, "EUR")},
        ],
        "status": [
            {"kind": "sure", "label": say("已确认", "Sure")},
            {"kind": "waiting", "label": say("待验收", "Waiting for inspection")},
            {"kind": "paid", "label": say("已发放", "Paid out")},
            {"kind": "danger", "label": say("已逾期 2 天", "2 days late")},
            {"kind": "info", "label": say("已发货", "Sent")},
            {"kind": "neutral", "label": say("草稿", "Draft")},
        ],
        "notice": [
            {
                "kind": "info",
                "title": say("每周三、六发货", "Parcels leave on Wednesday and Saturday"),
                "text": say("现货 72 小时内发出。", "What is ready leaves within 72 hours."),
            },
            {"kind": "success", "text": say("收好了，谢谢。", "All saved. Thank you.")},
            {
                "kind": "warning",
                "title": say("鸡鸣乡有雪", "Snow in Jiming"),
                "text": say("路通了就发，会短信告诉您。", "We send it when the road opens."),
            },
            {
                "kind": "error",
                "title": say("没有付成", "The payment did not go through"),
                "text": say(
                    "您的东西还留着 12 分钟，换一种方式再试。",
                    "Your things are kept for 12 minutes more. Try another way.",
                ),
            },
        ],
        "empty_state": [
            {
                "title": say("购物车还空着", "Your cart is still empty"),
                "text": say("先看看今天就能寄出的。", "See what can leave the village today."),
                "href": "/goods",
                "action": say("看现货", "See what is ready"),
            }
        ],
        "breadcrumb": [
            {
                "items": [
                    (say("好物", "Goods"), "/goods"),
                    (say("鞋", "Footwear"), "/goods?category=footwear"),
                    (say("手编凉鞋", "Hand-woven sandals"), ""),
                ]
            }
        ],
        "pager": [
            {"page": 1, "pages": 3, "address": "/goods?page="},
            {"page": 2, "pages": 3, "address": "/goods?page="},
        ],
        "steps": [
            {
                "labels": [say("购物车", "Cart"), say("付款", "Pay"), say("收好", "Keep")],
                "current": 2,
            }
        ],
        "facet": [
            {
                "title": say("材料", "Material"),
                "key": "material",
                "values": [
                    ("ramie", say("苎麻", "Ramie"), "/goods?material=ramie", "12", False),
                    ("cotton", say("棉", "Cotton"), "/goods", "100+", True),
                    *(
                        (str(n), say("第%s种", "Kind %s") % n, "/goods", str(n), False)
                        for n in range(1, 7)
                    ),
                ],
            }
        ],
        "ridge_map": [
            {
                "map": ridge_map(
                    [
                        (Place("500229107", say("高观镇", "Gaoguan Town")), lamps[:2]),
                        (Place("500229212", say("鸡鸣乡", "Jiming Township")), lamps[2:]),
                    ]
                ),
                "caption": say("示意图，不按比例", "A sketch, not to scale"),
            }
        ],
        "chips": [
            {
                "items": [
                    (say("现货", "Ready now"), "/goods"),
                    (say("灯梁村", "Dengliang village"), "/goods?when=ready"),
                ],
                "label": say("已选", "Chosen"),
            }
        ],
        "facts": [
            {
                "items": [
                    (say("材料", "Material"), say("苎麻、稻草", "Ramie and rice straw")),
                    (say("工时", "Hours"), say("2 小时", "2 hours")),
                    (say("工钱", "Pay for work"), Money(4620)),
                ]
            }
        ],
        "demo_banner": [{}],
        "divider_weave": [{}],
        "wordmark": [{}],
    }


def _shop(say: Say, art: dict[str, str]) -> dict[str, list[Sample]]:
    village = say("灯梁村", "Dengliang village")
    return {
        "focus_grid": [
            {
                "name": "g-focus",
                "label": say("视线落在哪里", "Where the eye goes"),
                "hint": say("点一下裁切时必须留下的地方。", "Tap the spot that must stay."),
                "image": art["sandals"],
                "value": "13",
            }
        ],
        "video": [
            {
                "film": "/media/none.mp4",
                "poster": art["weave_pendant"],
                "alt": say("手上编着一只挂件", "Hands weaving a pendant"),
                "width": 600,
                "height": 400,
                "said": say("先起底，再绕三圈。", "First the base, then three turns."),
            }
        ],
        "upload": [
            {
                "action": "/desk/goods/none/pictures",
                "label": say("这台设备上的图片", "Pictures from this device"),
                "hint": say("可以一次选好几张。", "Several at once if you like."),
                "accept": "image/jpeg,image/png,image/webp",
                "most": 15728640,
            }
        ],
        "picture": [
            {"alt": say("一双手编凉鞋", "A pair of woven sandals"), "image": art["sandals"]},
            {"alt": say("编号织出的布样", "Cloth from a code"), "code": "P-09", "craft": "pendant"},
            {"alt": say("编号织出的布样", "Cloth from a code"), "code": "D-07", "craft": "decor"},
        ],
        "card_product": [
            {
                "href": "/goods/s-01",
                "title": say("手编凉鞋", "Hand-woven sandals"),
                "fen": 8800,
                "by": say("王秀兰", "Wang Xiulan"),
                "village": village,
                "words": say("现货", "Ready now"),
                "image": art["sandals"],
                "rating": say("4.7 · 23 位买家", "4.7 · 23 buyers"),
            },
            {
                "href": "/goods/d-01",
                "title": say("山脊墙饰", "Ridge wall hanging"),
                "fen": 16800,
                "by": "M-014",
                "village": village,
                "state": "made",
                "words": say("接单现做", "Made to order"),
                "image": art["wall_hanging"],
            },
            {
                "href": "/goods/d-02",
                "title": say("杯垫四件", "Set of four coasters"),
                "fen": 3360,
                "village": village,
                "words": say("现货", "Ready now"),
                "flag": say("二等品：一角略松", "Second grade: one loose edge"),
                "image": art["coasters"],
            },
            {
                "href": "/goods/s-09",
                "title": say("很长的名字", "A name without an end ") * 20,
                "fen": 126000,
                "village": village,
                "state": "out",
                "words": say("暂时售完", "Sold out just now"),
                "image": "/art/weave-sandal-S-09.svg",
            },
        ],
        "card_experience": [
            {
                "href": "/experiences/pendant",
                "title": say("编一只小挂件", "Weave a pendant"),
                "price": Money(6800),
                "when": say("7 月 18 日 周六 9:30", "Sat 18 July, 9:30"),
                "duration": say("2 小时", "2 hours"),
                "place": village,
                "places_left": 4,
                "image": art["weave_pendant"],
            },
            {
                "href": "/experiences/sandals",
                "title": say("编一双凉鞋", "Weave your sandals"),
                "price": Money(19800),
                "when": say("7 月 19 日 周日 9:00", "Sun 19 July, 9:00"),
                "duration": say("半天", "half a day"),
                "place": village,
                "places_left": 0,
                "image": art["weave_sandals"],
            },
        ],
        "card_workshop": [
            {
                "href": "/workshops/dengliang",
                "name": say("灯梁女子手工作坊", "Dengliang women’s workshop"),
                "place": say("城口县 › 鸡鸣乡 › 灯梁村", "Chengkou › Jiming › Dengliang"),
                "makers": say("14 位编织人", "14 makers"),
                "crafts": say("凉鞋、挂件、家饰", "Sandals, pendants, things for the home"),
                "image": art["workshop"],
            }
        ],
        "price_split": [
            {
                "price": Money(8800),
                "parts": [
                    (say("编织人的工钱", "Pay for work"), Money(4620), "work"),
                    (say("材料", "Material"), Money(1250), "material"),
                    (say("包装和标签", "Pack and label"), Money(300), "pack"),
                    (say("支付手续费", "Payment fee"), Money(53), "fee"),
                    (say("工坊：房间、工具、培训", "Workshop"), Money(900), "workshop"),
                    (say("公积金和盈余", "Reserve and surplus"), Money(1677), "reserve"),
                ],
                "note": say(
                    "年底至少六成盈余返还给编织人。",
                    "At least 60 % of the surplus goes back to the makers at year end.",
                ),
            }
        ],
        "calendar_strip": [
            {
                "label": say("选一个日子", "Choose a day"),
                "name": "g-session",
                "value": "2",
                "days": _days(say),
            },
            {"label": say("最近的场次", "Next sessions"), "days": _days(say)},
        ],
        "reading_switch": [
            {"name": "lang", "value": "en", "label": "English", "lang": "en"},
            {"name": "elder", "value": "1", "label": say("大字", "Large text"), "kind": "quiet"},
        ],
        "heart": [
            {"public_id": "prd_none", "title": say("手编凉鞋", "Hand-woven sandals")},
            {
                "public_id": "prd_none",
                "title": say("手编凉鞋", "Hand-woven sandals"),
                "is_kept": True,
            },
        ],
        "seen": [
            {
                "id": "g-seen",
                "now": {
                    "slug": "sandals",
                    "title": say("手编凉鞋", "Hand-woven sandals"),
                    "image": art["sandals"],
                },
            }
        ],
        "share_link": [{"address": "https://dengliang.example/goods/s-01"}],
        "timeline": [
            {
                "items": [
                    (say("7 月 6 日 10:12", "6 July, 10:12"), say("已付款", "Paid"), "", "done"),
                    (
                        say("7 月 8 日", "8 July"),
                        say("灯梁工坊已发货", "Sent by Dengliang"),
                        say("中国邮政 1188…", "China Post 1188…"),
                        "now",
                    ),
                    (say("7 月 12 日前", "by 12 July"), say("送到", "With you"), "", "next"),
                ]
            },
            {
                "items": [
                    (say("7 月 6 日", "6 July"), say("已取消", "Cancelled"), "", "stopped"),
                ]
            },
        ],
        "told_list": [
            {
                "told": [
                    {
                        "locale": say("zh_Hans", "en"),
                        "written_at": datetime(2026, 7, 8, 2, 12, tzinfo=UTC),
                        "letter": {
                            "title": say("订单260706-7K3M9已发出", "Order 260706-7K3M9 has left"),
                            "short": "",
                            "paragraphs": [
                                say("包裹已从村里发出。", "The parcel has left the village.")
                            ],
                            "path": "/goods",
                            "action": say("去看看商品", "Look at the goods"),
                        },
                    }
                ]
            }
        ],
    }


def _days(say: Say) -> list[Sample]:
    july = say("7 月", "July")
    rows = (
        ("1", say("周六", "Sat"), "11", 0),
        ("2", say("周日", "Sun"), "12", 3),
        ("3", say("周六", "Sat"), "18", 9),
        ("4", say("周日", "Sun"), "19", 12),
    )
    return [
        {
            "value": value,
            "weekday": weekday,
            "day": day,
            "month": july,
            "time": "9:30",
            "places_left": left,
            "href": f"/experiences/pendant?session={value}",
        }
        for value, weekday, day, left in rows
    ]


def _voices(say: Say) -> dict[str, list[Sample]]:
    workshop = say("灯梁女子手工作坊", "Dengliang Women's Workshop")
    lang = say("zh-Hans", "en")
    return {
        "faces": [
            {
                "name": "g-stars",
                "label": say("您觉得怎么样？", "How do you like it?"),
                "faces": {
                    5: say("很满意", "Very happy"),
                    4: say("满意", "Happy"),
                    3: say("一般", "It is all right"),
                    2: say("不满意", "Not happy"),
                    1: say("很不满意", "Not happy at all"),
                },
                "value": "4",
            },
        ],
        "rating": [
            {"stars": 5},
            {"stars": 2},
            {"stars": "4.7", "count": 23, "href": "#rating"},
            {"stars": "3.4", "count": 5, "size": "s"},
        ],
        "reviews": [
            {
                "summary": {
                    "average": "4.3",
                    "count": 4,
                    "by_stars": [(5, 2), (4, 1), (3, 1), (2, 0), (1, 0)],
                    "hidden": 1,
                },
                "items": [
                    {
                        "key": "g-rev-1",
                        "stars": 5,
                        "name": "刘**",
                        "about": say("37 · 7月20日", "37 · 20 July"),
                        "text": say(
                            "软，不磨脚，走了一整天。", "Soft; no blister after a whole day."
                        ),
                        "lang": lang,
                        "answer": say("谢谢您，路上慢走。", "Thank you, and walk well."),
                        "hidden": "",
                        "photos": [],
                    },
                    {
                        "key": "g-rev-2",
                        "stars": 3,
                        "name": say("买家", "A buyer"),
                        "about": say("38 · 7月18日", "38 · 18 July"),
                        "text": "",
                        "lang": lang,
                        "answer": "",
                        "hidden": say("含有他人的个人信息", "it tells personal data of somebody"),
                        "photos": [],
                    },
                ],
                "answered_by": workshop,
                "href": "#reviews",
            },
        ],
        "questions": [
            {
                "items": [
                    {
                        "key": "g-que-1",
                        "text": say("脚背高能穿吗？", "Does it fit a high instep?"),
                        "lang": lang,
                        "answer": say(
                            "能。带子是活的，可以放一指。", "Yes: the straps give by a finger."
                        ),
                        "when": say("7月19日", "19 July"),
                    },
                ],
                "count": 4,
                "answered_by": workshop,
                "href": "#questions",
            },
        ],
    }


def _work(say: Say) -> dict[str, list[Sample]]:
    return {
        "amount_pot": [
            {
                "kind": "sure",
                "amount": Money(118654),
                "when": say("7 月 25 日发", "on 25 July"),
                "href": "/member/sure",
            },
            {
                "kind": "waiting",
                "amount": Money(4620),
                "when": say("最晚 7 月 9 日验收", "inspected by 9 July"),
            },
            {
                "kind": "paid",
                "amount": Money(96300),
                "when": say("7 月 10 日，到您的卡", "10 July, to your own account"),
            },
        ],
        "notes_coins": [
            {"amount": Money(118654)},
            {"amount": Money(2310)},
            {"amount": Money(250000)},
        ],
        "todo_item": [
            {
                "title": say("交件等验收", "Hand-ins to inspect"),
                "note": say("最早一件已等 2 天", "the first has waited for 2 days"),
                "kind": "waiting",
                "count": "3",
                "href": "/desk",
                "action": say("去验收", "Inspect"),
            },
            {
                "title": say("包裹晚了", "A parcel is late"),
                "note": say("订单 260706-K7M3X", "Order 260706-K7M3X"),
                "kind": "danger",
                "href": "/desk",
                "action": say("寄出", "Send it"),
            },
            {
                "title": say("7 月 25 日发放批次", "Pay run of 25 July"),
                "note": say("后天到期", "due the day after tomorrow"),
                "kind": "info",
                "href": "/desk",
                "action": say("准备", "Prepare"),
                "icon": "wallet",
            },
        ],
        "figure_tile": [
            {
                "label": say("稳岗人数", "Steady workers"),
                "value": 14,
                "href": "/oversight",
                "note": say("近 3 个月月月有活", "worked in each of 3 months"),
            },
            {
                "label": say("及时支付率", "Paid in time"),
                "value": "98.6 %",
                "kind": "sure",
                "note": say("最长 18 天", "longest 18 days"),
            },
            {"label": say("应发工钱", "Wages owed"), "value": Money(187892), "kind": "waiting"},
            {"label": say("逾期包裹", "Late parcels"), "value": 2, "kind": "danger"},
        ],
        "table": [
            {
                "caption": say("这一批的交件", "Hand-ins of this run"),
                "head": [
                    say("活计", "Piece"),
                    say("编织人", "Maker"),
                    (say("合格", "Passed"), "number"),
                    (say("工钱", "Wage"), "money"),
                ],
                "rows": [
                    [say("手编凉鞋", "Sandals"), say("王秀兰", "Wang Xiulan"), 11, Money(50820)],
                    [say("小挂件", "Pendants"), say("李桂芳", "Li Guifang"), 30, Money(46200)],
                ],
                "foot": [say("合计", "Together"), "", 41, Money(97020)],
            }
        ],
        "progress": [
            {"label": say("正在读入订单", "Reading orders"), "value": 3120, "max": 4894},
        ],
        "gallery": [
            {
                "label": say("凉鞋的图片", "Pictures of the sandals"),
                "slides": [
                    {
                        "image": "/art/sandals.svg",
                        "large": "/art/sandals.svg",
                        "photo": None,
                        "alt": say("一双草凉鞋", "A pair of sandals"),
                    },
                    {
                        "image": "/art/slippers.svg",
                        "large": "/art/slippers.svg",
                        "photo": None,
                        "alt": say("一双拖鞋", "A pair of slippers"),
                    },
                ],
            }
        ],
        "quality_label": [
            {
                "title": say("手编凉鞋", "Hand-woven sandals"),
                "rows": [
                    (
                        say("工坊", "Workshop"),
                        say("灯梁女子手工作坊", "Dengliang Women's Workshop"),
                    ),
                    (say("材料", "Material"), say("棉麻绳、布底", "Cotton and ramie cord")),
                ],
                "code": "7K3M-9XQ2",
                "stamp": say("合格", "Passed"),
            }
        ],
        "wish": [
            {
                "items": [
                    (say("编进名字", "Name woven in"), "小灯"),
                    (say("脚长", "Length of the foot"), "25.5 cm"),
                ]
            }
        ],
        "faults": [
            {
                "faults": [
                    ("crooked", say("歪斜", "crooked")),
                    ("unequal-pair", say("左右不一", "pair unequal")),
                ],
                "reason": say("鞋底短 4 毫米", "sole 4 mm short"),
            },
            {"faults": [], "reason": say("系带歪了", "strap twisted")},
        ],
        "wish_fields": [
            {
                "legend": say("按您的心意", "To your wish"),
                "hint": say("专为您编，慢一些。", "Woven for you alone, so it takes longer."),
                "options": [
                    {
                        "key": "g-name",
                        "kind": "text",
                        "label": say("编进名字", "Name woven in"),
                        "add": say("加 ¥10.00", "+¥10.00"),
                        "hint": say("最多 6 个字。", "At most 6 signs."),
                        "error": say("太长了，编不下。", "Too long for the weave."),
                        "value": "一二三四五六七",
                        "most": 12,
                        "fen": 1000,
                    },
                    {
                        "key": "g-foot",
                        "kind": "measure",
                        "label": say("脚长", "Length of the foot"),
                        "add": say("加 ¥12.00", "+¥12.00"),
                        "hint": "",
                        "error": "",
                        "value": "",
                        "least": "22",
                        "largest": "29",
                        "step": "0.5",
                        "fen": 1200,
                    },
                    {
                        "key": "g-cord",
                        "kind": "choice",
                        "label": say("挂绳颜色", "Color of the cord"),
                        "hint": "",
                        "error": "",
                        "value": "c1",
                        "choices": [
                            {
                                "value": "c1",
                                "label": say("靛蓝绳", "indigo cord"),
                                "add": say("不加价", "no extra price"),
                                "fen": 0,
                            },
                        ],
                    },
                ],
            }
        ],
        "promise": [
            {
                "said": say("最晚 7月23日 发出", "Leaves the village by 23 July"),
                "why": say(
                    "现货，随最近一班包裹走。", "Lies ready and goes with the next parcels."
                ),
            },
            {"said": say("最晚 8月20日 可取", "Ready to fetch by 20 August"), "mark": "shop"},
        ],
    }


ICONS = [
    "fault-broken-strand",
    "fault-loose-weave",
    "fault-loose-end",
    "fault-crooked",
    "fault-unequal-pair",
    "fault-wrong-size",
    "fault-stain",
    "fault-wrong-color",
    "ruler",
    "heart",
    "qr",
    "picture",
    "cart",
    "search",
    "menu",
    "close",
    "check",
    "check-circle",
    "clock",
    "alert",
    "info",
    "pin",
    "phone",
    "user",
    "users",
    "truck",
    "box",
    "return",
    "hand",
    "leaf",
    "lamp",
    "calendar",
    "right",
    "left",
    "down",
    "up",
    "plus",
    "minus",
    "print",
    "download",
    "upload",
    "camera",
    "sound",
    "lock",
    "globe",
    "home",
    "list",
    "coins",
    "gift",
    "star",
    "edit",
    "trash",
    "copy",
    "share",
    "help",
    "shop",
    "scale",
    "flag",
    "sign-out",
    "book",
    "grid",
    "needle",
    "scissors",
    "mountain",
    "eye",
    "wallet",
    "receipt",
    "inspect",
    "filter",
]

DRAWINGS = [
    "sandals",
    "child_sandals",
    "slippers",
    "flower_pendant",
    "zodiac_pendant",
    "key_ring",
    "wall_hanging",
    "coasters",
    "cushion",
    "weave_pendant",
    "weave_sandals",
    "workshop",
    "home_hero",
]


def _samples(say: Say) -> dict[str, list[Sample]]:
    art = {name: f"/art/{name}.svg" for name in DRAWINGS}
    return {
        "icon": [{"name": name, "size": "l"} for name in ICONS],
        **_forms(say),
        **_words(say),
        **_shop(say, art),
        **_voices(say),
        **_work(say),
    }


SAMPLES: dict[str, dict[str, list[Sample]]] = {
    "zh_Hans": _samples(lambda chinese, _english: chinese),
    "en": _samples(lambda _chinese, english: english),
}
