"""Nothing in a student's text presses, covers, loads, redefines or stalls anything on a grader's page."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import pytest
from jinja2 import Environment
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from PIL import Image

from autograder.nbgrader_bridge.formgrader_markdown import highlight_code, markdown2html
from autograder.publishing.notebook_page import NotebookPage, page_of
from autograder.report.templating import environment
from autograder.safe_markdown import Allowance, Renderer, render
from autograder.text import one_line, plain_text
from tests.support.controls import CONTROLS
from tests.support.samples import PNG, ROOT

CLIP = '<div style="contain: content; overflow: auto; max-height: 20000px">'


def formgrader(source: str, kind: str = "markdown2html", attachments: object = None, times: int = 1) -> str:
    made = Environment(autoescape=False)  # as nbconvert's own
    made.filters |= {"markdown2html": markdown2html, "highlight_code": highlight_code}
    template = made.from_string(f"{{{{ cell.source | {kind} }}}}" * times)
    shown = template.render(cell={"source": source, "attachments": attachments}, resources={})
    assert shown.count(CLIP) == times, "a cell clips what it shows"
    return shown.replace(CLIP, "<div>")


def page(*cells: NotebookNode, **metadata: object) -> str:
    return str(NotebookPage().from_notebook_node(new_notebook(cells=list(cells), metadata=metadata))[0])


def saved(folder: Path, *cells: object, metadata: object = None) -> Path:
    path = folder / "a.ipynb"
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata or {}, "cells": cells}
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def body(shown: str) -> str:
    return shown.partition("<body>")[2]


# --- controls --------------------------------------------------------------------------------------------------


def test_no_class_of_a_control_survives_on_any_page() -> None:
    names = " ".join(CONTROLS)
    tags = "".join(f"<{tag} class='{names}'>x</{tag}>" for tag in ("p", "div", "span", "a", "td", "code", "h1"))
    table = f"<table class='{names}'><tr class='{names}'><td class='{names}'>1</td></tr></table>"
    assert "class" not in formgrader(tags).replace("table", "")
    assert set(re.findall(r'class="([^"]*)"', formgrader(table))) == {"table table-condensed table-bordered"}
    cell = body(page(new_markdown_cell(tags + table))).partition('rendered_html">')[2]
    assert set(re.findall(r'class="([^"]*)"', cell)) == {"wide"}


@pytest.mark.parametrize(
    "attribute",
    [
        "id",
        "name",
        "onclick",
        "data-toggle",
        "data-link",
        "for",
        "form",
        "tabindex",
        "role",
        "contenteditable",
        "hidden",
    ],
)
def test_no_attribute_survives_that_scripts_read(attribute: str) -> None:
    shown = formgrader(f"<p {attribute}='q1'>x</p>\n\n<a {attribute}='q1'>y</a>\n\n<input {attribute}='q1'>")
    assert f" {attribute}=" not in shown
    assert "q1" not in shown


@pytest.mark.parametrize(
    "style",
    [
        *(
            "position: fixed",
            "background: url(/logout)",
            "float: left; margin: -99em",
            "opacity: 0",
            "transform: scale(9)",
        ),
        *("text-align: expression(x)", "text-align: u\\72l(/logout)"),
    ],
)
def test_no_style_but_alignment_survives(style: str) -> None:
    shown = formgrader(f"<p style='text-align: right; {style}'>x</p>")
    assert re.findall(r'style="([^"]*)"', shown) in ([], ["text-align:right"])


@pytest.mark.parametrize(
    "fill", ["url(http://h.org/x#a)", "u\\72l(http://h.org/x#a)", "URL(/logout)", "\\75 rl(/logout)"]
)
def test_no_style_of_a_figure_loads_anything(fill: str) -> None:
    figure = f'<svg><path d="M0 0" style="stroke: red; fill: {fill}"></path></svg>'
    output = new_output("display_data", {"text/html": figure})
    for shown in map(body, (page(new_markdown_cell(figure)), page(new_code_cell("", outputs=[output])))):
        assert "h.org" not in shown
        assert "logout" not in shown
    assert "fill:rgb(1,2,3)" in page(new_markdown_cell(figure.replace(fill, "rgb(1,2,3)"))).replace(" ", "")


@pytest.mark.parametrize("side", ["99999", "99999%", "1e9", "-5", "100000em"])
def test_no_picture_or_rule_is_so_large_that_it_moves_the_page_away(side: str) -> None:
    shown = formgrader(f"<img width='{side}' height='{side}'>\n\n<hr size='{side}' width='{side}'>")
    assert side not in shown
    assert 'width="200"' in formgrader("<img width=200>")


@pytest.mark.parametrize("span", ["0", "61", "1000", "65534", "-1", "1e3", "20.5", "²"])
def test_no_table_has_cells_so_large_that_a_browser_takes_minutes(span: str) -> None:
    table = f"<table><colgroup span={span}><col span={span}><tr><td colspan={span} rowspan={span}>x</table>"
    assert "span=" not in formgrader(table)
    assert "span=" not in body(page(new_markdown_cell(table)))
    assert 'colspan="3"' in formgrader("<table><tr><td colspan=3>x</table>")
    assert 'rowspan="60"' in formgrader("<table><tr><td rowspan=60 colspan=21>x</table>")


# --- addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        *("/logout", "logout", "../logout", "?logout", "#q1", "//example.org/x", "http:/logout", "http:logout"),
        *("https:///logout", "http://localhost:8888/x", "http://127.0.0.1/x", "http://2130706433/", "http://0x7f.1/"),
        *("http://[::1]/", "https://hub.example.org/logout", "https://hub.example.org/a/..%2flog%6Fut"),
        *("https://hub.example.org/logout#x", "https://hub.example.org/%6cogout;x", "https://a.org/?next=/logout"),
        *("https://hub.example.org/user/ann/formgrader", "https://user@example.org/", "http://example.org\\@x/"),
        *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "attachment:x.png", "ftp://example.org/"),
    ],
)
def test_no_link_leads_into_the_formgrader_or_runs_and_its_text_stays(link: str) -> None:
    for text in (f"<a href='{link}'>the text</a>", f"[the text](<{link}>)", f"[the text][1]\n\n[1]: {link}"):
        shown = formgrader(text)
        assert "href" not in shown
        assert "the text" in shown


@pytest.mark.parametrize(
    "link",
    [
        "https://arxiv.org/abs/1502.01852",
        "http://proceedings.mlr.press:80/v9/a.pdf?x=1#y",
        "https://numpy.org/doc/stable/user/",
        "mailto:ann@example.org",
    ],
)
def test_links_to_sources_stay_and_send_no_referrer(link: str) -> None:
    for text in (f"[paper]({link})", f"<a href='{link}'>paper</a>", f"<{link}>"):
        shown = formgrader(text)
        assert f'href="{link}"' in shown
        assert 'rel="noopener noreferrer"' in shown


@pytest.mark.parametrize(
    "load",
    [
        *("![x](/logout)", "![x](//h.org/a.png)", "![x](http://h.org/a.png)", "![x][1]\n\n[1]: /logout"),
        *("<img src=/logout>", "<img srcset='/logout 2x'>", "<img src='data:text/html,/logout'>"),
        *("<img src='data:image/svg+xml,/logout'>", "<image href=/logout>", "<audio src=/logout>"),
        *("<video poster=/logout src=/logout></video>", "<picture><source srcset=/logout></picture>"),
        *("<table background=/logout><td background=/logout>x</table>", "<p style='background: url(/logout)'>x</p>"),
        *("<object data=/logout></object>", "<embed src=/logout>", "<iframe src=/logout></iframe>"),
        *("<base href=/logout>", "<link rel=stylesheet href=/logout>", "<input type=image src=/logout>"),
        *("<meta http-equiv=refresh content='0;url=/logout'>", "<math href=/logout><mi>x</mi></math>"),
        *("<svg><image href=/logout /><use href=/logout#x /></svg>", "<body background=/logout>"),
        *("<style>@import '/logout'; p { background: url(/logout) }</style>", "<form action=/logout>"),
    ],
)
def test_nothing_is_loaded_but_pictures_in_the_notebook(load: str) -> None:
    for shown in (formgrader(load), body(page(new_markdown_cell(load)))):
        assert "logout" not in shown
        assert "h.org" not in shown
        assert all(each.startswith("data:image/") for each in re.findall(r'src="([^"]*)"', shown))


# --- formulas --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        *("$\\def\\frac#1#2{0}$", "$$\\gdef\\sigma{1}$$", "\\\\[\\newcommand{\\a}{b}\\\\]", "$\\let\\frac\\over$"),
        *("$\\require{action}$", "$\\class{full-credit}{x}$", "$\\cssId{q1}{x}$", "$\\style{position:fixed}{x}$"),
        *("$\\href{/logout}{x}$", "$\\renewcommand \\frac[2]{x}$", "$\\DeclareMathOperator{\\sin}{cos}$"),
        *(
            "\\begin{align}\\newenvironment{x}{}{}\\label{eq:1}\\end{align}",
            "<p>$&#92;def\\x{}$</p>",
            "$\\unicode[x]{65}$",
        ),
        *("<p>$\\d<!-- -->ef\\x{}$</p>", "<p>$\\def\\frac{}$</p>", "$\\mmlToken{mi}[href='/x']{y}$"),
    ],
)
def test_no_formula_changes_another_one_or_styles_the_page(formula: str) -> None:
    course = "\n\n$$\\operatorname{Var}(w) = \\frac{2}{n}$$"
    alone = re.findall("<math.*?</math>", formgrader(course))
    for shown in (formgrader(formula + course), body(page(new_markdown_cell(formula + course)))):
        assert alone[0] in shown
        for sign in ("full-credit", "q1", "position", "href", "<style", "<script"):
            assert not re.search(rf"<[^>]*{sign}", shown.partition("Var")[0])


def test_other_formulas_are_mathml_and_one_that_cannot_be_is_shown_as_typed() -> None:
    shown = formgrader("$\\sqrt{2/n}$ and $\\frac$")
    assert "<msqrt>" in shown
    assert "<code>$\\frac$</code>" in shown


def test_brackets_keep_their_size_and_a_page_by_hand_makes_none_huge() -> None:
    assert 'minsize="1.623em"' in formgrader("$\\Big(x\\Big)^2$")
    assert "9em" not in formgrader('<math><mo minsize="99em" maxsize="99em">(</mo><mfrac linethickness="9e9em"></math>')


def test_mathml_by_hand_keeps_no_attribute_that_acts() -> None:
    shown = formgrader("<math href=/logout id=q1 onclick=x style=position:fixed><mi xlink:href=/logout>x</mi></math>")
    assert '<math style=""><mi>x</mi></math>' in shown


def test_mathjax_reads_nothing_in_the_graders_own_tables() -> None:
    question = {"status": "graded", "message": "$\\def\\frac{}$", "criteria": []}
    page = (
        environment().get_template("question.html").render(question=question, figure=None, summary="$x$", mistakes=[])
    )
    assert "tex2jax_ignore" in page


# --- bounds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit",
    [
        *("<div>", "<b>", "<x-y>", "\\begin{a}", " ", "\n ", "\t", "\\\\[", "\\\\(", "[a](", "$$", "- - ", "`a"),
        *("<b></i>", "$a$ ", "![", "<a href=", "&#1;", "\u00a0", "*a ", "\\begin{a}\\end{b}", "a\n: "),
    ],
)
def test_megabytes_of_anything_are_cut_with_a_note(unit: str) -> None:
    shown = formgrader("a" + unit * (1_000_000 // len(unit)) + "b")
    assert "… cut: this cell has" in shown
    assert len(shown) < 2_000_000


@pytest.mark.parametrize("unit", ["\n ", "@", "(", "\\", '"', "f'{", "%a ", "a.", "'''", "x = 1\n"])
def test_megabytes_of_code_are_cut_with_a_note(unit: str) -> None:
    shown = formgrader(unit * (1_000_000 // len(unit)), "highlight_code")
    assert "… cut: this cell has" in shown
    assert len(shown) < 2_000_000


def test_page_of_many_long_cells_shows_the_first_and_cuts_the_rest() -> None:
    shown = formgrader("a" * 200_000, "highlight_code", times=300)
    assert 1_000_000 <= shown.count("a") < 1_010_000
    assert shown.count("… cut") > 200


@pytest.mark.parametrize(
    "unit",
    [
        *("<div>", "<blockquote><p>", "<ul><li>", "<b></i>", "<x-y>", "<table><tr><td>"),
        *("<b/</b>", "<div x</div>\n\n", "<i title='</i>'>", "<i><a</a></i</i>"),  # what looks like an end is none
    ],
)
def test_deep_nesting_is_shown_as_it_was_typed(unit: str) -> None:
    shown = formgrader(unit * 150 + "the text")
    assert "&lt;" in shown
    assert "the text" in shown


def test_honest_lists_tables_and_long_answers_are_formatted() -> None:
    assert "&lt;" not in formgrader("<ul>" + "<li>x" * 500 + "</ul>" + "<p>y" * 500 + "<div>z</div>" * 500)
    long = formgrader("A **sentence** about weights.\n\n" * 1_900)
    assert long.count("<strong>") == 1_900


def test_code_of_other_languages_is_shown_without_their_lexers() -> None:
    assert "<span" not in formgrader("```perl\n$x = 1;\n```")
    assert '<span class="n">x</span>' in formgrader("```python\nx = 1\n```")


# --- attachments and outputs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a b.png", "ä (1).png", "a&b.png", "100%.png", "a:b.png", "pasted 0"])
def test_attachment_of_any_name_is_shown(name: str) -> None:
    attached = {name: {"image/png": PNG}}
    for address in (f"<attachment:{name}>", "attachment:" + "".join(f"%{b:02x}" for b in name.encode())):
        source = f"![plot]({address})"
        for shown in (formgrader(source, attachments=attached), page(new_markdown_cell(source, attachments=attached))):
            assert f'src="data:image/png;base64,{PNG}"' in shown


@pytest.mark.parametrize(
    "attachments",
    [
        *(
            {},
            None,
            [],
            {"x": []},
            {"x": None},
            {"x": {}},
            {"y": {"image/png": PNG}},
            {"x": {"image/svg+xml": "<svg/>"}},
        ),
        *({"x": {"image/webp": "UklGRg=="}}, {"x": {"image/png": "not base64"}}, {"x": {"image/png": ["PHN2Zz4="]}}),
        *({"x": {"image/png": 7}}, {"x": {"text/html": "PHN2Zz4="}}, {"x": {'image/png" onload="x': PNG}}),
    ],
)
def test_attachment_that_cannot_be_shown_leaves_its_text_and_a_note(attachments: object) -> None:
    shown = formgrader("![my plot](attachment:x)\n\nafter", attachments=attachments)
    assert "my plot: a picture that is not in the notebook" in shown
    assert "after" in shown
    assert "<img" not in shown


def png(width: int, height: int) -> str:
    """Return a picture that is small as a file."""
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def test_small_file_of_a_picture_that_fills_a_browsers_memory_is_not_shown(tmp_path: Path) -> None:
    bomb, photo = png(20_000, 20_000), png(8_000, 6_000)
    assert len(bomb) < 100_000
    for data, is_shown in ((bomb, False), (photo, True)):
        url = f"data:image/png;base64,{data}"
        cell = new_markdown_cell("![a](attachment:x)", attachments={"x": {"image/png": data}})
        drawn = new_code_cell("x", outputs=[new_output("display_data", {"image/png": data})])
        for shown in (
            formgrader(f"![a]({url})"),
            formgrader(f"<img src='{url}'>"),
            formgrader(cell.source, attachments=cell.attachments),
            page(cell),
            page(drawn),
        ):
            assert (data in shown) == is_shown


def test_pictures_in_the_text_do_not_count_against_its_length() -> None:
    long = PNG.rstrip("=") + "A" * 400_001
    for source in (f"![p](data:image/png;base64,{long})", f"![p][1]\n\n[1]: data:image/png;base64,{long}"):
        shown = formgrader(source)
        assert f'src="data:image/png;base64,{long}"' in shown
        assert "cut" not in shown


def test_picture_that_is_shown_again_and_again_fills_no_page() -> None:
    url = f"data:image/png;base64,{PNG}"
    for source in (
        "![](attachment:a.png)\n\n" * 20,
        "<img src='attachment:a.png'>\n\n" * 20,
        "![x][1]\n\n" * 20 + f"[1]: {url}",
    ):
        room = Allowance(pictures=3 * len(url) + 1)
        shown = [render(source, Renderer({"a.png": {"image/png": PNG}}), allowance=room) for _ in range(2)]
        assert [each.count(url) for each in shown] == [3, 0]
        assert [each.count("<img") for each in shown] == [20, 20]


def test_page_is_made_of_text_with_half_a_surrogate_pair(tmp_path: Path) -> None:
    outputs = [new_output("display_data", {"text/html": "<b>\ud800c</b>"}), new_output("stream", text="\ud800d")]
    cells = [new_markdown_cell("\ud800a"), new_raw_cell("\ud800b"), new_code_cell("\ud800e = 1", outputs=outputs)]
    file = tmp_path / "notebook.ipynb"
    file.write_text(json.dumps(new_notebook(cells=cells)))
    for shown in (
        page_of(file),
        page(new_markdown_cell("\ud800a")),
        formgrader("\ud800a"),
        formgrader("<b>" * 101 + "\ud800a"),
    ):
        assert "?a" in shown
        shown.encode()


def test_sanitized_text_is_not_rewritten_after_it() -> None:
    assert "[a](files/b)" in page(new_markdown_cell("`[a](files/b)`"))


@pytest.mark.parametrize(
    "attachments", [[], {"x": []}, "x", 7, None, {"x": {"image/png": {"a": 1}}}, {"x": {"image/png": [1]}}]
)
def test_page_is_made_of_a_notebook_whose_attachments_are_none(attachments: object, tmp_path: Path) -> None:
    cell = {
        "cell_type": "markdown",
        "metadata": {},
        "source": "![plot](attachment:x) after",
        "attachments": attachments,
    }
    shown = page_of(saved(tmp_path, cell))
    assert "plot: a picture that is not in the notebook" in shown
    assert "after" in shown


@pytest.mark.parametrize(
    "outputs",
    [
        *("x", 7, ["x"], [{}], [{"output_type": "unknown"}], [{"output_type": "display_data", "metadata": {}}]),
        *([{"output_type": "display_data", "metadata": "x", "data": {}}],),
        *([{"output_type": "display_data", "metadata": {}, "data": {"text/html": 7}}],),
        *([{"output_type": "display_data", "metadata": {}, "data": {"application/pdf": "x"}}],),
        *([{"output_type": "error", "ename": "E", "evalue": "v", "traceback": [1]}],),
    ],
)
def test_page_is_made_of_a_notebook_whose_outputs_are_none(outputs: object, tmp_path: Path) -> None:
    good = {"output_type": "stream", "name": "stdout", "text": ["printed ", "before"]}
    cell = {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": outputs}
    if isinstance(outputs, list):
        cell["outputs"] = [good, *outputs]
    shown = page_of(saved(tmp_path, cell))
    assert "an output that this page cannot show" in shown
    assert ("printed before" in shown) == isinstance(outputs, list)


@pytest.mark.parametrize("metadata", [{"widgets": {}}, {"widgets": []}, {"language_info": 7}, {"kernelspec": []}, {}])
def test_page_is_made_whatever_the_notebook_says_of_itself(metadata: object, tmp_path: Path) -> None:
    cells = [
        {"cell_type": kind, "metadata": {"tags": 7}, "source": f"a {kind}", "id": 7} for kind in ("markdown", "new")
    ]
    shown = page_of(saved(tmp_path, *cells, metadata=metadata))
    assert all(f"a {kind}" in shown for kind in ("markdown", "new"))


def test_page_shows_no_output_that_runs_or_loads_and_says_which_picture_is_none() -> None:
    outputs = [
        new_output("display_data", {"image/png": "x"}, metadata={"filenames": {"image/png": "http://h.org/a.png"}}),
        new_output("display_data", {"image/png": PNG}, metadata={"filenames": {"image/png": "http://h.org/a.png"}}),
        new_output("display_data", {"text/html": "<b>bold</b>"}, metadata={"text/html": {"isolated": True}}),
        new_output("display_data", {"text/vnd.mermaid": "graph", "text/plain": "plain"}),
        new_output("display_data", {"text/html": "<div>" * 5_000}),
        new_output("stream", text="x" * 3_000_000),
        new_output("error", ename="E", evalue="v", traceback=["t" * 3_000_000]),
    ]
    code = new_code_cell("x", outputs=outputs, metadata={"tags": ["full-credit"], "magics_language": "perl"})
    raw = new_raw_cell("<img src=http://h.org/a.png>", metadata={"raw_mimetype": "text/html"})
    shown = body(page(code, raw, widgets={"application/vnd.jupyter.widget-state+json": {"x": {}}}))
    for sign in ("h.org", "<iframe", "graph", "full-credit", "widget"):
        assert sign not in shown
    assert "a picture that is not in the notebook" in shown
    assert len(shown) < 1_500_000


def test_page_is_made_of_formulas_that_no_converter_knows() -> None:
    bombs = ["$" + "{" * 900 + "}" * 900 + "$", "$\\newcommand{\\a}{\\a\\a}\\a$", "$\\frac$", "$x_y_z$", "$\\left($"]
    assert "the end" in page(*map(new_markdown_cell, bombs), new_markdown_cell("the end"))


@pytest.mark.parametrize("path", sorted(ROOT.glob("autograder/*/templates/*.html")), ids=lambda path: path.name)
def test_each_page_of_ours_has_a_strict_content_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    policy = "Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    assert ("<head>" in text) == (policy in text)


# --- letters that nobody sees ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "letter", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u3164", "\u115f", "\u2800", "\U000e0041", "\x08"]
)
def test_letter_that_nobody_sees_is_marked_in_code_and_dropped_from_reports(letter: str) -> None:
    mark = f"U+{ord(letter):04X}"
    for source in (f"x = 1{letter} # y", f"'{letter}'", "x = 1\n" * 3_000 + letter):
        assert mark in formgrader(source, "highlight_code")
    assert mark in page(new_code_cell(f"x{letter}"))
    assert mark in formgrader(f"```python\nx{letter}\n```") + formgrader(f"`x{letter}`")
    assert one_line(f"a{letter}b") == "ab"
    assert plain_text(f"a{letter}b\n", 10) == "ab\n"


@pytest.mark.parametrize("letter", ["\u202e", "&#x202e;", "&#8238;"])
def test_letter_that_turns_a_line_around_is_marked_in_every_text(letter: str) -> None:
    for source in (f"a {letter}b", f"<p>a {letter}b</p>", f"<code>{letter}</code>"):
        for shown in (formgrader(source), body(page(new_markdown_cell(source)))):
            assert "\u202e" not in shown
            assert "⟦U+202E⟧" in shown


def test_marks_on_a_letter_are_cut_and_names_keep_theirs() -> None:
    assert one_line("Z" + "\u0335\u0301" * 500 + "a") == "Z" + "\u0335\u0301" * 2 + "a"
    for name in ("José", "Jose\u0301", "Nguye\u0302\u0303n", "ที่นี่", "שָׁלוֹם", "नमस्ते", "☺\ufe0f"):
        assert one_line(name) == name
