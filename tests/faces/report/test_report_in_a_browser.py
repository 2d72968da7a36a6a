"""The report in a real browser: drawn, searched and sorted, in both themes, on a phone and on paper."""

import pytest
from concluded import concluded
from pages import browser

from study.faces.report.page import write_report

pytestmark = pytest.mark.slow

ROWS = "[...document.querySelectorAll('#table-trials tbody tr')].filter(row => !row.hidden)"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    arms = {"efficientnet_lite0": 0.9, "squeezenet1_1": 0.8, "a_backbone_with_quite_a_long_name": 0.5}
    study = concluded(tmp_path_factory.mktemp("study") / "run", arms, trials=20)
    return write_report(study, study.findings(), tmp_path_factory.mktemp("page") / "report.html").as_uri()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("browser") / "profile") as opened:
        yield opened


def see(page, address, **reader):
    page.looked_at(**{"width": 1200, **reader})
    page.open(address)
    page.shows("scores best on test", "accuracy on test", "Share of resamples", "freezing depth")
    page.shows("head_learning_rate")


def brightness(page, element, style):
    """Return how bright a colour of an element is, 0 to 1."""
    color = page.run(f"return getComputedStyle(document.querySelector({element!r})).{style}")
    return sum(float(part) for part in color[color.index("(") + 1 : -1].split(",")[:3]) / 765


def test_plots_are_drawn_and_trials_searched_and_sorted(page, address):
    see(page, address)
    assert page.run("return document.querySelectorAll('.plot > .plot-container').length") == page.run(
        "return document.querySelectorAll('.plot').length"
    )
    assert page.run(f"return {ROWS}.length") == 60
    page.run(
        "const box = document.querySelector('.search input'); box.value = 'lite0 failed';"
        "box.dispatchEvent(new Event('input'))"
    )
    assert page.run(f"return {ROWS}.length") == 1
    assert page.run("return document.querySelector('.search output').value") == "1 of 60"
    page.run("document.querySelectorAll('#table-trials th')[4].click()")
    cells = page.run(
        "return [...document.querySelectorAll('#table-trials tbody tr')].map(row => row.cells[4].textContent)"
    )
    numbers = [float(cell) for cell in cells if cell]
    assert numbers == sorted(numbers, reverse=True)
    page.keep_whole("report-light")


def test_an_arm_is_hidden_in_all_slices_at_once(page, address):
    see(page, address)
    page.run("document.querySelectorAll('.arms input')[1].click()")
    plots = "[...document.querySelectorAll('.slices .plot')]"
    shown = page.run(f"return {plots}.map(plot => plot.data.map(trace => trace.visible !== false))")
    assert len(shown) == 5
    assert all(one == [True, False, True] for one in shown)


def test_words_of_plots_are_legible_in_either_theme(page, address):
    for scheme, dark in (("light", False), ("dark", True)):
        see(page, address, scheme=scheme)
        assert (brightness(page, "body", "backgroundColor") < 0.3) is dark
        kinds = [".xtick text", ".ytick text", ".g-xtitle text", ".legend text"]
        if page.run("return document.querySelector('.parcoords text') !== null"):  # they need WebGL
            kinds.append(".parcoords text")
        for words in kinds:
            contrast = brightness(page, words, "fill") - brightness(page, "body", "backgroundColor")
            assert abs(contrast) > 0.6, f"{words} in {scheme}"
    page.keep_whole("report-dark")


@pytest.mark.parametrize("width", [390, 768])
def test_nothing_is_wider_than_a_small_screen_but_what_scrolls_by_itself(page, address, width):
    see(page, address, width=width)
    assert page.run("return document.documentElement.scrollWidth") <= width
    assert page.too_wide() == []
    page.keep_whole(f"report-{width}")


def test_controls_are_left_out_on_paper_and_nothing_is_cut(page, address):
    see(page, address)
    page.looked_at(media="print", width=1200)  # plots stay as they were drawn for the screen
    hidden = "nav, .search, .arms input"
    assert page.run(
        f"return [...document.querySelectorAll('{hidden}')].every(one => getComputedStyle(one).display === 'none')"
    )
    assert page.too_wide() == []
    assert page.keep_printed("report").startswith(b"%PDF")
