"""What is done with texts."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry

TEXT = (
    MethodEntry(
        family="pooling",
        name="pooling: cls",
        summary="heads read the first token of a text encoder",
        source="Devlin et al., 2019, BERT, section 4.1",
    ),
    MethodEntry(
        family="pooling",
        name="pooling: mean",
        summary="heads read the mean over all tokens",
        source="Reimers and Gurevych, 2019, Sentence-BERT, section 3",
    ),
    MethodEntry(
        family="pooling", name="pooling: both", summary="heads read the two side by side", source="this project's own"
    ),
    MethodEntry(
        family="batching",
        name="(texts)",
        summary="batches to train on are of texts of like lengths, drawn anew every epoch",
        source="Khomenko et al., 2016, Accelerating recurrent neural network training using sequence bucketing",
    ),
)
