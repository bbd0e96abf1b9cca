"""The demonstration co-operative as plain facts. All people are invented.

Products, minutes, rates and prices are those of the domain's sample table; sums in fen.
"""

from __future__ import annotations

from dataclasses import dataclass

ROOM = "500229212202"  # 城口县 › 鸡鸣乡 › 灯梁村
TOWN = "500229212"
COUNTY = "500229"
OTHER_ROOM = "500229107207"  # 城口县 › 高观镇 › 茨竹村
BAMBOO_ROOM = "500229107211"  # 城口县 › 高观镇 › 双竹村

STAFF_PASSWORD = "dengliang-demo"  # noqa: S105 - printed on the console for everybody who tries the demonstration
MAKER_PIN = "246810"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who signs in by a staff name."""

    login: str
    name: str
    role: str
    station: str
    who: str


STAFF = (
    Person(
        "zhoumin", "周敏", "social_worker", ROOM, "social worker, lists goods and takes hand-ins"
    ),
    Person("heqing", "何青", "social_worker", ROOM, "second social worker, checks prices"),
    Person("liguifang", "李桂芳", "workshop_lead", ROOM, "workshop lead, gives out work"),
    Person("tanyun", "谭云", "inspector", ROOM, "inspector"),
    Person("xiaohong", "肖红", "bookkeeper", ROOM, "bookkeeper, prepares pay runs"),
    Person("luoping", "罗萍", "cashier", ROOM, "cashier, pays out"),
    Person(
        "pengli", "彭丽", "social_worker", OTHER_ROOM, "social worker of the two other workshops"
    ),
    Person("duchuan", "杜川", "town_supervisor", TOWN, "town supervisor of 鸡鸣乡"),
    Person("gaoyuan", "高远", "county_officer", COUNTY, "county officer of 城口县"),
)


@dataclass(frozen=True, slots=True)
class Maker:
    """A member of a workshop; without phone she has no sign-in and needs none."""

    code: str
    name: str
    name_en: str
    phone: str | None
    consents: tuple[str, ...]
    story: str = ""
    story_en: str = ""


MAKERS = (
    Maker(
        "M-001",
        "王秀兰",
        "Wang Xiulan",
        "13983720001",
        ("name", "village", "story"),
        "编凉鞋第六年。上午九点到十一点，孩子上学以后，坐在堂屋门口编。",
        "Six years of weaving sandals, from nine to eleven, by the front door, once the child is at school.",
    ),
    Maker("M-002", "陈明珍", "Chen Mingzhen", None, ("village",)),
    Maker(
        "M-003",
        "李桂芳",
        "Li Guifang",
        "13983720003",
        ("name", "village", "story"),
        "坊长。鞋底的第一道经线，都是她教的。",
        "She leads the workshop; everyone here learned the first warp of a sole from her.",
    ),
    Maker("M-004", "刘小琴", "Liu Xiaoqin", "13983720004", ("name", "village")),
)
OTHER_MAKERS = (
    Maker("M-001", "向红英", "Xiang Hongying", "13983720011", ("name", "village")),
    Maker("M-002", "冉启凤", "Ran Qifeng", "13983720012", ("village",)),
)
BAMBOO_MAKERS = (
    Maker(
        "M-001",
        "田开珍",
        "Tian Kaizhen",
        "13983720021",
        ("name", "village", "story"),
        "跟着公公学破篾，一根竹子能分出八十根丝。",
        "She learned to split bamboo from her father-in-law; one stem gives her eighty strands.",
    ),
    Maker("M-002", "罗章美", "Luo Zhangmei", "13983720022", ("name", "village")),
    Maker("M-003", "邹明菊", "Zou Mingju", None, ("village",)),
)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to buyers; ``adds`` is price, material, workshop in fen and minutes of work.

    A text has ``most`` signs, a measure (least, most, step) millimetres in ``span``; a choice has
    its things with what each adds.
    """

    key: str
    label: str
    label_en: str
    adds: tuple[int, int, int, int] = (0, 0, 0, 0)
    most: int = 0
    span: tuple[int, int, int] = (0, 0, 0)
    things: tuple[tuple[str, str, tuple[int, int, int, int]], ...] = ()


@dataclass(frozen=True, slots=True)
class Goods:
    """One product with its price sheet: pay, material, pack, fee, workshop, rest = price."""

    code: str
    title: str
    title_en: str
    category: str
    craft: str
    drawing: str
    minutes: int
    split: tuple[int, int, int, int, int, int]
    variants: tuple[tuple[str, str, str], ...]
    summary: str
    summary_en: str
    material: str
    material_en: str
    technique: str
    technique_en: str
    care: str
    care_en: str
    supply: str = "in_stock"
    pay_lane: str = "piece_wage"
    share_percent: int | None = None
    stock: tuple[int, ...] = ()
    maker: str = "M-001"
    # Length, width, height in mm, weight in g.
    measures: tuple[int, int, int, int] = (0, 0, 0, 0)
    is_one_of_a_kind: bool = False
    wishes: tuple[Ask, ...] = ()
    terms: tuple[str, ...] = ()

    @property
    def price(self) -> int:
        """Return the price in fen: the sum of its parts."""
        return sum(self.split)


# Who says so, where, and what means the same there.
WORDS_ALIKE = (
    ("zhoumin", ROOM, "凉鞋, 麻窝子, 凉快鞋"),
    ("zhoumin", ROOM, "钥匙扣, 锁链子"),
    ("pengli", OTHER_ROOM, "靠枕套, 靠背套, 枕头皮"),
)

CATEGORIES = (
    ("footwear", "鞋", "Footwear"),
    ("pendants", "挂件", "Pendants"),
    ("home", "家饰", "For the home"),
    ("carry", "随身", "To wear and carry"),
)

SIZES = (("36", "", ""), ("37", "", ""), ("38", "", ""), ("39", "", ""))
DRY_CARE = ("沾水后阴干，不要暴晒。", "Let it dry in the shade; keep it out of strong sun.")
WIPE_CARE = ("用软布轻擦。", "Wipe with a soft cloth.")
WASH_CARE = ("冷水手洗，平铺晾干。", "Wash by hand in cold water and dry flat.")

GOODS = (
    Goods(
        "S-01",
        "手编凉鞋",
        "Hand-woven sandals",
        "footwear",
        "sandal",
        "sandals",
        120,
        (4620, 1250, 300, 53, 900, 1677),
        SIZES,
        "棉麻绳一双一双手编，软底不磨脚，穿一夏天越穿越贴脚。",
        "Cotton and ramie cord, woven pair by pair; soft soles that shape themselves to your feet over one summer.",
        "棉麻绳、布底",
        "Cotton and ramie cord, cloth sole",
        "八股平编",
        "Eight-strand flat weave",
        *DRY_CARE,
        stock=(4, 8, 12, 6),
        terms=("cotton", "ramie", "braiding"),
    ),
    Goods(
        "S-02",
        "童凉鞋",
        "Children's sandals",
        "footwear",
        "sandal",
        "child_sandals",
        90,
        (3470, 900, 300, 41, 700, 1389),
        (("26", "", ""), ("28", "", ""), ("30", "", "")),
        "给孩子的一双，软、透气、好穿脱。",
        "A pair for small feet: soft, airy, easy to slip on.",
        "棉绳、布底",
        "Cotton cord, cloth sole",
        "六股平编",
        "Six-strand flat weave",
        *DRY_CARE,
        stock=(5, 6, 4),
        maker="M-003",
        terms=("cotton", "braiding"),
    ),
    Goods(
        "S-03",
        "手编拖鞋",
        "House shoes",
        "footwear",
        "sandal",
        "slippers",
        150,
        (5780, 1600, 300, 65, 1100, 1955),
        (("38", "", ""), ("40", "", ""), ("42", "", "")),
        "家里穿的厚底拖鞋，接单后开编。",
        "Thick-soled shoes for the house, woven once you have ordered them.",
        "棉麻绳、麻布衬",
        "Cotton and ramie cord, linen lining",
        "八股平编包边",
        "Eight-strand weave with bound edge",
        *DRY_CARE,
        supply="made_to_order",
        stock=(),
        maker="M-001",
        wishes=(
            Ask(
                "foot",
                "脚长（量脚编）",
                "Length of the foot",
                (1200, 100, 100, 20),
                span=(220, 290, 5),
            ),
            Ask("name", "编进名字", "Name woven in", (1000, 50, 100, 15), most=6),
        ),
        terms=("cotton", "ramie", "braiding"),
    ),
    Goods(
        "P-01",
        "小挂件·花",
        "Flower pendant",
        "pendants",
        "pendant",
        "flower_pendant",
        40,
        (1540, 320, 100, 17, 300, 523),
        (("", "红", "red"), ("", "靛蓝", "indigo")),
        "钩一朵山里的花，挂包、挂车、挂窗边。",
        "A mountain flower in crochet, for a bag, a car or a window.",
        "棉线",
        "Cotton yarn",
        "钩编",
        "Crochet",
        *WIPE_CARE,
        stock=(30, 18),
        measures=(90, 60, 20, 18),
        maker="M-004",
        wishes=(
            Ask("name", "绣上名字", "Name stitched on", (600, 30, 50, 8), most=4),
            Ask(
                "cord",
                "挂绳颜色",
                "Color of the cord",
                things=(
                    ("靛蓝绳", "indigo cord", (0, 0, 0, 0)),
                    ("柿红绳", "persimmon cord", (0, 0, 0, 0)),
                    ("金线绳", "gold thread cord", (500, 150, 50, 5)),
                ),
            ),
        ),
        terms=("cotton", "crochet"),
    ),
    Goods(
        "P-02",
        "生肖挂件",
        "Zodiac pendant",
        "pendants",
        "pendant",
        "zodiac_pendant",
        60,
        (2310, 380, 100, 25, 400, 985),
        (("", "马", "horse"), ("", "羊", "goat")),
        "按生肖钩的小挂件，卖出后按份额结给编它的人。",
        "A small zodiac animal in crochet; its maker earns her share when it is sold.",
        "棉线、填充棉",
        "Cotton yarn, cotton filling",
        "钩编",
        "Crochet",
        *WIPE_CARE,
        pay_lane="consignment",
        share_percent=55,
        stock=(6, 4),
        measures=(110, 70, 40, 35),
        maker="M-001",
        terms=("cotton", "crochet"),
    ),
    Goods(
        "P-03",
        "钥匙扣",
        "Key ring",
        "pendants",
        "pendant",
        "key_ring",
        25,
        (970, 200, 100, 11, 200, 319),
        (("", "", ""),),
        "随手带的一小截编绳，结实。",
        "A short length of braid to carry about, and hard to wear out.",
        "棉绳、铜扣",
        "Cotton cord, brass ring",
        "四股圆编",
        "Four-strand round braid",
        *WIPE_CARE,
        stock=(40,),
        measures=(95, 25, 12, 14),
        maker="M-002",
        terms=("cotton", "braiding"),
    ),
)

OTHER_GOODS = (
    Goods(
        "D-01",
        "墙饰·山脊",
        "Wall hanging, Ridge",
        "home",
        "decor",
        "wall_hanging",
        240,
        (9240, 2200, 400, 101, 1700, 3159),
        (("", "", ""),),
        "把门前那道山梁编进布里，每一幅走线都不一样。",
        "The ridge outside the door, woven into cloth; no two run the same.",
        "苎麻线、竹杆",
        "Ramie yarn, bamboo rod",
        "挂经平织",
        "Hand-warped plain weave",
        *WIPE_CARE,
        stock=(5,),
        measures=(600, 400, 10, 320),
        maker="M-001",
        wishes=(
            Ask("words", "织进一句话", "Words woven in", (1800, 100, 150, 30), most=12),
            Ask(
                "width", "定做宽度", "Width to your wall", (2600, 400, 200, 45), span=(300, 600, 50)
            ),
        ),
        terms=("ramie", "bamboo", "weaving"),
    ),
    Goods(
        "D-02",
        "杯垫四件",
        "Set of four coasters",
        "home",
        "decor",
        "coasters",
        60,
        (2310, 600, 200, 29, 500, 1161),
        (("", "本色", "natural"), ("", "靛蓝", "indigo")),
        "四片一套，吸水、防烫，放凉茶热茶都好。",
        "Four to a set; they drink up drops and stand the heat of any tea.",
        "苎麻线",
        "Ramie yarn",
        "平织",
        "Plain weave",
        *WASH_CARE,
        stock=(12, 9),
        measures=(100, 100, 5, 120),
        maker="M-001",
        terms=("ramie", "weaving"),
    ),
    Goods(
        "D-21",
        "墙饰·秋山（孤品）",
        "Wall hanging, Autumn Ridge",
        "home",
        "decor",
        "",
        360,
        (13860, 3200, 400, 161, 2600, 6579),
        (("", "", ""),),
        "冉启凤织的一幅：晒红的辣椒、收了的坡地、最后一道晚霞。只此一件。",
        "One that Ran Qifeng wove: drying peppers, harvested slopes, the last of the light. There is no second.",
        "苎麻线、柿染棉线、竹杆",
        "Ramie yarn, cotton dyed with persimmon, bamboo rod",
        "挂经平织、换色",
        "Hand-warped plain weave, colors changed by hand",
        *WIPE_CARE,
        stock=(1,),
        measures=(700, 450, 10, 420),
        is_one_of_a_kind=True,
        maker="M-002",
    ),
    Goods(
        "D-03",
        "靠枕套",
        "Cushion cover",
        "home",
        "decor",
        "cushion",
        180,
        (6930, 2800, 400, 83, 1400, 2187),
        (("45", "本色", "natural"),),
        "手织土布做的套子，不含芯。",
        "A cover of hand-woven village cloth, without the filling.",
        "土布",
        "Village cotton cloth",
        "手织、手缝",
        "Hand-woven, hand-sewn",
        *WASH_CARE,
        stock=(7,),
        measures=(450, 450, 0, 260),
        maker="M-002",
        terms=("village-cloth", "weaving", "sewing"),
    ),
)


# The farm year: reason, percent of the pace, first day and last day as (month, day); a span whose
# end comes before its beginning runs into the next year. Source: domain.md 11.
FARM_YEAR = {
    "dengliang": (
        ("planting", 50, (3, 10), (3, 31)),
        ("tea_picking", 50, (4, 1), (5, 10)),
        ("harvest", 50, (7, 15), (8, 20)),
        ("visitors", 75, (10, 8), (10, 31)),
        ("snow", 75, (12, 15), (2, 20)),
    ),
    "shuangzhu": (("planting", 50, (3, 15), (4, 5)), ("snow", 75, (12, 15), (2, 20))),
    "cizhu": (
        ("planting", 50, (3, 10), (4, 10)),
        ("harvest", 50, (7, 15), (8, 20)),
        ("snow", 50, (11, 20), (2, 28)),
    ),
}
# Families are home, the looms stand still: days around the eve of the lunar new year.
NEW_YEARS_EVES = ((2026, 2, 16), (2027, 2, 5), (2028, 1, 25))
CLOSED_BEFORE, CLOSED_AFTER = 4, 9


@dataclass(frozen=True, slots=True)
class Collection:
    """A curated shelf: who fills it for which place, from when to when as days from today.

    Whoever supervises changes nothing: a shelf over several villages is the operator's, without
    ``login``.
    """

    login: str | None
    station: str
    title: str
    title_en: str
    words: str
    words_en: str
    picture: str
    days: tuple[int, int]
    goods: tuple[str, ...]


# The shelf of the next feast takes its name, picture and last day from the feast itself.
FEAST = Collection(
    None,
    COUNTY,
    "{}的礼，山里的手艺",
    "For the {}, from the hills",
    "一针一线都是留在村里的人做的。送长辈、送孩子、送很久没见的朋友，各挑了几样。",
    "Every stitch by somebody who stayed in the village. For parents, for children, for a friend "
    "you have not seen for too long.",
    "",
    (-3, 0),
    ("B-05", "D-06", "S-06", "P-04", "D-08", "B-01", "P-06", "D-05", "S-04"),
)
COLLECTIONS = (
    Collection(
        "zhoumin",
        ROOM,
        "脚下的灯梁",
        "Dengliang underfoot",
        "从学步鞋到男凉鞋，一村人的鞋都在这里。",
        "From first steps to mountain paths: the shoes of a whole village.",
        "weave_sandals",
        (-20, 60),
        ("S-01", "S-02", "S-05", "S-06", "S-04", "S-03"),
    ),
    Collection(
        "pengli",
        OTHER_ROOM,
        "一张好看的桌子",
        "A table laid by hand",
        "桌旗、杯垫，都是茨竹的织机上下来的。",
        "A runner and coasters, all off the looms of Cizhu.",
        "workshop",
        (-60, -6),
        ("D-05", "D-02", "D-09"),
    ),
)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One experience that visitors can book."""

    slug: str
    title: str
    title_en: str
    summary: str
    summary_en: str
    bring: str
    bring_en: str
    drawing: str
    minutes: int
    min_age: int
    adult: int
    child: int
    family: int


LESSONS = (
    Lesson(
        "weave-a-pendant",
        "编一枚小挂件",
        "Weave a pendant",
        "两个小时，跟着带教老师钩一枚小挂件，做好带走。喝一杯山里的老鹰茶。",
        "Two hours at the table with one of our makers: crochet a pendant, take it home, drink a cup of eagle tea.",
        "穿方便坐下的衣服；近视的带上眼镜。",
        "Clothes you can sit in; reading glasses if you use them.",
        "weave_pendant",
        120,
        6,
        9800,
        6800,
        14800,
    ),
    Lesson(
        "weave-sandals",
        "编一双凉鞋（半天）",
        "Weave a pair of sandals, half a day",
        "四个小时编一双自己的凉鞋。做不完的，坊里帮你收尾，寄到家。",
        "Four hours for a pair of your own. Whatever is not finished, the workshop finishes and posts to you.",
        "量好脚长；自带水杯。",
        "Know the length of your foot; bring a cup.",
        "weave_sandals",
        240,
        12,
        19800,
        15800,
        32800,
    ),
)
MEETING_POINT = (
    "灯梁村社区社工室门口（村委会一楼）",
    "At the door of the village room, ground floor of the village hall",
)
ROAD_NOTE = (
    "从城口县城开车约一小时四十分；雪天请先打电话。",
    "About 1 h 40 min by car from Chengkou; ring us first when it snows.",
)
