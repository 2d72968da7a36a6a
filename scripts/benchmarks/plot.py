"""Draw what benchmarks wrote with `--json` as one picture: a bar a row, on a logarithmic axis; right of 1 we are ahead.

python scripts/benchmarks/plot.py RESULT.json ... --output docs/images/performance.svg
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from table import Row

_LABELS, _BARS, _MARGIN, _LINE = 430, 420, 70, 26
_AHEAD, _BEHIND, _TEXT = "#4477aa", "#ee6677", "#777777"


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", type=Path, metavar="RESULT.json")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.svg")
    options = parser.parse_args()
    rows = [row for file in options.results for row in json.loads(file.read_text())]
    options.output.write_text(svg(rows), encoding="utf-8")


def svg(rows: Sequence[Row]) -> str:
    """Return the picture."""
    logs = [math.log10(row["ratio"]) for row in rows]
    low, high = math.floor(min(0.0, *logs)), math.ceil(max(1.0, *logs))
    width, height = _LABELS + _BARS + _MARGIN, _LINE * (len(rows) + 2)

    def x(log: float) -> float:
        return _LABELS + _BARS * (log - low) / (high - low)

    parts = [f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="10" y2="{height - 30}" stroke="{_TEXT}"/>']
    parts += [_text(x(power), height - 12, f"{10**power:g}", "middle") for power in range(low, high + 1)]
    for number, (row, log) in enumerate(zip(rows, logs, strict=True)):
        y = 10 + _LINE * number
        left, right = sorted((x(0), x(log)))
        color = _AHEAD if log >= 0 else _BEHIND
        size = f'width="{max(1.0, right - left):.1f}" height="{_LINE - 8}"'
        parts.append(f'<rect x="{left:.1f}" y="{y}" {size} fill="{color}"/>')
        parts.append(_text(_LABELS - 12, y + 14, row["name"], "end"))
        parts.append(_text(right + 6, y + 14, f"{row['ratio']:.3g}", "start"))
    font = 'font-family="system-ui, sans-serif" font-size="13"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {font}>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" fill="{_TEXT}" text-anchor="{anchor}">{escape(text)}</text>'


if __name__ == "__main__":
    main()
