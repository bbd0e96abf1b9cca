from __future__ import annotations

from shop.kernel.access import Scope
from shop.search import queries
from tests.builders.stations import DENGLIANG


def groups(in_app):
    return in_app(queries.groups, Scope(("/",)))


def test_a_worker_says_what_means_the_same_and_takes_it_back(worker, in_app):
    zhou_min = worker()
    page = "/desk/search-words"
    assert "挂件 = 挂饰" in zhou_min.open(page).get_data(as_text=True)

    zhou_min.send(page, {"words": "麻窝子， 凉鞋", "place": DENGLIANG})
    (group,) = groups(in_app)
    assert (group.words, group.place) == (("麻窝子", "凉鞋"), "灯梁村")

    zhou_min.send(f"{page}/{group.id}", {"words": "麻窝子、凉鞋、草鞋"}, via=page)
    (group,) = groups(in_app)
    assert group.words == ("麻窝子", "凉鞋", "草鞋")

    zhou_min.send(f"{page}/{group.id}/part", via=page)
    assert groups(in_app) == []


def test_a_group_of_one_word_comes_back_with_what_was_typed(worker, in_app):
    zhou_min = worker()

    answer = zhou_min.send("/desk/search-words", {"words": "凉鞋", "place": DENGLIANG}, status=422)

    assert 'value="凉鞋"' in answer.get_data(as_text=True)
    assert groups(in_app) == []
    zhou_min.send("/desk/search-words", {"words": "凉鞋,鞋", "place": "500229"}, status=422)
    assert groups(in_app) == []
