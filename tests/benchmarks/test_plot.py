"""The picture of benchmark results is a well-formed SVG that shows every row on the side of 1 where it belongs."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

PLOT = Path(__file__).parents[2] / "scripts" / "benchmarks" / "plot.py"
SVG = "{http://www.w3.org/2000/svg}"


def test_every_row_has_a_bar_on_its_side_of_one(tmp_path):
    rows = [{"name": "fast & wide <b>", "ratio": 66.9}, {"name": "lost", "ratio": 0.7}]
    files = []
    for number, row in enumerate(rows):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps([row]))
    picture = tmp_path / "all.svg"
    subprocess.run([sys.executable, str(PLOT), *map(str, files), "--output", str(picture)], check=True)
    root = ElementTree.parse(picture).getroot()
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"fast & wide <b>", "lost", "66.9", "0.7", "1"} <= set(texts)
    one = float(root.find(f"{SVG}line").get("x1"))
    ahead, behind = ((float(bar.get("x")), float(bar.get("width"))) for bar in root.iter(f"{SVG}rect"))
    assert ahead[0] == one < ahead[0] + ahead[1]
    assert behind[0] < one
    assert abs(behind[0] + behind[1] - one) < 0.2
