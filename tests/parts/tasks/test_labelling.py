"""Classes are ordered as the numbers that they are named by, or as text."""

from study.parts.tasks.labelling import encode_labels


def test_whole_numbers_are_ordered_as_such_and_those_too_long_to_be_read_as_text():
    assert encode_labels(["10", "9", "-1"], what="y").classes == ("-1", "9", "10")
    longest = "9" * 5000
    assert encode_labels(["10", longest, "9"], what="y").classes == ("10", "9", longest)
