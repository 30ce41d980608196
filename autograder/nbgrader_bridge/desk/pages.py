"""Makes the desk's pages from what the store knows. They name answers, and never students."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from autograder.assignment.names import AnswerStatus
from autograder.marking import scheme
from autograder.marking.agreement import Kappa
from autograder.marking.alike import Piece, word_diff
from autograder.marking.impact import Impact
from autograder.marking.scheme import Scheme, amount, worth
from autograder.nbgrader_bridge.desk.model import (
    AlikePairs,
    Answer,
    AnswerState,
    BankComment,
    DoubleMark,
    Event,
    Left,
    Member,
    Neighbours,
    QuestionAgreement,
    QuestionProgress,
    Request,
    RequestState,
    Rubric,
    Slot,
    State,
    Typed,
    Undone,
    Wanted,
    name,
)
from autograder.notebook import UnreadableNotebook, read_notebook
from autograder.report.templating import environment
from autograder.safe_markdown import Renderer, render

#: Holds the pages' templates, script and style.
FOLDER: Final = Path(__file__).parents[1] / "templates" / "desk"

_DRIFT: Final = "Run `autograder mark rubric --check`. If it says nothing, run `make release`."
#: How many words of an item name it.
_FIRST_WORDS: Final = 7
_PAGES: Final = environment("autograder.nbgrader_bridge", amount=amount, worth=worth)
_FILTERS: Final = {
    Wanted.UNMARKED: "to mark",
    Wanted.MINE: "mine",
    Wanted.LOOK: "look again",
    Wanted.STALE: "submitted again",
    Wanted.OVERRULED: "changed in the formgrader",
    Wanted.SECOND: "second marks",
    Wanted.RESOLVE: "two marks that differ",
    Wanted.ALL: "all",
}
_STATES: Final = {
    State.OPEN: "not marked",
    State.DONE: "marked",
    State.LOOK: "to look at again",
    State.STALE: "submitted again since it was marked",
}
_MARKED: Final = (State.DONE, State.LOOK)
#: What a marker reads where the remark alone says too little.
_REMARKS: Final[dict[str, str]] = {
    AnswerStatus.UNCHANGED: "The student left this cell as it was.",
    AnswerStatus.MISSING: "The student's notebook does not have this cell.",
    "copied": "Half of the words, or more, are the prompt's own.",
}
#: What the log's entries say.
_ACTIONS: Final = {
    "save": "mark saved",
    "second": "second mark saved",
    "resolve": "two marks resolved",
    "undo": "undone",
    "take": "score of the formgrader kept",
    "restore": "score of the items restored",
    "rubric": "mark scheme changed",
    "stale": "mark withdrawn: submitted again",
    "import": "mark read from a file",
}
#: The keys of the page with an answer, and what each does.
HELP: Final = (
    (("1", "…", "9"), "a whole row: earned, or not"),
    (("a", "b", "…"), "the item with this letter: earned; again: half, if it has halves; again: not earned"),
    (("f", "0"), "everything earned, nothing earned"),
    (("Enter",), "save, and go to the next answer; if nothing is changed, only go on"),
    (("n", "p"), "the next answer, the one before; twice, if choices are not saved"),
    (("u",), "undo my last save; again: the one before it"),
    (("t",), "comment; Esc leaves the field"),
    (("t", "Tab"), "earlier comments: Enter inserts one, Delete takes it off the list"),
    (("Ctrl + Enter",), "save, in a field, too"),
    (("=",), "the marks that I saved last, to look at and save; twice, if something is chosen"),
    (("m",), "save, and put the answer on the list “look again”"),
    (("g",), "the answers that say the same"),
    (("s",), "side by side with a similar answer; Esc leads back, with your choices"),
    (("?",), "this list"),
)
#: Keys of items: no letter that does something else, and none that looks like a digit.
LETTERS: Final = "abcdehijkqrvwxyz"
_OF_ONE_PARAGRAPH: Final = re.compile(r"<p(?: dir=\"?auto\"?)?>((?:(?!</?p[ >]).)*)</p>\s*", re.DOTALL)


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page, and what the page needs from the server.

    Attributes
    ----------
    base : str
        Address of the server, with a slash at its end.
    nonce : str
        Lets the page's own script run, and no other.
    xsrf : str
        What the script sends along with each request.
    marker : str
        Name in the log; empty as long as nobody said it.
    declared : bool
        Whether the marker typed this name, so that it can be changed.
    instructs : bool
        Whether the marker may see what is for instructors.
    files : str
        A name of the script's and the style's version. A browser keeps both as long as it stays.
    """

    base: str
    nonce: str
    xsrf: str
    marker: str
    declared: bool
    instructs: bool
    files: str = ""


def who(visitor: Visitor) -> str:
    """Return the page that asks for a marker's initials."""
    return _page("who", visitor)


def message(visitor: Visitor, title: str, text: str) -> str:
    """Return a page that says one thing."""
    return _page("message", visitor, title=title, text=text)


def home(
    visitor: Visitor,
    questions: Sequence[QuestionProgress],
    typed: Sequence[Typed],
    second: Mapping[str, int],
    resolve: Mapping[str, int],
    open_requests: int,
    *,
    reading: bool,
) -> str:
    """Return the page with the progress of all questions.

    ``second`` has the second marks, and ``resolve`` the two marks that differ, that wait for this visitor, by question.
    """
    problems = [_sentence(each.problem) for each in questions if each.problem]
    problems += [
        _inline(f"{each.question.upper()}: the notebook has another mark scheme than the desk. {_DRIFT}")
        for each in questions
        if each.drift and not each.problem
    ]
    return _page(
        "home",
        visitor,
        questions=questions,
        typed=typed,
        second=second,
        resolve=resolve,
        requests=open_requests,
        reading=reading,
        problems=problems,
    )


def question(
    visitor: Visitor,
    wanted: Wanted,
    progress: QuestionProgress,
    rubric: Rubric,
    answer: Answer | None,
    neighbours: Neighbours,
    group: Sequence[Member],
    alike: Sequence[AnswerState],
    bank: Sequence[BankComment],
    prompt: str,
    counts: Mapping[Wanted, int],
    asked: Sequence[Request] = (),
    double: DoubleMark | None = None,
    left: Left | None = None,
) -> str:
    """Return the page with one answer beside the items of the mark scheme."""
    slot = slot_of(wanted)
    mark = answer.mark if answer else None
    given = mark.given if mark else {}
    found = rubric.scheme
    letters = letters_of(found) if found else {}
    marked = mark is not None and mark.state in _MARKED
    asked = asked if slot is Slot.FIRST else ()
    return _page(
        "question",
        visitor,
        question=progress.question,
        progress=progress,
        filters=[each for each in _FILTERS.items() if visitor.instructs or each[0] is not Wanted.RESOLVE],
        filter=wanted,
        counts=counts,
        help=HELP,
        max_points=progress.max_points,
        rubric=rubric,
        rows=_rows(found, given, letters) if found else (),
        mistakes=[
            {
                "key": each.key,
                "letter": letters.get(each.key, ""),
                "name": item_name(found, each.key),
                "points": each.points,
                "html": _inline(each.text),
                "condition": "",
                "share": given.get(each.key, 0.0),
            }
            for each in (found.mistakes if found else ())
        ],
        answer=answer,
        shown=answer and slot is Slot.FIRST,
        html=Markup(answer.html) if answer else "",  # noqa: S704 (the index sanitized it)
        mark=mark,
        marked=marked,
        state=_state(answer.status, slot) if answer else "",
        notes=_notes(answer, rubric, slot) if answer else (),
        typed=_typed(answer) if answer and slot is Slot.FIRST else "",
        before=neighbours.before,
        after=neighbours.after,
        place=f"{neighbours.place} of {neighbours.of}" if neighbours.of else "",
        group=[
            {
                "grade_id": each.grade_id,
                "marked": each.marked,
                "score": each.score,
                "rev": each.rev,
                "by": each.by,
                "pieces": word_diff(answer.source, each.source) if each.source != answer.source else (),
            }
            for each in group
            if answer and each.grade_id != answer.status.grade_id
        ],
        alike=alike,
        bank=[each.text for each in bank],
        asked=[
            {
                "id": each.id,
                "item": each.item,
                "about": item_name(found, each.item),
                "text": each.text,
                "mine": each.first_marker == visitor.marker,
            }
            for each in asked
        ],
        refusal=_refusal(asked, visitor.marker) if answer and marked and not answer.status.overruled else "",
        unanswerable=_unanswerable(answer, marked=marked),
        double=double,
        reasons=_reasons(left),
        differ=[] if answer is None else _scores_that_differ(answer, group),
        prompt=_block(prompt),
        guidance=_guidance(found),
    )


def compare(visitor: Visitor, one: Answer, other: Answer) -> str:
    """Return the page with two answers side by side, and the words that differ."""
    pieces = word_diff(one.source, other.source)
    return _page("compare", visitor, question=one.status.question, one=one, other=other, pieces=pieces, states=_STATES)


def group(visitor: Visitor, answer: Answer, members: Sequence[Member]) -> str:
    """Return the page with all answers of a group."""
    others = [each for each in members if each.grade_id != answer.status.grade_id]
    pieces = {each.grade_id: word_diff(answer.source, each.source) for each in others}
    kinds = {key: _difference(each) for key, each in pieces.items()}
    return _page(
        "group",
        visitor,
        question=answer.status.question,
        answer=answer,
        members=others,
        pieces=pieces,
        kinds=kinds,
    )


def _difference(pieces: Sequence[Piece]) -> str:
    """Return how two answers that were compared differ.

    Examples
    --------
    >>> _difference(word_diff("at most 1/4", "at most  1"))
    'the same but for 1 word'
    >>> _difference(word_diff("at most 1/4", "at  most 1/4"))
    'the same'
    """
    count = sum(not each.alike for each in pieces)
    return f"the same but for {count} word{'s' * (count > 1)}" if count else "the same"


def rubric(visitor: Visitor, found: Rubric) -> str:
    """Return the page on which the mark scheme is changed."""
    markdown = scheme.render(found.scheme) if found.scheme else ""
    problem = _sentence(found.problem) if found.problem else ""
    return _page("rubric", visitor, question=found.question, rubric=found, markdown=markdown, problem=problem)


def impact(found: Impact) -> dict[str, Any]:
    """Return what the script shows of a change of a mark scheme.

    Examples
    --------
    >>> from autograder.marking.impact import Move, Worth
    >>> found = impact(Impact((Move("1a2b3c4d", 8.0, 7.0),), revalued=(Worth("An effect.", 2.0, 1.0),)))
    >>> found["message"], found["moves"]
    ('Scores that change: 1 (0 up, 1 down).', ['Answer 1a2b3c: 8 → 7'])
    >>> found["items"], found["without"]
    (['Item “An effect.”: 2 → 1 point'], 0)
    """
    up = sum(move.after > move.before for move in found.moves)
    message = f"Scores that change: {len(found.moves)} ({up} up, {len(found.moves) - up} down)."
    if found.look:
        message += f" Answers to look at again, with an adjustment or a share that is gone: {len(found.look)}."
    if found.overruled:
        message += f" Scores that were typed in the formgrader, and stay: {len(found.overruled)}."
    moves = [f"Answer {name(move.key)}: {amount(move.before)} → {amount(move.after)}" for move in found.moves]
    texts = (("New", found.added), ("Gone", found.removed), ("Reworded", found.reworded))
    items = [f"{what}: {text.strip()}" for what, several in texts for text in several]
    for each in found.revalued:
        what, after = ("False statement", amount) if each.after < 0 else ("Item", worth)
        items.append(f"{what} “{each.text.strip()}”: {amount(each.before)} → {after(each.after)}")
    return {"message": message, "moves": moves, "items": items, "without": len(found.without)}


def undone(found: Undone | None) -> dict[str, Any]:
    """Return what the script does after an undo: what it says, which page it opens, and what is chosen there.

    Examples
    --------
    >>> undone(None)
    {'event': 0, 'message': 'There is nothing to undo.'}
    >>> undone(Undone(7, "rubric", "q1", "", 23, None, None, moved=22, look=1))["message"]
    'Undone: Q1, mark scheme changed. 22 scores moved, 1 answer is on look again.'
    """
    if found is None:
        return {"event": 0, "message": "There is nothing to undo."}
    answer = f", answer {name(found.grade_id)}" if found.grade_id else ""
    others = f" and {found.answers - 1} more" if found.grade_id and found.answers > 1 else ""
    score = "" if found.score is None else f" Now it has {worth(found.score)}."
    if found.mark is None:
        score = f" {_scores(found.moved)} moved, {_answers(found.look)} on look again."
    mark = found.mark
    return {
        "event": found.event,
        "question": found.question,
        "grade_id": found.grade_id,
        "filter": {"second": Wanted.SECOND, "resolve": Wanted.RESOLVE}.get(found.action, Wanted.UNMARKED),
        "message": f"Undone: {found.question.upper()}{answer}{others}, {_ACTIONS[found.action]}.{score}",
        "given": mark.given if mark else {},
        "adjustment": mark.adjustment if mark else 0.0,
        "reason": mark.reason if mark else "",
        "note": mark.note if mark else "",
        "request": found.request,
        "reply": found.reply,
        "markdown": found.markdown,
    }


def agreement(visitor: Visitor, found: Sequence[QuestionAgreement], schemes: Mapping[str, Scheme | None]) -> str:
    """Return the page that says how far two markers agree, with the items of the mark schemes by question."""
    lines = [
        line
        for each in found
        if each.agreement.n
        for line in (
            {
                "what": each.question.upper(),
                "n": each.agreement.n,
                "difference": _number(each.agreement.difference),
                "exact": "" if each.agreement.exact is None else f"{100 * each.agreement.exact:.0f} %",
                "kappa": _kappa(each.agreement.kappa),
            },
            *(
                {
                    "what": f"{each.question.upper()}, {item_name(schemes[each.question], key)}",
                    "n": kappa.n,
                    "difference": "",
                    "exact": "",
                    "kappa": _kappa(kappa),
                }
                for key, kappa in each.items.items()
            ),
        )
    ]
    double = [
        (answer, [item_name(schemes[each.question], key) for key in answer.differ])
        for each in found
        for answer in each.answers
        if answer.open or answer.resolved_by
    ]
    return _page("agreement", visitor, lines=lines, double=double)


def similar(visitor: Visitor, found: Sequence[AlikePairs]) -> str:
    """Return the page with the pairs of answers that somebody should look at."""
    return _page("similar", visitor, questions=[each for each in found if each.pairs])


def requests(visitor: Visitor, found: Sequence[Request], schemes: Mapping[str, Scheme | None]) -> str:
    """Return the page with the students' requests, open ones first, with the items of the mark schemes by question."""
    order = sorted(found, key=lambda each: (each.state is not RequestState.OPEN, each.id))
    about = {each.id: item_name(schemes.get(each.question), each.item) for each in order}
    return _page("requests", visitor, requests=order, about=about, open=RequestState.OPEN)


def log(visitor: Visitor, events: Sequence[Event], grade_id: str) -> str:
    """Return the page with the desk's log: of one answer, or of all if ``grade_id`` is empty."""
    return _page("log", visitor, events=events, actions=_ACTIONS, chosen=grade_id)


def item_name(found: Scheme | None, key: str) -> str:
    """Return what people call an item or a false statement: its letter, or the number of its row, and its first words.

    Examples
    --------
    >>> rows = "| 1 | A source. |\\n| 2 | A *cause* of it (1). Its effect on $x$ (1). |"
    >>> found = scheme.parse(f"| points | for |\\n|---:|---|\\n{rows}", "q1", 3)
    >>> [item_name(found, key) for key in ("q1.1a", "q1.2a", "q1.2b", "q1.9a")]
    ['row 1 “A source.”', 'item a “A cause of it.”', 'item b “Its effect on …”', 'q1.9a']
    """
    if found is None or key not in found.shares:
        return key
    letter = letters_of(found).get(key)
    if mistake := found.costs.get(key):
        place, text = f"false statement {letter or ''}", mistake.text
    else:
        number = next(n for n, row in enumerate(found.rows, 1) if any(item.key == key for item in row.items))
        place, text = f"item {letter}" if letter else f"row {number}", found.items[key].words
    words = text.replace("*", "").partition("$")[0].split()[:_FIRST_WORDS]
    whole = len(words) == len(text.split())
    return f"{place.strip()} “{' '.join(words)}{'' if whole else ' …'}”"


def slot_of(wanted: Wanted) -> Slot:
    """Return which mark a marker gives who goes through this list."""
    return Slot.SECOND if wanted is Wanted.SECOND else Slot.FIRST


def prompt_of(notebook: Path, question: str) -> str:
    """Return the Markdown of a question's prompt in the release, or "" where there is none."""
    try:
        cell = read_notebook(notebook).cell(f"{question}_prompt")
    except UnreadableNotebook:
        return ""
    return cell.source if cell else ""


def _page(template: str, visitor: Visitor, **values: Any) -> str:
    return _PAGES.get_template(f"desk/{template}.html").render(
        desk=f"{visitor.base}desk/",
        formgrader=f"{visitor.base}formgrader",
        nonce=visitor.nonce,
        xsrf=visitor.xsrf,
        marker=visitor.marker,
        declared=visitor.declared,
        instructs=visitor.instructs,
        files=visitor.files,
        name=name,
        **values,
    )


@lru_cache(maxsize=2_000)
def _block(markdown: str) -> Markup:
    return Markup(render(markdown, Renderer()))  # noqa: S704 (sanitized)


def _guidance(found: Scheme | None) -> Markup:
    return _block("\n\n".join((found.also, found.rules, found.anchors))) if found else Markup()


def _inline(markdown: str) -> Markup:
    html = _block(markdown)
    alone = _OF_ONE_PARAGRAPH.fullmatch(html)
    return Markup(alone[1]) if alone else html  # noqa: S704 (sanitized)


def _sentence(problem: str) -> Markup:
    return _inline(f"{problem[:1].upper()}{problem[1:]}.")


def letters_of(found: Scheme) -> dict[str, str]:
    """Return the letter of each item that has one. A row's only item has none: the row's number stands for it.

    Examples
    --------
    >>> table = "| points | for |\\n|---:|---|\\n| 1 | A source. |\\n| 2 | A cause (1). An effect (1). |"
    >>> letters_of(scheme.parse(table, "q1", 3))
    {'q1.2a': 'a', 'q1.2b': 'b'}
    """
    parts = [item.key for row in found.rows if len(row.items) > 1 for item in row.items]
    return dict(zip([*parts, *(each.key for each in found.mistakes)], LETTERS, strict=False))


def _rows(found: Scheme, given: Mapping[str, float], letters: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "level": row.level.strip(" *."),
            "points": row.points,
            "note": _inline(row.note) if row.note.strip() else "",
            "parts": [
                {
                    "key": item.key,
                    "letter": letters.get(item.key, ""),
                    "name": item_name(found, item.key),
                    "points": item.points,
                    "steps": item.steps,
                    "share": _nearest(item.steps, given.get(item.key, 0.0)),
                    "html": _inline(item.words),
                    "condition": _inline(item.condition) if item.condition else "",
                }
                for item in row.items
            ],
        }
        for row in found.rows
    ]


def _nearest(steps: Sequence[float], share: float) -> float:
    return min(steps, key=lambda step: abs(step - share))


def _state(status: AnswerState, slot: Slot) -> str:
    if slot is Slot.SECOND:
        return "second mark"
    by = f" by {status.by}" if status.by and status.state in (State.DONE, State.LOOK) else ""
    return _STATES[status.state] + by


def _reasons(left: Left | None) -> list[str]:
    """Return why a list has no answer for a marker; None for every list but that of the unmarked ones.

    Examples
    --------
    >>> _reasons(Left(0, {}, {}))
    ['Every answer of this question is marked.']
    >>> _reasons(Left(0, {"bob": 3}, {"ann": 1}))
    ['Nothing is left for you.', '3 answers are assigned to bob.', '1 answer is open at ann’s desk.']
    """
    if left is None:
        return ["No answer is in this list."]
    lines = [f"{_answers(count)} assigned to {who}." for who, count in left.assigned.items()]
    lines += [f"{_answers(count)} open at {who}’s desk." for who, count in left.claimed.items()]
    if left.unread:
        lines.append(f"{_answers(left.unread)} not read yet. Load the page again in a moment.")
    return ["Nothing is left for you.", *lines] if lines else ["Every answer of this question is marked."]


def _scores(count: int) -> str:
    return "1 score" if count == 1 else f"{count} scores"


def _answers(count: int) -> str:
    return "1 answer is" if count == 1 else f"{count} answers are"


def _scores_that_differ(answer: Answer, group: Sequence[Member]) -> list[str]:
    scores = {score for score in (answer.status.score, *(each.score for each in group)) if score is not None}
    return [amount(each) for each in sorted(scores)] if len(scores) > 1 else []


def _refusal(asked: Sequence[Request], marker: str) -> str:
    """Return why nothing is saved while requests about a mark are open, or "" if there are none."""
    if any(each.first_marker != marker for each in asked):
        return "A student asks about this mark. Press Accept or Keep the mark. Nothing was saved."
    if asked:
        return "A student asks about this mark, which you gave first. Somebody else answers. Nothing was saved."
    return ""


def _unanswerable(answer: Answer | None, *, marked: bool) -> str:
    """Return why a student's request cannot be answered yet, or ""."""
    if answer is None or (marked and not answer.status.overruled):
        return ""
    if not marked:
        return "This answer has no mark that counts. Save one first."
    if answer.status.score is None:
        return "The formgrader has no score. Decide about it first."
    return f"The formgrader’s {worth(answer.status.score)} count. Decide about them first."


def _notes(answer: Answer, rubric: Rubric, slot: Slot) -> list[str]:
    """Return what a marker must know about an answer before the marks are changed."""
    status = answer.status
    notes: list[str] = []
    if rubric.problem:
        notes.append(_inline(f"Nothing can be saved here: {rubric.problem}."))
    if status.remark not in (AnswerStatus.ANSWERED, AnswerStatus.EMPTY):
        notes.append(_REMARKS.get(status.remark, f"This answer is {status.remark}."))
    if slot is Slot.SECOND:
        return notes
    if status.state is State.STALE:
        notes.append("The student submitted again. You see the new answer, and the marks of the old one.")
    return notes


def _typed(answer: Answer) -> str:
    """Return what score was typed in the formgrader in place of the desk's, or "" if none was."""
    status = answer.status
    if status.score is not None and status.without_items:
        return f"The formgrader has {worth(status.score)}, without items. Saving replaces them."
    if not status.overruled:
        return ""
    typed = "No score" if status.score is None else worth(status.score)
    ours = answer.mark.written_score if answer.mark else None
    return f"{typed} in the formgrader, {worth(ours or 0.0)} by the items. Saving replaces what the formgrader has."


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"


def _kappa(kappa: Kappa) -> str:
    if kappa.value is None or kappa.low is None or kappa.high is None:
        return _number(kappa.value)
    return f"{kappa.value:.2f} ({kappa.low:.2f} to {kappa.high:.2f})".replace("-", "−")
