from __future__ import annotations

from collections import defaultdict
from statistics import mean

import pytest

from shop.kernel.db import db, transaction
from shop.search import queries, services
from tests.conftest import ENGINES, Postgres, Sqlite
from tests.search import judged

# A little below what both engines reach, per kind of query: recall@10, nDCG@10.
FLOORS = {
    "head": (0.98, 0.97),
    "sound": (0.95, 0.95),
    "writing": (0.98, 0.9),
    "words": (0.92, 0.75),
    "place": (0.98, 0.98),
    "make": (0.98, 0.98),
    "code": (0.98, 0.98),
    "slip": (0.95, 0.94),
    "all": (0.97, 0.93),
}

Answers = dict[str, dict[str, tuple[int, ...]]]


@pytest.fixture(scope="module")
def shop() -> list[judged.Piece]:
    return judged.pieces()


@pytest.fixture(scope="module")
def answers(shop, tmp_path_factory) -> Answers:
    """Return what each engine finds for each judged query, the best first."""
    found: Answers = {}
    for engine in ENGINES:
        folder = tmp_path_factory.mktemp(engine)
        house = Sqlite(folder) if engine == "sqlite" else Postgres(folder, "_judged")
        with house.app.app_context():
            with transaction():
                services.put_goods(piece.facts for piece in shop)
            found[engine] = {
                one.query: queries.find(one.query).ids for one in judged.judgements(shop)
            }
            db.session.remove()
        house.close()
    return found


def test_the_judged_shop_is_large_enough_to_tell(shop):
    assert len({piece.facts.titles for piece in shop}) >= 1000
    assert len(list(judged.judgements(shop))) >= 120


@pytest.mark.parametrize("engine", ENGINES)
def test_what_people_look_for_is_found_and_stands_first(shop, answers, engine, record_property):
    scores = defaultdict(list)
    for one in judged.judgements(shop):
        ids = answers[engine][one.query]
        both = (judged.recall(ids, one.grades), judged.ndcg(ids, one.grades))
        scores[one.kind].append(both)
        scores["all"].append(both)
    measured = {
        kind: tuple(round(mean(column), 3) for column in zip(*pairs, strict=True))
        for kind, pairs in scores.items()
    }
    for kind, pair in measured.items():
        record_property(f"{engine} {kind}: recall@10, nDCG@10", pair)
    below = {k: v for k, v in measured.items() if v[0] < FLOORS[k][0] or v[1] < FLOORS[k][1]}
    assert below == {}
    assert measured.keys() == FLOORS.keys()


@pytest.mark.skipif(len(ENGINES) < 2, reason="no PostgreSQL answers")
def test_both_engines_find_the_same_in_the_same_order(answers):
    sqlite, postgres = (answers[engine] for engine in ENGINES)
    assert {q for q, ids in sqlite.items() if postgres[q] != ids} == set()
