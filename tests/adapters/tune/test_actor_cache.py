"""Actors are kept for the next trial on their node, and let go of when there is none."""

from study.adapters.tune.actor_cache import GRACE_S, ActorCache


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_an_actor_waits_for_the_next_trial_while_another_node_starts_one():
    clock = Clock()
    cache = ActorCache(clock)
    cache.increase_max("n0")  # a trial on n0 waits for its actor to start
    assert cache.cache_object("n1", "actor on n1")
    assert list(cache.flush_cached_objects()) == []
    assert not cache.has_cached_object("n0"), "it is on another node"
    cache.increase_max("n1")
    assert cache.has_cached_object("n1")
    assert cache.pop_cached_object("n1") == "actor on n1"
    assert cache.pop_cached_object("n1") is None
    cache.decrease_max("n1")
    assert (cache.num_cached_objects, cache.total_max_objects) == (0, 1)


def test_an_actor_that_nobody_asks_for_frees_its_place():
    clock = Clock()
    cache = ActorCache(clock)
    cache.cache_object("n0", "first")
    cache.cache_object("n0", "second")
    cache.increase_max("n0")
    clock.now = GRACE_S + 1
    assert list(cache.flush_cached_objects()) == ["first"]
    assert cache.pop_cached_object("n0") == "second"


def test_all_are_let_go_at_the_end():
    cache = ActorCache()
    cache.increase_max("n0")
    cache.cache_object("n0", "one")
    cache.cache_object("n1", "two")
    assert list(cache.flush_cached_objects(force_all=True)) == ["one", "two"]
    assert cache.num_cached_objects == 0
