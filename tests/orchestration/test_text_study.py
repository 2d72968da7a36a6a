"""A study on texts from end to end: MiniLM's real weights on Reuters newswire, exported, loaded and asked."""

import json
import shutil

import pytest
import torch
from tiny_encoders import write_encoder, write_reviews

import study
from study.orchestration.study import Study
from study.orchestration.validation import check_spec
from study.values.problems import InputError
from study.values.spec import StudySpec

OIL = "opec oil ministers agreed to cut crude production to lift prices of a barrel"
PROFIT = "the company said net profit per share rose in the first quarter on higher sales"


@pytest.fixture(scope="module")
def directory(tmp_path_factory, local_ray):
    folder = tmp_path_factory.mktemp("texts")
    spec = StudySpec.model_validate(
        {
            "name": "topics",
            "protocols": ["linear_probe"],
            "backbones": [{"source": "minilm_l6", "options": {"max_length": 48}}],
            "tasks": [{"name": "topic", "data": "reuters_r8", "limit": 400}],
            "search": {"trials": 4, "sampler": "random"},
            "budget": {"epochs": 4},
            "resources": {"max_concurrent_trials": 1},
            "assessment": {"seeds": 1},
        }
    )
    Study(spec, folder / "run", root=folder).run(quiet=True)
    return folder / "run"


@pytest.fixture(scope="module")
def exported(directory, tmp_path_factory):
    return Study.open(directory).export("linear_probe/minilm_l6/topic", tmp_path_factory.mktemp("export") / "model")


@pytest.mark.ray
def test_it_searches_the_pooling_and_tells_topics_apart(directory):
    opened = Study.open(directory)
    assert set(opened.trials()["pooling"]) <= {"cls", "mean", "both"}
    [row] = opened.leaderboard().to_dict("records")
    assert row["test"] > 0.4, "eight topics: 0.125 by chance"


@pytest.mark.ray
def test_its_model_predicts_texts_and_pairs_wherever_it_is(exported, tmp_path):
    moved = tmp_path / "elsewhere"
    shutil.copytree(exported, moved)
    model = study.load_model(moved)
    assert model.predict([OIL, PROFIT])["topic"].labels == ["crude", "earn"]
    [alone] = model.predict(OIL)["topic"].probabilities
    [first, second] = model.predict([OIL, (OIL, PROFIT)])["topic"].probabilities
    torch.testing.assert_close(first, alone, atol=1e-5, rtol=0)
    assert not torch.allclose(second, alone, atol=1e-3)
    torch.testing.assert_close(model.predict((OIL, PROFIT))["topic"].probabilities[0], second, atol=1e-5, rtol=0)
    assert 'model.predict(["a text"' in (moved / "README.md").read_text()


@pytest.mark.ray
def test_what_is_no_text_is_refused(exported):
    model = study.load_model(exported)
    with pytest.raises(InputError, match="cannot predict 3: a text is a str, or a tuple of two of them"):
        model.predict(["a", 3])
    with pytest.raises(InputError, match="no text to predict"):
        model.predict([])


@pytest.mark.ray
@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("tokenizer/tokenizer.json", lambda text: text.replace("oil", "lio"), "are not those of preprocessing.json"),
        ("preprocessing.json", lambda text: text.replace('"texts"', '"texts", "more": 1'), "holds a damaged model"),
        ("config.json", lambda text: json.dumps({**json.loads(text), "pooling": "maximum"}), "unknown pooling"),
        ("tokenizer/config.json", lambda text: text.replace('"bert"', '"mine"'), "model_type is 'mine'"),
    ],
)
def test_a_damaged_model_is_refused(exported, tmp_path, file, change, said):
    moved = tmp_path / "model"
    shutil.copytree(exported, moved)
    (moved / file).write_text(change((moved / file).read_text()))
    with pytest.raises(InputError) as caught:
        study.load_model(moved)
    assert said in str(caught.value)


@pytest.mark.ray
def test_a_model_on_the_hub_is_not_fetched_because_a_file_says_so(exported, tmp_path):
    moved = tmp_path / "model"
    shutil.copytree(exported, moved)
    config = json.loads((moved / "config.json").read_text())
    config["backbone"]["source"] = "transformers:nobody/nothing"
    (moved / "config.json").write_text(json.dumps(config))
    assert study.load_model(moved).predict(OIL)["topic"].labels == ["crude"], "the folder has all that is needed"
    (moved / "preprocessing.json").write_text('{"image_size": 8}')
    with pytest.raises(InputError, match=r"takes texts, but preprocessing.json is of images"):
        study.load_model(moved)


def texts_spec(**changes):
    whole = {
        "name": "t",
        "backbones": [{"source": "transformers:bert", "options": {"max_length": 32}}],
        "tasks": [{"name": "tone", "data": "texts:reviews.csv", "target": "tone"}],
    }
    return StudySpec.model_validate({**whole, **changes})


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("root")
    write_encoder(folder / "bert", "bert")
    write_reviews(folder / "reviews.csv")
    return folder


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"augmentation": {"kinds": ["none", "flip"]}}, "augmentation.kinds"),
        ({"augmentation": {"cached_views": 2}}, "augmentation.cached_views"),
        ({"assessment": {"robustness": True}}, "assessment.robustness"),
    ],
)
def test_what_is_for_images_is_refused_where_no_arm_takes_any(changes, location, root):
    check_spec(texts_spec(), root=root)
    with pytest.raises(InputError) as caught:
        check_spec(texts_spec(**changes), root=root)
    assert str(caught.value) == f"{location}: is for images, but all arms take texts; leave it out"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tasks": [{"name": "digit", "data": "digits"}]}, "backbone bert takes texts, but task digit is on images"),
        ({"backbones": ["resnet18"]}, "backbone resnet18 takes images, but task tone is on texts"),
    ],
)
def test_texts_and_images_are_not_taken_for_each_other(changes, said, root):
    with pytest.raises(InputError) as caught:
        check_spec(texts_spec(**changes), root=root)
    assert said in str(caught.value)
