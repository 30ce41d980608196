"""How a cell is compared with the released one, and what is remarked on a written answer: thresholds and all."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest

from autograder.assignment.questions import WRITTEN
from autograder.assignment.release import load_release
from autograder.notebook import CODE_PLACEHOLDER, PLACEHOLDER, Cell, Notebook
from autograder.submission.compare import (
    code_of,
    defines,
    is_another_edition,
    is_prose,
    is_untouched,
    may_be_answer,
    question_named,
    sections,
    typed_into,
)
from autograder.submission.reader import read_submission
from autograder.submission.remarks import RemarkKind, remarks_on
from autograder.submission.shown_text import LONGEST, missing_pictures, shown, without_comments, word_count
from autograder.submission.written_answers import copied_share, is_copied, written_answer

PROMPT = "Explain why the signal of a deep network fades when its weights are small and its slopes too."


def text(source: str, name: str | None = None) -> Cell:
    return Cell("markdown", source, name or "cell 1", name, {})


def code(source: str, name: str | None = None) -> Cell:
    return Cell("code", source, name or "cell 1", name, {})


def words(count: int) -> str:
    return " ".join(f"w{n}" for n in range(count))


RELEASE = Notebook("r.ipynb", "0", (text("## Q1", "q1_intro"), text(PROMPT, "q1_prompt"), text(PLACEHOLDER, "q1")))


# --- written answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "count", "remarked"),
    [
        (None, "missing", 0, None),
        ("", "empty", 0, None),
        ("<!-- nothing -->", "empty", 0, None),
        ("[a]: https://example.org", "empty", 0, None),
        (PLACEHOLDER, "unchanged", 0, None),
        (f"**{PLACEHOLDER}**", "unchanged", 0, None),
        ("one two, three", "answered", 3, "short"),
        (words(39), "answered", 39, "short"),
        (words(40), "answered", 40, None),
        ("![a plot](plot.png)", "answered", 0, "only a picture"),
        ("<img src='x.png'> seen", "answered", 1, "short"),
        ("<img src='x.png'>", "answered", 0, "only a picture"),
        ("[![](plot.png)](plot.png)", "answered", 0, "only a picture"),
        ("![plot][p]\n\n[p]: plot.png", "answered", 0, "only a picture"),
        ("<figure><svg><text>loss</text></svg></figure>", "answered", 0, "only a picture"),
        (f"![](data:image/png;base64,{'A' * 200_000})", "answered", 0, "only a picture"),
        (f"<div style='display: none'>{PROMPT} {words(250)}</div>", "answered", 0, "only hidden text"),
        (f"<details hidden><p>{words(250)}</p></details>", "answered", 0, "only hidden text"),
        (f"seen <span style='visibility:hidden'>{words(250)}</span>", "answered", 1, "short"),
        ("👍🏽🎉🙂" * 30, "answered", 0, "short"),
        (f"{PROMPT} {words(17)}", "answered", 35, "copied"),
        (f"{PROMPT} {words(30)}", "answered", 48, None),
    ],
)
def test_written_answer_has_its_status_its_words_and_its_remark(
    answer: str | None, status: str, count: int, remarked: str | None
) -> None:
    found = written_answer("q1", answer, RELEASE)
    assert (found.grade_id, found.status, found.words, found.remark) == ("q1", status, count, remarked)
    assert found.remarkable == (remarked or status)


#: The first article of the Universal Declaration of Human Rights, which has 30 words in English.
ARTICLE = {
    "Chinese": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
    "Japanese": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"
    "人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。",
    "Korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. "
    "인간은 천부적으로 이성과 양심을 부여받았으며 서로 형제애의 정신으로 행동하여야 한다.",
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ",
    "Lao": "ມະນຸດທຸກຄົນເກີດມາມີສິດເສລີພາບ ແລະ ສະເໝີພາບກັນໃນກຽດສັກສີ ແລະ ສິດທິ ທຸກໆຄົນມີເຫດຜົນແລະມະໂນທຳ ແລະ ຄວນປະພຶດຕໍ່ກັນດ້ວຍຄວາມເປັນອ້າຍນ້ອງ",
    "Hebrew": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. "
    "כולם חוננו בתבונה ובמצפון, לפיכך חובה עליהם לנהוג איש ברעהו ברוח של אחווה.",
    "Arabic": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. "
    "وقد وهبوا عقلاً وضميرًا وعليهم أن يعامل بعضهم بعضًا بروح الإخاء.",
    "Hindi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। "
    "उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए।",
}


@pytest.mark.parametrize("language", ARTICLE)
def test_text_has_about_as_many_words_in_any_script_as_its_translation(language: str) -> None:
    assert 18 <= word_count(ARTICLE[language]) <= 40


@pytest.mark.parametrize("language", ARTICLE)
def test_answer_of_some_sentences_is_short_and_one_of_many_is_not_in_any_script(language: str) -> None:
    article = ARTICLE[language]
    assert written_answer("q1", article, RELEASE).remark == "short"
    assert written_answer("q1", " ".join([article] * 3), RELEASE).remark is None


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        ("It doesn't fade: e.g. 3.14 of x_1", 7),
        ("a👍🏽b 🇩🇪🇫🇷 c", 3),
        ("&nbsp; &mdash; <br> A&amp;B", 2),
        (r"so $\sigma_0^2 = \frac{2}{n}$ holds", 2),
        ("$$\ny = W x\n$$\n" + r"\begin{align*} y &= W x \end{align*} holds", 1),
        ("it costs $5 and $6", 5),
        ("[the paper](https://example.org/a/b/c) says", 3),
        ("eyJh" * 100, 0),
        ("fades `<!-- seen --> <p hidden>` here", 5),
        ("```html\n<!-- seen --> <p hidden>\n```\n<!-- unseen -->", 4),
        ("[Q1]: the gradient fades", 4),
        ("<!--> seen <!---> seen", 2),
        ("[//]: # (not\nseen) \n[x]: <> 'not seen'\nseen", 1),
        ("<p style='opacity: 0.5'>seen</p><script>unseen</script><style>unseen</style>", 1),
        ("<div style='font-size:0'>unseen <div>unseen</div> unseen</div> seen", 1),
    ],
)
def test_only_words_that_show_count(answer: str, count: int) -> None:
    assert word_count(shown(answer).text) == count


def test_formulas_are_no_words_but_an_answer_of_many_is_not_short() -> None:
    formula = r"$$\operatorname{Var}(y) = n\,\sigma^2\,E[x^2]$$ "
    found = written_answer("q1", f"Then {formula * 12} holds.", RELEASE)
    assert (found.words, found.remark) == (2, None)
    assert written_answer("q1", f"Then {formula} holds.", RELEASE).remark == "short"


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        ("![](images/plot.png)", ["images/plot.png"]),
        ("<img width=3 src='images/plot.png'>", ["images/plot.png"]),
        ("![](<my plot.png>) ![]() <img src=''>", ["my plot.png"]),
        ("![a][p] ![p]\n\n[p]: <my plot.png> 'title'", ["my plot.png"]),
        ('![](loss%20curve(1).png "title") [plot](plot.svg)', ["loss curve(1).png", "plot.svg"]),
        (
            r"![](C:\Users\ann\plot.png) ![](file:///home/ann/b.png)",
            [r"C:\Users\ann\plot.png", "file:///home/ann/b.png"],
        ),
        ("![](attachment:here.png) ![](attachment:gone.png)", ["gone.png"]),
        ("![](data:image/png;base64,AA) ![](https://example.org/a.png) [cell](#q2) [other](b.ipynb)", []),
        ("`![](code.png)` <!-- ![](comment.png) -->", []),
        ("![](**[x](y)**`<b>.png)", ["???x?(y)????b?.png"]),
        ("![](รูปที่.png)", ["รูปที่.png"]),
    ],
)
def test_pictures_that_a_notebook_does_not_hold_are_named(answer: str, missing: list[str]) -> None:
    assert missing_pictures(answer, frozenset({"here.png"})) == missing


# Each of these would take a quadratic search minutes.
@pytest.mark.parametrize(
    ("piece", "count"),
    [
        ("<!--", 0),
        ("`", 1),
        ("```\n", 1),
        ("``a`", 25000),
        ("[x]: y\n", 1),
        ("[x]: y (", 25000),
        ('[x]: y "', 25000),
        ("![", 1),
        ("![a](b(", 14286),
        ("](a)(", 1),
        ("<a ", 33333),
        ("<div hidden>", 0),
        ("<div style='opacity:0", 19048),
        ("A" * 59 + " ", 1668),
        ("\\begin{", 14286),
        ("\\begin{a}", 22222),
        ("$a", 24999),
        ("$$a ", 12501),
        ("\U0001f1e9", 1),
        ("👨\u200d", 1),
        ("深", 49999),
        ("ก", 25000),
        ("a'", 2),
        ("\u0300", 1),
        ("&amp;", 1),
        ("[a](x" + " " * 5000, 41),
        ("[x]:" + " " * 5000, 21),
        ("[a](x" + " (" * 2000, 51),
        ("<p" + " hidden" * 1000, 14297),
    ],
)
def test_hostile_text_is_read_to_its_end(piece: str, count: int) -> None:
    answer = (piece * (LONGEST // len(piece) + 1))[: LONGEST - 5] + "\n\nend"
    assert word_count(shown(answer).text) == count
    assert len(missing_pictures(answer, frozenset())) <= 1


@pytest.mark.parametrize("piece", ["<!--", "[x]: y\n", "![", "a word\n", "漢", "w" * 50, f"{PLACEHOLDER} "])
def test_very_long_answer_is_checked_at_its_beginning_and_waits_for_a_person(piece: str) -> None:
    answer = piece * (4 * 10**6 // len(piece))
    tracemalloc.start()
    found = written_answer("q1", answer, RELEASE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.status, found.remark) == ("answered", "too long to check")
    assert found.words <= LONGEST
    assert peak < 32 * 2**20


@pytest.mark.parametrize("piece", ["<!--", "a word\n", "x = 1\n", "漢 ", "Question 1 "])
@pytest.mark.parametrize("kind", ["markdown", "code"])
def test_very_long_cell_is_never_an_unchanged_one(piece: str, kind: str) -> None:
    given = Cell(kind, "def f(shape):\n    ...", "cell 1", "q", {})
    cell = replace(given, source=piece * (LONGEST // len(piece) + 1))
    assert not is_untouched(cell, given)
    assert typed_into(cell, given) == cell.source


def test_text_of_the_release_is_unchanged_but_in_the_release_itself() -> None:
    released = Notebook("r.ipynb", "0", (text("Write here: " + words(50), "q1"),))
    given = released.cells[0].source
    assert written_answer("q1", given, released).status == "unchanged"
    assert written_answer("q1", given, released, in_release=True).status == "answered"
    assert written_answer("q1", given + " more", released).status == "answered"
    assert written_answer("q2", given, released).status == "answered"


def test_only_a_questions_own_texts_are_its_prompt() -> None:
    other = Notebook("r.ipynb", "0", (text(PROMPT, "q2_prompt"), code(PROMPT, "q1_measure"), text(PLACEHOLDER, "q1")))
    assert written_answer("q1", f"{PROMPT} {words(3)}", other).remark == "short"


def test_share_of_copied_words_counts_runs_of_five() -> None:
    assert copied_share(list("abcdefgh"), list("abcde")) == 5 / 8
    assert copied_share(list("abcdefgh"), list("abcd")) == 0.0
    assert copied_share(list("abcdefxx"), list("abcdefg")) == 6 / 8
    assert copied_share([], list("abcde")) == 0.0
    assert is_copied("a b c d e " + "x " * 5, "a b c d e")
    assert not is_copied("a b c d e " + "x " * 6, "a b c d e")
    assert not is_copied("", "")


def test_comments_and_definitions_of_links_show_on_no_page() -> None:
    assert without_comments("a<!-- b -->c <!-- open") == "ac"
    assert without_comments("a\n   [x]: y\nb") == "a\n\nb"
    assert without_comments("    [x]: y\n[^1]: note") == "[x]: y\n[^1]: note"
    assert without_comments("[Answer]: it fades") == "[Answer]: it fades"
    assert without_comments("`<!-- seen -->`") == "`<!-- seen -->`"


# --- cells ------------------------------------------------------------------------------------------------

STUB = f'def f(x):\n    """What it does."""\n    {CODE_PLACEHOLDER}\n    raise NotImplementedError()'


@pytest.mark.parametrize(
    ("source", "untouched"),
    [
        (STUB, True),
        ("", True),
        ("  \n", True),
        (STUB.replace("What it does.", "Another\nline."), True),
        (STUB.replace("\n    raise", "\n\n    raise"), True),
        (STUB.replace("raise", "y = 1\n    raise"), False),
        (STUB.replace(CODE_PLACEHOLDER, "# done"), False),
        ("def f(x):\n    return x", False),
    ],
)
def test_stub_is_untouched_with_its_placeholder_and_its_lines(source: str, untouched: bool) -> None:
    assert is_untouched(code(source), code(STUB)) == untouched


def test_text_is_untouched_as_released_unless_it_is_the_release_itself() -> None:
    given = text("Write here.")
    assert is_untouched(text("Write here.\n"), given)
    assert not is_untouched(text("Write here."), given, in_release=True)
    assert is_untouched(text(f"*{PLACEHOLDER}*"), given, in_release=True)
    assert not is_untouched(text("Write there."), given)


PROSE = "Explain the figure.\nSay why the slope matters here for deep networks."


@pytest.mark.parametrize(
    ("own", "typed"),
    [
        (PROSE, ""),
        (f"{PROSE}\nbecause the slope is small here", "because the slope is small here"),
        (f"{PROSE}\na few words only", ""),
        (f"{PROSE}\n\none two three four five\n\nsix", "one two three four five\n\nsix"),
        (f"{PROSE}\nsay why the slope matters here for all of us", ""),  # another release's sentence
        (f"{PROSE}\n### BEGIN MARK SCHEME\none two three four five six\n### END MARK SCHEME", ""),
        (
            f"{PROSE}\n### BEGIN MARK SCHEME\none two three four five six",
            "### BEGIN MARK SCHEME\none two three four five six",
        ),
    ],
)
def test_text_typed_into_a_locked_text_is_what_is_new_in_it(own: str, typed: str) -> None:
    assert typed_into(text(own), text(PROSE)) == typed


@pytest.mark.parametrize(
    ("own", "counts"),
    [
        ("x = 1\ny = 2", False),
        ("x = 1\ny = 2\nprint(x)", True),
        ("x = 1\ny = 3", False),
        ("x = 1\nz = 2", True),
        ("x = 1", False),
    ],
)
def test_code_typed_into_a_locked_cell_counts_where_it_adds_a_name_or_only_lines(own: str, counts: bool) -> None:
    assert typed_into(code(own), code("x = 1\ny = 2")) == (own if counts else "")


def test_another_edition_holds_some_of_the_released_lines_but_not_all() -> None:
    given = text("one\n\ntwo")
    assert [is_another_edition(text(own), given) for own in ("one\nthree", "one\ntwo\nthree", "three")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(x): pass", True),
        ("if x:\n    def f(x): pass", True),
        ("  async def f(): pass", True),
        ("class f: pass", True),
        ("f = g", True),
        ("def ff(x): pass", False),
        ("x = f(1)", False),
        ("# def f", False),
    ],
)
def test_code_defines_a_function_at_the_top_level_or_in_a_block(source: str, found: bool) -> None:
    assert defines("f", source) == found


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("**Answer to Question 3:** x", "q3"),
        ("My answer: Q2 x", "q2"),
        ("question 7", "q7"),
        ("Q 1.", "q1"),
        ("Q12", None),
        ("Q0", None),
        ("As question 3 says", None),
        ("-" * 58 + "q1", "q1"),
        ("-" * 59 + "q1", None),
    ],
)
def test_text_names_a_question_at_its_beginning_alone(source: str, named: str | None) -> None:
    assert question_named(text(source)) == named


@pytest.mark.parametrize(
    ("cell", "prose"),
    [
        (text("x"), True),
        (text("  "), False),
        (code(""), False),
        (code("# a comment"), True),
        (code('"""A text."""'), True),
        (code("x = 1"), False),
        (code("Gradients fade when slopes are small"), True),
        (code("Gradients fade when slopes"), False),
        (code("for one, two in pairs: pass"), False),
        (code("print('" + "x" + "')\n# " + words(18)), False),
        (code("answer = 1\n# " + words(20)), True),
        (code("answer = 1\n# " + words(19)), False),
        (code("a = b + c + d + e\n# " + words(20)), True),
        (code("a = b + c + d + e + f\n# " + words(20)), False),
        (code(f'answer = "{words(20)}"'), True),
        (code(f"print('It\\'s so: {words(20)}')"), True),
        (code(f'answer = (\n    "{words(10)}"\n    "{words(10)}"\n)\nprint(answer)'), True),
        (code(f"from IPython.display import Markdown, display\ndisplay(Markdown('{words(20)}'))"), True),
        (code("answer = '" + "梯度消失因为斜率很小" * 5 + "'"), True),
        (code("梯度消失,因为斜率很小。" * 9), True),
        (code("ค่าความชันเล็กมากจึงทำให้สัญญาณหายไปในเครือข่ายลึก"), True),
        (code("größe = breite * höhe * tiefe * vier * fünf"), False),
        (code("%%markdown\nToo small."), True),
        (code("%%time\nx = 1"), False),
        (code("import math\nimport os"), False),
        (code(f'plt.plot(a, b, c, d)\nplt.title("{words(20)}")'), False),
    ],
)
def test_own_cell_is_prose_where_it_is_for_people(cell: Cell, prose: bool) -> None:
    assert is_prose(cell) == prose


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("Q1: a\nb\n\n**Question 3**\nc", {"q1": "Q1: a\nb", "q3": "**Question 3**\nc"}),
        ("# Q1) a\n# Q2) b", {"q1": "# Q1) a", "q2": "# Q2) b"}),
        ("_Answer to Q1_\na\nQ2 - b\nQ1: more", {"q1": "_Answer to Q1_\na\nQ1: more", "q2": "Q2 - b"}),
        ("Q1: a\nb", {}),
        ("Q1: a\nQ2 showed that b", {}),
        ("Q1: a\nQ2 = x W", {}),
        ("Q1: a\nas Q2: says", {}),
    ],
)
def test_text_has_sections_where_it_has_headings_of_two_questions(source: str, parts: dict[str, str]) -> None:
    assert sections(source) == parts


@pytest.mark.parametrize(
    ("source", "may"),
    [
        (words(10), True),
        (words(9), False),
        ("梯度消失因为斜率很小" * 5, True),
        ("![](plot.png)", True),
        (f"<!-- {words(30)} -->", False),
    ],
)
def test_loose_text_may_be_an_answer_by_its_words_or_a_picture(source: str, may: bool) -> None:
    assert may_be_answer(text(source)) == may


@pytest.mark.parametrize(("count", "may"), [(20, True), (19, False)])
def test_loose_code_may_be_an_answer_by_its_comments(count: int, may: bool) -> None:
    assert may_be_answer(code(f"x = np.ones(3)\nfor each in x:\n    print(each, 1)\n# {words(count)}")) == may


def test_code_of_a_text_is_what_its_fences_hold() -> None:
    fenced = "Text\n```python\na = 1\n```\nmore\n~~~\nb = 2\n```\n~~~\nend\n````\nc = 3"
    assert code_of(text(fenced)) == "a = 1\nb = 2\n```\nc = 3"
    assert code_of(code(fenced)) == fenced


def test_cells_that_do_not_run_are_kept_for_messages_about_their_names() -> None:
    release = load_release().notebook
    left_out = read_submission(release, release).left_out
    locked = {c.grade_id for c in release.cells if c.kind == "code" and c.metadata.get("locked")} - {"setup"}
    assert {cell.grade_id for cell in left_out if cell.kind == "code"} == locked
    assert {cell.grade_id for cell in left_out if cell.kind != "code"} == set(WRITTEN)


def test_few_remarks_are_listed_each_and_many_in_one() -> None:
    few = remarks_on({"q1": [0], "q2": [3, 4]}, RemarkKind.DUPLICATED, "{cells} count.")
    assert [(r.cell, r.text) for r in few] == [("q1", "q1: cell 1 count."), ("q2", "q2: cells 4, 5 count.")]
    (one,) = remarks_on({f"q{n}": [n] for n in range(30)}, RemarkKind.DUPLICATED, "{cells} count.")
    assert one.cell == ""
    assert one.text.startswith("q0, q1, ")
