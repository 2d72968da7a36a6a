import pytest

from study.adapters.ray_metrics.reasons import OTHER, FailureKinds, failure_kind


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("its worker died", "its worker died"),
        ("loss is not finite at step 17: {'digit': nan}", "loss is not finite at step N: {'digit': nan}"),
        ("OutOfMemoryError: tried 20.50 MiB\nat 0x7f3a", "OutOfMemoryError: tried N MiB"),
        ("bad address 0x7F3a", "bad address N"),
        ("learning rates [1e+30, 3.2e-05]", "learning rates [N, N]"),
        ("\n  second line says it", "second line says it"),
        ("", "unknown"),
    ],
)
def test_a_kind_is_the_first_line_without_its_numbers(reason, kind):
    assert failure_kind(reason) == kind


def test_long_reasons_are_cut_and_end_alike():
    kinds = {failure_kind("x" * 97 + letters) for letters in ("aaaa", "bbbb")}
    assert kinds == {"x" * 97 + "..."}


def test_beyond_the_limit_all_new_kinds_are_one():
    kinds = FailureKinds(limit=2)
    assert [kinds.label(reason) for reason in ("a", "b", "c", "d", "a 7", "b")] == ["a", "b", OTHER, OTHER, OTHER, "b"]
    assert kinds.label("a") == "a"
