"""What a task may predict beside one of several classes."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry

TARGET_KINDS = (
    MethodEntry(
        family="kind of target",
        name="kind: regression",
        summary="squared error of a number, standardised by the training split; mse, rmse, mae and r2 in its own unit",
        source="least squares (Legendre, 1805); r2: Wright, 1921",
    ),
    MethodEntry(
        family="kind of target",
        name="kind: multi_label",
        summary="binary cross-entropy of any number of labels; average precision, F1, exact match, Hamming and ranking",
        source="binary relevance: Tsoumakas and Katakis, 2007; Schapire and Singer, 2000 (losses)",
    ),
    MethodEntry(
        family="kind of target",
        name="kind: ordinal",
        summary="classes in an order by conditional probabilities of being above each; quadratic kappa, mean error",
        source="CORN: Shi, Cao and Raschka, 2023; quadratic kappa: Cohen, 1968",
    ),
)
