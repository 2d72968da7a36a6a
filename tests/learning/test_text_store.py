"""Tokenised texts on disk, and batches of like lengths."""

import pytest
import torch
from tiny_encoders import write_tokenizer

from study.learning.bucketing import bucketed
from study.learning.cache import CacheFolder
from study.learning.cache.contents import kept_entries
from study.learning.stores import open_store
from study.learning.stream import shuffled_batches
from study.parts.tasks.texts import TextRows
from study.parts.tokenization import Tokenization

CPU = torch.device("cpu")
TEXTS = ["good film", "the story was very long and dull", "bad", "not the book", "unheard words and so on"]


@pytest.fixture
def tokenization(tmp_path):
    (tmp_path / "tokenizer").mkdir()
    write_tokenizer(tmp_path / "tokenizer")
    return Tokenization.of(tmp_path / "tokenizer", 8)


def opened(texts, tokenization, tmp_path, *, limit_gib=1.0, examples=None):
    rows = TextRows([text if isinstance(text, tuple) else (text,) for text in texts], str)
    cache = CacheFolder(path=tmp_path / "cache", limit_gib=limit_gib)
    positions = torch.arange(len(texts)).numpy() if examples is None else examples
    return open_store(rows, positions, tokenization, cache)


def test_a_batch_is_what_the_tokenizer_gives_for_it(tokenization, tmp_path):
    store = opened(TEXTS, tokenization, tmp_path)
    for rows in ([0, 1, 2, 3, 4], [2, 0], [3]):
        batch = store.batch(torch.tensor(rows), CPU)
        expected = tokenization.tokenize([(TEXTS[row],) for row in rows])
        assert batch.dtype == torch.int64
        assert torch.equal(batch, expected)
    assert store.batch(torch.arange(5), CPU).shape[2] == 8, "the longest was cut off"
    assert store.lengths.tolist() == [4, 8, 3, 5, 7]
    assert store.longest == 1


def test_pairs_are_told_apart_by_their_types(tokenization, tmp_path):
    store = opened([("good film", "bad film"), ("a", "b")], tokenization, tmp_path)
    ids, mask, types = store.batch(torch.arange(2), CPU).unbind(1)
    assert types.tolist() == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0, 0]]
    assert mask.tolist() == [[1] * 7, [1, 1, 1, 1, 1, 0, 0]]
    assert ids[1].tolist() == [2, 1, 3, 1, 3, 0, 0]


def test_texts_are_tokenised_once_a_node_and_a_tokenizer(tokenization, tmp_path):
    opened(TEXTS, tokenization, tmp_path)
    again = opened(TEXTS, tokenization, tmp_path)
    [entry] = kept_entries(tmp_path / "cache")
    assert entry.kind == "texts"
    assert entry.shape() == ((5, 8), "int32")
    assert again.why_not_kept is None
    opened(TEXTS, tokenization.model_copy(update={"max_length": 6}), tmp_path)
    opened([*TEXTS[:4], "another"], tokenization, tmp_path)
    assert len(kept_entries(tmp_path / "cache")) == 3


def test_without_room_they_are_held_in_memory(tokenization, tmp_path):
    kept, held = (opened(TEXTS, tokenization, tmp_path, limit_gib=limit) for limit in (1.0, 0.0))
    assert held.why_not_kept is not None or len(kept_entries(tmp_path / "cache")) == 1
    fresh = opened(TEXTS, tokenization, tmp_path / "other", limit_gib=0.0)
    assert fresh.why_not_kept is not None
    assert torch.equal(fresh.batch(torch.arange(5), CPU), kept.batch(torch.arange(5), CPU))


def lengths_of(count=640):
    return torch.randint(3, 100, (count,), generator=torch.Generator().manual_seed(5))


def test_batches_of_like_lengths_hold_each_example_once_and_little_padding():
    lengths, rows = lengths_of(650), torch.arange(650)
    batches = list(shuffled_batches(rows, 16, torch.Generator().manual_seed(1), lengths))
    plain = list(shuffled_batches(rows, 16, torch.Generator().manual_seed(1)))
    assert len(batches) == len(plain) == 40
    assert len(set(torch.cat(batches).tolist())) == 640
    assert sorted(torch.cat(batches).tolist()) == sorted(torch.cat(plain).tolist()), "the same are left out"

    def padding(found):
        return sum(int((lengths[batch].max() - lengths[batch]).sum()) for batch in found)

    assert padding(batches) < 0.25 * padding(plain)
    heights = torch.stack([lengths[batch].float().mean() for batch in batches])
    assert not torch.equal(heights, heights.sort().values), "short ones are not trained on first"


def test_which_examples_share_a_batch_is_drawn_anew_and_from_the_seed():
    lengths, rows = lengths_of(), torch.arange(640)

    def batches(seed):
        return [
            set(batch.tolist()) for batch in shuffled_batches(rows, 16, torch.Generator().manual_seed(seed), lengths)
        ]

    assert batches(1) == batches(1)
    assert not any(batch in batches(2) for batch in batches(1))


@pytest.mark.parametrize("count", [3, 16, 17, 40])
def test_few_examples_are_all_kept(count):
    order = torch.randperm(count)
    found = bucketed(order, lengths_of()[order], 16, torch.Generator().manual_seed(0))
    assert sorted(found.tolist()) == list(range(count))
