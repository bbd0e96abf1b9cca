"""Keep what is on public sale as lists read it: offers, their words and their totals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SUPPLIES = ("in_stock", "made_to_order", "custom")
KINDS = ("material", "craft")
CODE = sa.String(12).with_variant(sa.String(12, collation="C"), "postgresql")

# The words the shop begins with; a station may add its own.
TERMS = (
    ("cotton", "material", "棉", "Cotton"),
    ("ramie", "material", "苎麻", "Ramie"),
    ("straw", "material", "稻草", "Rice straw"),
    ("village-cloth", "material", "土布", "Village cloth"),
    ("bamboo", "material", "竹", "Bamboo"),
    ("wood", "material", "木", "Wood"),
    ("silk", "material", "蚕丝", "Silk"),
    ("wool", "material", "羊毛", "Wool"),
    ("braiding", "craft", "绳编", "Cord braiding"),
    ("plaiting", "craft", "草编", "Straw plaiting"),
    ("crochet", "craft", "钩编", "Crochet"),
    ("weaving", "craft", "手织", "Hand weaving"),
    ("bamboo-weaving", "craft", "竹编", "Bamboo weaving"),
    ("sewing", "craft", "手缝", "Hand sewing"),
    ("embroidery", "craft", "刺绣", "Embroidery"),
    ("indigo-dyeing", "craft", "蓝染", "Indigo dyeing"),
    ("patchwork", "craft", "拼布", "Patchwork"),
)
# What a label says, to the word it is found under.
SAID = (
    ("material", "cotton", "棉"),
    ("material", "ramie", "麻"),
    ("material", "straw", "稻草"),
    ("material", "village-cloth", "土布"),
    ("material", "bamboo", "竹"),
    ("material", "wood", "木"),
    ("material", "silk", "丝"),
    ("material", "wool", "羊毛"),
    ("technique", "crochet", "钩编"),
    ("technique", "weaving", "平织"),
    ("technique", "weaving", "手织"),
    ("technique", "braiding", "平编"),
    ("technique", "braiding", "圆编"),
    ("technique", "sewing", "手缝"),
    ("technique", "embroidery", "绣"),
    ("technique", "bamboo-weaving", "竹编"),
    ("technique", "plaiting", "草编"),
)


def upgrade() -> None:
    """Go forward."""
    _create_tables()
    terms = sa.table("terms", *(sa.column(n) for n in ("slug", "kind", "name", "name_en", "position")))
    op.bulk_insert(
        terms,
        [
            {"slug": slug, "kind": kind, "name": name, "name_en": name_en, "position": place}
            for place, (slug, kind, name, name_en) in enumerate(TERMS)
        ],
    )
    _fill(is_sqlite=op.get_bind().dialect.name == "sqlite")


def _create_tables() -> None:
    op.create_table(
        "terms",
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="termkind", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("name_en", sa.String(60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_terms")),
    )
    op.create_table(
        "product_terms",
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_product_terms_product_id")),
        sa.ForeignKeyConstraint(["term"], ["terms.slug"], name=op.f("fk_product_terms_term")),
        sa.PrimaryKeyConstraint("product_id", "term", name=op.f("pk_product_terms")),
    )
    op.add_column("products", sa.Column("ready_at", sa.BigInteger(), nullable=True))
    op.add_column("products", sa.Column("loved", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "offers",
        sa.Column("product_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slug", sa.String(120), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("title_en", sa.String(200), nullable=True),
        sa.Column("craft", sa.String(40), nullable=False),
        sa.Column("drawing", sa.String(40), nullable=True),
        sa.Column("photo_digest", sa.String(64), nullable=True),
        sa.Column("photo_alt", sa.String(200), nullable=True),
        sa.Column("photo_alt_en", sa.String(200), nullable=True),
        sa.Column("supply", sa.Enum(*SUPPLIES, name="supply", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("workshop", sa.String(80), nullable=False),
        sa.Column("workshop_name", sa.String(80), nullable=False),
        sa.Column("workshop_name_en", sa.String(120), nullable=True),
        sa.Column("village", CODE, nullable=False),
        sa.Column("village_name", sa.String(80), nullable=False),
        sa.Column("village_name_en", sa.String(120), nullable=True),
        sa.Column("town", CODE, nullable=False),
        sa.Column("county", CODE, nullable=False),
        sa.Column("maker_id", sa.Integer(), nullable=True),
        sa.Column("ready_at", sa.BigInteger(), nullable=True),
        sa.Column("wait_days", sa.Integer(), nullable=False),
        sa.Column("loved", sa.Integer(), nullable=False),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_offers_product_id")),
        sa.ForeignKeyConstraint(["maker_id"], ["members.id"], name=op.f("fk_offers_maker_id")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_offers")),
        sqlite_with_rowid=False,
    )
    for name, columns in (
        ("listed_at", ("listed_at",)),
        ("category_listed_at", ("category", "listed_at")),
        ("price", ("price_minor",)),
        ("category_price", ("category", "price_minor")),
        ("wait_days", ("wait_days",)),
        ("category_wait_days", ("category", "wait_days")),
        ("loved", ("loved",)),
        ("category_loved", ("category", "loved")),
        ("workshop", ("workshop", "listed_at")),
        ("county", ("county", "listed_at")),
        ("town", ("town", "listed_at")),
        ("village", ("village", "listed_at")),
    ):
        op.create_index(f"ix_offers_{name}", "offers", [*columns, "product_id"])
    held = sa.text("ready_at > 0")
    op.create_index(
        "ix_offers_held", "offers", ["ready_at"], sqlite_where=held, postgresql_where=held
    )
    op.create_table(
        "offer_terms",
        sa.Column("term", sa.String(40), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["offers.product_id"], name=op.f("fk_offer_terms_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("term", "category", "product_id", name=op.f("pk_offer_terms")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_offer_terms_product_id", "offer_terms", ["product_id"])
    op.create_table(
        "offer_totals",
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("facet", sa.String(16), nullable=False),
        sa.Column("value", sa.String(80), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=True),
        sa.PrimaryKeyConstraint("category", "facet", "value", name=op.f("pk_offer_totals")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_offer_totals_most", "offer_totals", ["category", "facet", "total", "value"]
    )


def _fill(*, is_sqlite: bool) -> None:
    """Write the mirror of what is on sale by now; afterwards the services keep it."""
    for column, term, said in SAID:
        op.execute(
            sa.text(
                "INSERT INTO product_terms (product_id, term)"
                f" SELECT p.id, :term FROM products p WHERE p.{column} LIKE :said AND NOT EXISTS"
                " (SELECT 1 FROM product_terms k WHERE k.product_id = p.id AND k.term = :term)"
            ).bindparams(term=term, said=f"%{said}%")
        )
    seconds, ticks = (
        (
            "CAST(strftime('%s', {0}) AS BIGINT)",
            "(CAST(strftime('%s', {0}) AS BIGINT) * 1000000 + CAST(substr({0}, 21, 6) AS BIGINT))",
        )
        if is_sqlite
        else (
            "CAST(floor(extract(epoch FROM {0})) AS BIGINT)",
            "CAST(extract(epoch FROM {0}) * 1000000 AS BIGINT)",
        )
    )
    free = (
        "SELECT v.product_id, min(CASE WHEN i.on_hand > i.held + i.allocated THEN 0 ELSE"
        f" (SELECT min({ticks.format('h.expires_at')}) FROM holds h WHERE h.stock_item_id = i.id"
        " AND h.state = 'held') END) AS at"
        " FROM stock_items i JOIN variants v ON v.id = i.variant_id AND v.is_for_sale"
        " GROUP BY v.product_id"
    )
    op.execute(
        f"UPDATE products SET ready_at = (SELECT f.at FROM ({free}) f WHERE f.product_id = products.id)"
    )
    capacity = "CASE WHEN w.weekly_capacity_minutes > 0 THEN w.weekly_capacity_minutes ELSE 1200 END"
    op.execute(
        "INSERT INTO offers SELECT p.id, p.slug, p.code, p.title, p.title_en, p.craft, p.drawing,"
        " f.digest, f.alt, f.alt_en, p.supply, p.price_minor,"
        " CASE WHEN p.price_minor < 3000 THEN 0 WHEN p.price_minor < 6000 THEN 1"
        " WHEN p.price_minor < 10000 THEN 2 WHEN p.price_minor < 20000 THEN 3 ELSE 4 END,"
        " coalesce(c.slug, ''), w.slug, w.name, w.name_en, s.code, s.short_name, s.name_en,"
        " coalesce(t.code, ''), coalesce(k.code, ''), p.maker_id,"
        " CASE WHEN p.supply = 'custom' THEN NULL ELSE p.ready_at END,"
        " CASE WHEN p.supply <> 'custom' AND p.ready_at IS NOT NULL THEN 3"
        " WHEN p.supply = 'in_stock' THEN 9999"
        f" ELSE (p.making_minutes * 7 + {capacity} - 1) / ({capacity}) + 5 END, 0,"
        f" {seconds.format('coalesce(p.on_sale_at, p.created_at)')}"
        " FROM products p JOIN workshops w ON w.id = p.workshop_id"
        " JOIN stations s ON s.id = p.station_id"
        " LEFT JOIN stations t ON t.id = s.parent_id LEFT JOIN stations k ON k.id = t.parent_id"
        " LEFT JOIN categories c ON c.id = p.category_id"
        " LEFT JOIN photos f ON f.id = (SELECT f2.id FROM photos f2 WHERE f2.product_id = p.id"
        " ORDER BY f2.position, f2.id LIMIT 1)"
        " WHERE p.state = 'on_sale'"
    )
    op.execute(
        "INSERT INTO offer_terms SELECT k.term, o.category, o.product_id"
        " FROM product_terms k JOIN offers o ON o.product_id = k.product_id"
    )
    _fill_totals()


def _fill_totals() -> None:
    plain = "FROM offers o"
    facets = (
        ("'all'", "''", "''", "NULL", plain),
        ("'price'", "CAST(o.band AS VARCHAR)", "''", "NULL", plain),
        ("'workshop'", "o.workshop", "o.workshop_name", "o.workshop_name_en", plain),
        ("'village'", "o.village", "o.village_name", "o.village_name_en", plain),
        *(
            (f"'{place}'", f"o.{place}", "s.short_name", "s.name_en", f"{plain} JOIN stations s ON s.code = o.{place}")
            for place in ("town", "county")
        ),
        ("t.kind", "t.slug", "t.name", "t.name_en", f"{plain} JOIN offer_terms k ON k.product_id = o.product_id JOIN terms t ON t.slug = k.term"),
        ("'supply'", "'ready'", "''", "NULL", f"{plain} WHERE o.ready_at = 0"),
        ("'supply'", "'made'", "''", "NULL", f"{plain} WHERE o.supply <> 'in_stock'"),
    )  # fmt: skip
    for facet, value, name, name_en, source in facets:
        for category in ("''", "o.category"):
            also = "" if category == "''" else f"{' AND' if 'WHERE' in source else ' WHERE'} o.category <> ''"
            op.execute(
                "INSERT INTO offer_totals (category, facet, value, total, name, name_en)"
                f" SELECT x.c, x.f, x.v, count(*), min(x.n), min(x.e) FROM"
                f" (SELECT {category} AS c, {facet} AS f, {value} AS v, {name} AS n,"
                f" CAST({name_en} AS VARCHAR) AS e {source}{also}) x GROUP BY x.c, x.f, x.v"
            )
    op.execute(
        "INSERT INTO offer_totals (category, facet, value, total, name, name_en)"
        " SELECT '', 'category', o.category, count(*), c.name, c.name_en"
        " FROM offers o JOIN categories c ON c.slug = o.category GROUP BY o.category, c.name, c.name_en"
    )
