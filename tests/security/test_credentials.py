"""A password in the URL of a database or of a bucket is shown nowhere, and written where the person wrote it alone."""

import json
import logging
import subprocess
import sys
import traceback
from urllib.parse import quote

import pytest
from concluded import OWN, concluded
from typer.testing import CliRunner

from study.adapters.remote.url import open_url
from study.faces.command_line import app
from study.faces.report.page import write_report
from study.orchestration.study import Study
from study.values.problems import InputError
from study.values.spec.reading import read_string

SECRET = "hunter2/?#@é"
SHOWN = (SECRET, quote(SECRET, safe=""), "hunter2")
URLS = [
    f"postgresql+psycopg2://me:{quote(SECRET, safe='')}@127.0.0.1:9/db",
    f"mysql+pymysql://me:{quote(SECRET, safe='')}@127.0.0.1:9/db?password={quote(SECRET, safe='')}",
    f"postgresql+psycopg2://127.0.0.1:9/db?user=me&password={quote(SECRET, safe='')}",
    f"postgresql+psycopg2://127.0.0.1:9/db?sslpassword={quote(SECRET, safe='')}&passfile=hunter2",
]


def assert_not_in(text):
    assert not [one for one in SHOWN if one in text]


def with_url(one, url):
    spec = one.spec.model_copy(update={"storage": one.spec.storage.model_copy(update={"url": url})})
    one._directory.replace(spec, OWN)
    return Study.open(one.directory)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return concluded(tmp_path_factory.mktemp("study") / "run", {"good": 0.9}, trials=2, seeds=2, examples=50)


@pytest.mark.parametrize("url", [URLS[0], URLS[3]])
def test_what_is_shown_of_a_study(finished, url):
    one = with_url(finished, url)
    for command in (["status"], ["status", "--json"], ["trials", "--csv"], ["leaderboard", "--json"], ["report"]):
        done = CliRunner().invoke(app, [command[0], str(one.directory), *command[1:]])
        error = "" if done.exception is None else "".join(traceback.format_exception(done.exception))
        assert_not_in(done.output + done.stderr + error)
    kept = one.directory / "spec.yaml"
    for path in one.directory.rglob("*"):
        if path.is_file() and path != kept:
            assert_not_in(path.read_bytes().decode("latin-1"))
    assert kept.stat().st_mode & 0o777 == 0o600
    assert one.spec.storage.url == url


def test_what_a_report_says_of_the_database(finished, tmp_path):
    found = with_url(finished, None).findings()
    one = with_url(finished, URLS[0])
    page = write_report(one, found, tmp_path / "report.html").read_text()
    assert_not_in(page)
    assert "me:***@127.0.0.1:9/db" in page


@pytest.mark.parametrize("url", [URLS[0], URLS[2]])
def test_what_a_process_says_of_a_database_that_is_not_there(finished, url):
    one = with_url(finished, url)
    command = [sys.executable, "-X", "dev", "-m", "study", "report", str(one.directory)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "127.0.0.1:9/db" in done.stderr
    assert_not_in(done.stdout + done.stderr)


@pytest.mark.parametrize(
    "written",
    [
        "storage: {0}",
        "storage: [{0}]",
        "storage: {{url: [{0}]}}",
        "storage: {{url: {{a: {0}}}}}",
        "storage: {{uri: {0}}}",
        "storage: {{{0}: 1}}",
        "storage: {{url: {{{0}: 1}}}}",
    ],
)
def test_a_url_in_the_wrong_place_of_a_spec_is_not_repeated(written):
    text = "name: a\nbackbones: [resnet18]\ntasks: [{name: d, data: digits}]\n"
    reading = read_string(text + written.format(json.dumps(URLS[0])))
    assert reading.problems
    assert_not_in("\n".join(map(str, reading.problems)))


@pytest.mark.parametrize(
    "url",
    [
        "s3://me:hunter2@bucket/x",
        "s3://hunter2@bucket/x",
        "s3://me:hun%74er2@bucket/x",
        "s3://me:hunter2/more@bucket/x",
        "s3://me:a?hunter2@bucket/x",
        "s3://bucket/x?secret_key=hunter2",
        "s3://bucket/x?session_token=hunter2&scheme=http",
        "s3://bucket/x?secret%5Fkey=hunter2",
        "s3://bucket/x?X-Amz-Signature=hunter2",
        "s3://me:[hunter2@bucket/x",
        "gs://me:hunter2@bucket",
    ],
)
def test_the_url_of_a_bucket_with_a_secret_is_refused_without_it(url, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(InputError, match="leave credentials out of the URL") as caught:
        open_url(url)
    text = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "hunter2" not in text.replace(f"open_url({url!r})", "")
    assert "hun%74er2" not in text
