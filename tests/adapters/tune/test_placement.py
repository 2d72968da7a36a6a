"""Where trials go: packed by backbone, and never at the price of an idle node."""

import heapq
import random

import pytest

from study.adapters.source import no_difference
from study.adapters.tune.placement import Placement


class Simulation:
    """Arms of several backbones on a cluster, as the sweep plays them, with trials of uneven length."""

    def __init__(self, rooms, backbones, trials, *, packed, seed=0):
        self.rooms, self.left, self.packed = rooms, dict.fromkeys(backbones, trials), packed
        self.placement, self.random = Placement(), random.Random(seed)
        self.pairs, self.idle, self.lead = set(), 0, 0

    def next(self, cost):
        most = max(self.left.values())
        due = [name for name, left in self.left.items() if left > max(0, most - 3)]
        return min(due, key=lambda name: (cost(name), -self.left[name]))

    def run(self):
        running, now, number = [], 0.0, 0
        while any(self.left.values()) or running:
            while any(self.left.values()) and len(running) < sum(self.rooms.values()):
                cost = self.placement.cost(self.rooms) if self.packed else no_difference
                backbone = self.next(cost)
                self.left[backbone] -= 1
                node = self.placement.place(str(number), backbone, self.rooms)
                assert node is not None
                self.pairs.add((backbone, node))
                heapq.heappush(running, (now + self.random.uniform(1, 2), str(number), node))
                number += 1
            self.lead = max(self.lead, max(self.left.values()) - min(self.left.values()))
            busy = {node for _, _, node in running}
            self.idle += any(self.left.values()) and len(running) >= len(self.rooms) and len(busy) < len(self.rooms)
            now, ended, _ = heapq.heappop(running)
            self.placement.release(ended)
        return self


@pytest.mark.parametrize("seed", range(5))
def test_fewer_nodes_see_a_backbone(seed):
    rooms = {"n0": 1, "n1": 1, "n2": 1}
    packed = Simulation(rooms, ["a", "b"], 20, packed=True, seed=seed).run()
    mixed = Simulation(rooms, ["a", "b"], 20, packed=False, seed=seed).run()
    assert len(packed.pairs) <= 5 < len(mixed.pairs) == 6
    assert packed.lead <= 3, "no arm is kept waiting"


@pytest.mark.parametrize("seed", range(5))
def test_as_many_nodes_as_backbones_see_one_each(seed):
    packed = Simulation({"n0": 2, "n1": 2, "n2": 2}, ["a", "b", "c"], 30, packed=True, seed=seed).run()
    mixed = Simulation({"n0": 2, "n1": 2, "n2": 2}, ["a", "b", "c"], 30, packed=False, seed=seed).run()
    assert len(packed.pairs) < len(mixed.pairs)


def test_no_node_is_idle_while_another_has_two_trials():
    assert Simulation({"n0": 4, "n1": 4, "n2": 4}, ["a", "b"], 30, packed=True).run().idle == 0


def test_idle_nodes_come_first_then_the_backbones_own():
    placement, rooms = Placement(), {"n0": 3, "n1": 3, "n2": 3}
    assert [placement.place(str(n), name, rooms) for n, name in enumerate("aba")] == ["n0", "n1", "n2"]
    assert placement.place("3", "b", rooms) == "n1"
    assert placement.place("4", "a", rooms) in {"n0", "n2"}
    assert placement.place("5", "c", rooms) not in {"n1", None}, "what has most room is all that is left to go by"


def test_a_backbone_without_a_node_is_next_on_a_fresh_one():
    placement, rooms = Placement(), {"n0": 1, "n1": 1}
    placement.place("0", "a", rooms)
    cost = placement.cost(rooms)
    assert cost("b") < cost("a")


def test_a_freed_node_is_for_what_it_ran():
    placement, rooms = Placement(), {"n0": 1, "n1": 1}
    placement.place("0", "a", rooms)
    placement.place("1", "b", rooms)
    placement.release("1")
    cost = placement.cost(rooms)
    assert cost("b") == 0 < cost("a")


def test_a_node_that_is_gone_is_no_place():
    placement = Placement()
    placement.place("0", "a", {"n0": 1, "n1": 1})
    assert placement.place("1", "a", {"n1": 1}) == "n1"
    assert placement.place("2", "a", {"n1": 1}) is None, "its trial may have gone there, or wait"
    placement.release("0")
    placement.release("0")
    assert placement.place("3", "a", {"n1": 2}) == "n1"
