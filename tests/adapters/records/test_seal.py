import json

import pytest

from study.adapters.records.seal import BrokenSealError, sealed, unsealed


@pytest.mark.parametrize("indent", [None, 2])
def test_a_sealed_object_is_plain_json_and_comes_back(indent):
    content = {"epoch": 1, "name": 'a "checksum": "00000000"} \N{SNOWMAN}', "inner": {"x": [1, 2]}}
    text = json.dumps(content, indent=indent, ensure_ascii=False)
    seal = sealed(text)
    assert list(json.loads(seal)) == [*content, "checksum"]
    assert seal.count("\n") == text.count("\n") + (indent is not None)
    assert json.loads(unsealed(seal.encode())) == content
    assert json.loads(unsealed(seal.encode() + b"\n")) == content


def test_an_object_of_an_earlier_version_is_taken_as_it_is():
    assert unsealed(b'{"epoch": 1}') == b'{"epoch": 1}'


def test_another_content_or_another_checksum_is_refused():
    seal = sealed('{"epoch":1}')
    for changed in (seal.replace("1", "2", 1), seal.replace("epoch", "epocj")):
        with pytest.raises(BrokenSealError):
            unsealed(changed.encode())
