"""What search keeps beside the two indexes: short lists, seen words, words of one meaning."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from shop.kernel.db import Base, state_column
from shop.search.rules import EntryKind

# Keys are compared as they are, not as a language sorts them.
KEY = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


class SearchEntry(Base):
    """One workshop, experience or shelf that can be found, as the page of search shows it.

    ``shown`` is what else its card says, as JSON; written by the room that owns the thing.
    """

    __tablename__ = "search_entries"
    __table_args__ = (sa.UniqueConstraint("kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[EntryKind] = mapped_column(state_column(EntryKind))
    subject_id: Mapped[int] = mapped_column()
    slug: Mapped[str] = mapped_column(sa.String(80))
    title: Mapped[str] = mapped_column(sa.String(120))
    title_en: Mapped[str | None] = mapped_column(sa.String(120))
    shown: Mapped[str] = mapped_column(sa.Text, default="{}")


class SearchVocable(Base):
    """A word seen in the index, for whoever mistypes it; ``key`` is its stem or its sound."""

    __tablename__ = "search_vocables"

    form: Mapped[str] = mapped_column(sa.String(1), primary_key=True)
    key: Mapped[str] = mapped_column(KEY, primary_key=True)
    shown: Mapped[str] = mapped_column(KEY, primary_key=True)


class SynonymGroup(Base):
    """Words that a station calls alike; they speak of what is made at the station and below."""

    __tablename__ = "synonym_groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("stations.id"), index=True)


class SynonymWord(Base):
    """One word of a group; ``key`` is how a query finds it."""

    __tablename__ = "synonym_words"
    __table_args__ = (sa.Index("ix_synonym_words_key", "key"),)

    group_id: Mapped[int] = mapped_column(sa.ForeignKey("synonym_groups.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(sa.String(60))
    key: Mapped[str] = mapped_column(KEY)


class SearchVersion(Base):
    """By which rules the index was written; one row."""

    __tablename__ = "search_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(40))
