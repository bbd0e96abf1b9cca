"""Keep what was compared with the provider, and every difference until a person closes it."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    moment = "DATETIME" if is_sqlite else "TIMESTAMP WITH TIME ZONE"
    key = "INTEGER NOT NULL" if is_sqlite else "SERIAL NOT NULL"
    op.execute(
        f"""
        CREATE TABLE payment_comparisons (
            id {key},
            name VARCHAR(80) NOT NULL,
            against VARCHAR(32) NOT NULL,
            file_name VARCHAR(120) NOT NULL,
            agreed INTEGER NOT NULL,
            agreed_minor BIGINT NOT NULL,
            differing INTEGER NOT NULL,
            since_at {moment},
            compared_at {moment} NOT NULL,
            by_id INTEGER,
            CONSTRAINT pk_payment_comparisons PRIMARY KEY (id),
            CONSTRAINT uq_payment_comparisons_name UNIQUE (name),
            CONSTRAINT fk_payment_comparisons_by_id FOREIGN KEY (by_id) REFERENCES users (id),
            CONSTRAINT ck_payment_comparisons_against
                CHECK (against IN ('provider', 'settlement')),
            CONSTRAINT ck_payment_comparisons_counts CHECK (agreed >= 0 AND differing >= 0)
        )
        """
    )
    op.execute(
        f"""
        CREATE TABLE payment_differences (
            id {key},
            against VARCHAR(32) NOT NULL,
            kind VARCHAR(32) NOT NULL,
            ref VARCHAR(120) NOT NULL,
            payment_id INTEGER,
            currency VARCHAR(3) NOT NULL,
            expected_minor BIGINT NOT NULL,
            found_minor BIGINT NOT NULL,
            found_at {moment} NOT NULL,
            agrees_at {moment},
            closed_at {moment},
            closed_by_id INTEGER,
            note VARCHAR(200) NOT NULL,
            CONSTRAINT pk_payment_differences PRIMARY KEY (id),
            CONSTRAINT uq_payment_differences_against_kind_ref_found_minor
                UNIQUE (against, kind, ref, found_minor),
            CONSTRAINT fk_payment_differences_payment_id
                FOREIGN KEY (payment_id) REFERENCES payments (id),
            CONSTRAINT fk_payment_differences_closed_by_id
                FOREIGN KEY (closed_by_id) REFERENCES users (id),
            CONSTRAINT ck_payment_differences_against
                CHECK (against IN ('provider', 'settlement')),
            CONSTRAINT ck_payment_differences_differencekind CHECK (kind IN ('unknown_here',
                'unknown_there', 'amount', 'fee', 'refunded', 'twice')),
            CONSTRAINT ck_payment_differences_closed_with_words
                CHECK ((closed_at IS NULL) = (note = ''))
        )
        """
    )
    op.create_index(
        "ix_payment_differences_closed_at", "payment_differences", ["closed_at", "id"]
    )
