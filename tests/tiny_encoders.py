"""Text encoders of a few thousand parameters, with a tokenizer of their own, as folders on disk."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

WORDS = ["good", "bad", "film", "book", "very", "dull", "fine", "long", "story", "acting", "not", "the", "was", "and"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
POSITIONS = 40

_SMALL = {
    "vocab_size": len(SPECIAL) + len(WORDS),
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": POSITIONS,
    "pad_token_id": 0,
}
_DISENTANGLED = {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_biased_input": False}
CONFIGS: dict[str, dict[str, Any]] = {
    "bert": _SMALL,
    "roberta": {**_SMALL, "type_vocab_size": 1},
    "xlm-roberta": {**_SMALL, "type_vocab_size": 1},
    "distilbert": {
        **{name: _SMALL[name] for name in ("vocab_size", "max_position_embeddings", "pad_token_id")},
        "dim": 16,
        "n_layers": 3,
        "n_heads": 2,
        "hidden_dim": 32,
    },
    "deberta": {**_SMALL, **_DISENTANGLED, "type_vocab_size": 0},
    "deberta-v2": {
        **_SMALL,
        **_DISENTANGLED,
        "type_vocab_size": 2,
        "position_buckets": 8,
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
        "conv_kernel_size": 3,
        "conv_act": "gelu",
    },
}
"""By model type."""
KINDS = tuple(CONFIGS)


def write_encoder(folder: Path, kind: str, *, scale: float = 8.0) -> Any:
    """Write a model with its tokenizer into a folder, and return the model.

    Args:
        folder: To be made.
        kind: A model type.
        scale: By which matrices are larger than at random initialisation, so that features differ by more than noise.
    """
    import transformers

    folder.mkdir(parents=True)
    config = transformers.AutoConfig.for_model(kind, **CONFIGS[kind])
    torch.manual_seed(0)
    model = transformers.AutoModel.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(scale)
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, folder / "model.safetensors")
    write_tokenizer(folder)
    return model.eval()


def write_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    kept = {"tokenizer_class": "PreTrainedTokenizerFast", **names}
    (folder / "tokenizer_config.json").write_text(json.dumps(kept))


def write_reviews(path: Path, count: int = 120) -> list[dict[str, str]]:
    """Write a CSV of different texts with two labels: whether "good" is in it, and whether it is about a book."""
    drawn = random.Random(0)
    rows: dict[str, dict[str, str]] = {}
    while len(rows) < count:
        words = [drawn.choice(WORDS[4:]) for _ in range(drawn.randint(2, 24))]
        tone, topic = drawn.choice(("good", "bad")), drawn.choice(("film", "book"))
        words.insert(drawn.randrange(len(words)), tone)
        words.insert(drawn.randrange(len(words)), topic)
        text = " ".join(words)
        rows[text] = {"text": text, "tone": tone, "topic": topic}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["text", "tone", "topic"])
        writer.writeheader()
        writer.writerows(rows.values())
    return list(rows.values())
