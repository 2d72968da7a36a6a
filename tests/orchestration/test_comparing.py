"""Several studies' leaderboards become one, and say which study a row is of."""

import json

from concluded import concluded
from typer.testing import CliRunner

from study.faces.command_line import app
from study.orchestration.comparing import COLUMNS, compare_studies


def test_rows_are_ranked_together_and_named_by_their_study(tmp_path):
    one = concluded(tmp_path / "one", {"good": 0.9, "poor": 0.5})
    other = concluded(tmp_path / "other", {"middling": 0.7})
    table = compare_studies([one, other])
    assert tuple(table.columns) == COLUMNS
    assert table["arm"].tolist() == [f"fine_tuning/{name}/digit" for name in ("good", "middling", "poor")]
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["study"].tolist() == [one.location, other.location, one.location], "both are called the same"


def test_the_command_writes_what_a_program_can_read(tmp_path):
    directories = [str(concluded(tmp_path / name, {name: 0.8}).directory) for name in ("a", "b")]
    done = CliRunner().invoke(app, ["compare", *directories, "--json"])
    assert done.exit_code == 0, done.output
    assert [row["arm"] for row in json.loads(done.output)] == ["fine_tuning/a/digit", "fine_tuning/b/digit"]
    assert CliRunner().invoke(app, ["compare", str(tmp_path / "nothing")]).exit_code != 0
