"""What buyers of the demonstration said and asked: some of it critical, answered kindly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shop.catalog import queries as catalog
from shop.demo import selling
from shop.demo.snapshots import INDIGO, RED, STRAW, Cloth, snapshot
from shop.kernel import links
from shop.kernel.access import Actor
from shop.media.rules import Sent
from shop.orders import queries as orders
from shop.orders.rules import Contact
from shop.reviews import services as reviews
from shop.reviews.rules import HidingReason, Phrase, ShownAs, is_low
from shop.workflows import reviewing

if TYPE_CHECKING:
    from shop.demo.load import Story


@dataclass(frozen=True, slots=True)
class Said:
    """One buyer: what she bought how many days ago, and what she says of it.

    after     days from receipt to her words.
    answer    of the workshop; nothing where it has not answered.
    """

    days: float
    sku: str
    name: str
    stars: int
    text: str
    after: float = 3
    locale: str = "zh_Hans"
    shown_as: ShownAs = ShownAs.MASKED
    nick: str = ""
    answer: str = ""
    thanks: Phrase | str = ""
    hide: bool = False
    pictures: tuple[Cloth, ...] = ()


SAID = (
    Said(
        23,
        "S-01-37",
        "何女士",
        5,
        "脚背高，试过好多凉鞋都勒，这双的带子能松一指，走了一整天没磨泡。第二双给妈妈买的。",
        answer="何女士您好，带子穿久了还会再松一点，觉得松了沾点水阴干就回来了。祝妈妈穿得舒服。",
        thanks=Phrase.MOTHER,
        pictures=(INDIGO, STRAW),
    ),
    Said(
        22,
        "S-01-38",
        "Anna Weber",
        4,
        "Beautifully made and very light. EU 39 feet: the 38 was snug for the first two days and "
        "then it fitted. A size table in centimetres on the page would help.",
        locale="en",
        answer="Thank you, Anna. You are right about the table: we have measured every last and "
        "put the centimetres on the page. Walk well.",
    ),
    Said(
        21,
        "S-01-39",
        "唐先生",
        2,
        "给老婆买的，鞋底边上有一圈绳头没收干净，第一天就毛了。编得是好看，就是这里太可惜。",
        answer="唐先生，真对不起。绳头是我们收边时漏了，已经打过电话，换的一双昨天寄出，旧的不用退。"
        "这一圈现在验货时要多摸一遍。",
    ),
    Said(
        20,
        "S-01-38",
        "冉女士",
        5,
        "软，凉快，下雨天走了一趟也没变形。等了四天，值。",
        shown_as=ShownAs.NICK,
        nick="山城小冉",
    ),
    Said(19, "S-01-37", "罗女士", 5, "", shown_as=ShownAs.ANONYMOUS, thanks=Phrase.FITS),
    Said(
        18,
        "S-01-38",
        "谭女士",
        4,
        "做工细，看得出是一针一针编的。颜色比照片略深一点，我反而更喜欢。"
        "想再要一双的可以加我微信 tanxx2020。",
        pictures=(INDIGO,),
        answer="谢谢谭女士。照片是中午拍的，亮一些，我们换了一张早上拍的。要第二双在这页上下单就行。",
    ),
    Said(
        17,
        "S-01-36",
        "蒋女士",
        1,
        "鞋子还没穿，我就想说那个姓王的，住三社桥头第二家，上次赶场还欠我……",
        after=2.5,
        hide=True,
    ),
    Said(
        16,
        "S-01-38",
        "杜女士",
        5,
        "付款的时候看到工钱占一半多，穿着心里踏实。谢谢编鞋的姐姐。",
        thanks="姐姐，鞋子像您一样实在，祝孩子学习好",
    ),
    Said(
        15,
        "S-02-28",
        "向女士",
        5,
        "三岁半，脚宽，穿得进也不掉跟。幼儿园老师都问哪里买的。",
        answer="宽脚的娃娃多，鞋楦本来就放宽了一点。娃娃脚长得快，穿小了来信，下一双我们记得他的脚。",
        thanks=Phrase.HANDS,
    ),
    Said(
        14,
        "S-02-26",
        "Mei Lin",
        3,
        "Sweet little shoes, soft and airy. The buckle is stiff for small fingers, so I still have "
        "to help her. Delivery took five days, as promised.",
        locale="en",
        answer="Thank you for telling us, Mei. Li Guifang has tried a loop instead of the buckle; "
        "her grandson opens it alone. The next pairs will have it.",
    ),
    Said(
        13,
        "P-01-RED",
        "舒女士",
        5,
        "挂在书包上，女儿给它取了名字。",
        shown_as=ShownAs.NICK,
        nick="舒妈妈",
        thanks=Phrase.GIFT,
        pictures=(RED,),
    ),
    Said(
        12.5,
        "P-03",
        "袁女士",
        5,
        "小小一个，钥匙再也没找不到过。",
        thanks=Phrase.HANDS,
    ),
    Said(12, "P-02-HORSE", "庞先生", 4, "马的神气有了，耳朵要是再立一点就更好。"),
    Said(
        11,
        "D-01",
        "秦女士",
        5,
        "挂在客厅，傍晚的光照上去真的像山。包装也用心，没有一点塑料。",
        answer="秦女士，山脊的线是照着我们村后面的梁子编的，您挂的那面墙现在也有灯梁了。",
        thanks=Phrase.AGAIN,
    ),
    Said(
        10.5,
        "D-02-NATURAL",
        "Tom Baker",
        5,
        "Four coasters, each a little different, as it should be. They came flat and dry.",
        locale="en",
    ),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question; without an answer it waits on the desk."""

    days: float
    code: str
    text: str
    answer: str = ""
    locale: str = "zh_Hans"
    contact: str | None = None


ASKED = (
    Asked(
        12,
        "S-01",
        "脚长 24 厘米、脚背偏高，穿 38 还是 39？",
        "24 厘米穿 38 正好。脚背高不用怕，带子是活的，可以放一指。"
        "拿不准先买 38，不合脚七天内可以退。",
    ),
    Asked(
        9,
        "S-01",
        "Can I wear them in the rain, and how do I wash them?",
        "A shower does them no harm. Wash them by hand in cold water, press the water out with a "
        "towel and let them dry in the shade; never in a machine, never on a heater.",
        locale="en",
    ),
    Asked(
        5,
        "S-01",
        "可以在鞋垫上编孩子的名字吗？",
        "可以，中文两个字以内、拼音六个字母以内，要多编三天。是为您一个人做的，编好就不能无理由退了。",
    ),
    Asked(4, "D-01", "墙饰后面有挂的地方吗？钉子我自己有。", "有，背面两个棉绳扣，相距 40 厘米。"),
    Asked(1.2, "S-02", "六岁的孩子脚长 19 厘米，有没有更大的码？", contact="13800000031"),
    Asked(0.3, "P-01", "公司三八节想订 100 个，能开发票吗？", contact="liu@example.com"),
)


def tell(story: Story) -> None:
    """Let buyers speak, the workshop answer, and two people hide the one that names a neighbour."""
    for number, said in enumerate(SAID):
        _say(story, said, number)
    for asked in ASKED:
        _ask(story, asked)


def _say(story: Story, said: Said, number: int) -> None:
    wish = selling.Wish(
        said.days,
        ((said.sku, 1),),
        Contact(
            phone=f"138000001{number:02d}",
            name=said.name,
            region=selling.CITY,
            address=f"学田湾正街 {number + 1} 号",
        ),
        is_shipped=True,
        is_received=True,
    )
    order_id = selling.order(story, wish, key=f"demo-voice-{number}", session_id=None)
    order = orders.order(order_id)
    token = links.signed(reviewing.PURPOSE, order.number)
    at = story.ago(said.days - selling.DAYS_ON_THE_WAY - said.after)
    review = reviewing.say(
        token=token,
        position=1,
        stars=said.stars,
        text=said.text,
        shown_as=said.shown_as,
        nick=said.nick,
        locale=said.locale,
        now=at,
    )
    reviewing.add_pictures(
        token=token,
        position=1,
        files=[
            Sent(f"IMG_{2040 + number}_{place}.jpg", snapshot(cloth))
            for place, cloth in enumerate(said.pictures)
        ],
        now=at + timedelta(minutes=2),
    )
    if said.thanks:
        is_ready = isinstance(said.thanks, Phrase)
        reviewing.thank_maker(
            token=token,
            position=1,
            phrase=Phrase(said.thanks) if is_ready else None,
            text="" if is_ready else said.thanks,
            locale=said.locale,
            now=at + timedelta(minutes=3),
        )
    worker, second = _worker(story, order.parts[0].workshop_id), story.people["heqing"]
    if said.answer:
        reviews.answer_review(
            public_id=review, text=said.answer, actor=worker, now=at + timedelta(hours=20)
        )
    if said.hide:
        hiding = reviews.propose_hiding(
            public_id=review,
            reason=HidingReason.PERSONAL_DATA,
            note="写出邻居的姓和住处，与鞋无关；已打电话向买家说明。",
            actor=worker,
            now=at + timedelta(hours=2),
        )
        reviews.confirm_hiding(public_id=hiding, actor=second, now=at + timedelta(hours=5))
    elif is_low(said.stars):
        reviews.close_follow_up(
            public_id=review,
            note="打了电话，换一双寄出，运费我们出。",
            actor=worker,
            now=at + timedelta(hours=19),
        )


def _ask(story: Story, asked: Asked) -> None:
    product_id = story.products[asked.code]
    name = catalog.name_on_sale(catalog.covers([product_id])[product_id].slug)
    question = reviewing.ask(
        product=name,
        text=asked.text,
        contact=asked.contact,
        locale=asked.locale,
        now=story.ago(asked.days),
    )
    if asked.answer:
        reviews.answer_question(
            public_id=question,
            text=asked.answer,
            actor=_worker(story, name.workshop_id),
            now=story.ago(asked.days - 0.8),
        )


def _worker(story: Story, workshop_id: int) -> Actor:
    return story.people["zhoumin" if workshop_id == story.workshops["dengliang"] else "pengli"]
