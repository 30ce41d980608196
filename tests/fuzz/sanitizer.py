"""Students' Markdown, HTML and code: what another parser finds in the page is on a list of what is harmless."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import html5lib
from hypothesis import strategies as st
from jinja2 import Environment
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from pygments.token import STANDARD_TYPES

from autograder.nbgrader_bridge.formgrader_markdown import highlight_code, markdown2html
from autograder.publishing import notebook_page
from autograder.safe_html import NO_PICTURE, clean
from tests.fuzz.properties import Property
from tests.fuzz.values import PIECES, mostly, repeated, words

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="

# --- what is harmless ----------------------------------------------------------------------------------------------

_HTML, _MATHML = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/1998/Math/MathML}"
_ELEMENTS = frozenset(
    words(
        "a abbr acronym article aside b bdi blockquote br caption center cite code col colgroup data dd",
        "del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img",
        "input ins kbd li mark nav ol p pre q rp rt rtc ruby s samp small span strike strong sub summary",
        "sup table tbody td tfoot th thead time tr tt u ul var wbr",
    )
)
_ATTRIBUTES = frozenset(
    words(
        "align alt char charoff checked cite class colspan datetime dir disabled headers height href",
        "hreflang lang rel rowspan scope size span src start style summary title type width",
    )
)
_FORMULAS = frozenset(
    words(
        "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd",
        "mstyle mpadded menclose",
    )
)
_OF_FORMULAS = frozenset(
    words(
        "xmlns display mathvariant stretchy fence separator form lspace rspace width height columnalign columnspacing",
        "rowspacing displaystyle scriptlevel accent largeop movablelimits class style align title lang dir",
    )
)
_CLASSES = frozenset({"highlight", *STANDARD_TYPES.values(), "table", "table-condensed", "table-bordered"})
#: A browser draws it, or draws nothing: no data of these kinds runs.
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,.*", re.DOTALL)
_HOST = re.compile(r"([A-Za-z0-9_-]+\.)+[A-Za-z][A-Za-z0-9_-]*(:[0-9]+)?")
#: The clip that the formgrader puts around cells.
_CLIP = "contain: content; overflow: auto; max-height: 20000px"


def elements(html: str) -> Iterator[Any]:
    """Yield the elements that a browser makes of ``html`` within a ``div``."""
    tree = html5lib.parseFragment(html, container="div", treebuilder="etree")
    yield from (each for each in tree.iter() if each is not tree)


def check_harmless(html: str, *, classes: frozenset[str] = _CLASSES) -> None:
    """Raise for an element, an attribute, a class, a style or an address that the list does not have."""
    for each in elements(html):
        assert isinstance(each.tag, str), "a comment, which browsers may read otherwise"
        if each.tag.startswith(_MATHML):
            assert each.tag.removeprefix(_MATHML) in _FORMULAS, each.tag
            for key, value in each.attrib.items():
                name = key.rpartition("}")[2]
                assert name in _OF_FORMULAS, key
                if name in ("class", "style"):
                    _check_attribute("math", name, value, classes)
            continue
        assert each.tag.startswith(_HTML), each.tag
        assert each.tag.removeprefix(_HTML) in _ELEMENTS, each.tag
        for name, value in each.attrib.items():
            assert name in _ATTRIBUTES, name
            _check_attribute(each.tag.removeprefix(_HTML), name, value, classes)


def _check_attribute(tag: str, name: str, value: str, classes: frozenset[str]) -> None:
    match name:
        case "class":
            assert set(value.split()) <= classes, value
        case "style":
            assert value == _CLIP or re.fullmatch(r"(text-align:[^;()\\]*;?\s*)*", value), value
        case "src":
            assert tag == "img"
            assert value == NO_PICTURE or _PICTURE.fullmatch(value), value[:200]
        case "href":
            assert tag == "a"
            _check_link(value)
        case "type":
            assert (tag, value) in {("input", "checkbox")} or tag != "input"
        case "width" | "height" | "size":
            assert re.fullmatch(r"\d+%?", value), value
            assert int(value.rstrip("%")) <= 2_000, value


def _check_link(value: str) -> None:
    """Raise unless a browser, on whatever page, takes ``value`` for an address on another site, or a mail."""
    assert not re.search(r"[\s\\\x00-\x1f]", value), repr(value)
    address = urlsplit(value)
    if address.scheme.lower() == "mailto":
        return
    assert re.match(r"https?://", value, re.I), value
    assert _HOST.fullmatch(address.netloc), value


# --- what students type --------------------------------------------------------------------------------------------

_TAGS = st.sampled_from(
    words(
        "p div span a b i em pre code table tr td th tbody thead caption col ul ol li dl dt h1 br hr img",
        "input details script style svg math template noscript noembed noframes iframe object embed form",
        "button select option textarea title xmp plaintext listing mglyph malignmark annotation-xml",
        "foreignObject desc mtext mi ms mn mo use image path animate set a:b x-y link meta base body html",
        "head frameset frame audio video source picture map area marquee bdo dialog slot portal keygen",
        "label fieldset font center nobr p\0 s\u0131 \u212a SCRIPT sCrIpT scr\0ipt",
    )
)
_URLS = st.sampled_from(
    [
        *(
            "/logout",
            "logout",
            "../x",
            "?x",
            "#x",
            "",
            "//h.org/x",
            "///h.org",
            "\\\\h.org\\x",
            "/\\h.org",
            "http:/logout",
        ),
        *(
            "http:logout",
            "https:///logout",
            "http://h.org\\@x/",
            "http://a:b@h.org/",
            "http://1.2.3.4/",
            "http://[::1]/",
        ),
        *(
            "http://h.org",
            "https://h.org/a?b#c",
            "HTTPS://H.ORG/",
            "http://h.org:80/x",
            "http://h\u3002org/",
            "http://h.org/\u202e",
        ),
        *(
            "https://hub.example.org/hub/logout",
            "https://h.org/%6cogout",
            "https://h.org/formgrader/x",
            "https://h.org/a/..;/logout",
        ),
        *(
            "mailto:a@b.org",
            "mailto:a@b.org?body=x",
            "MAILTO:x",
            "javascript:x",
            "JaVa\tScRiPt:x",
            "java\nscript:x",
            "\x01javascript:x",
        ),
        *(
            "&#106;avascript:x",
            "java&Tab;script:x",
            "javascript&colon;x",
            "vbscript:x",
            "data:text/html,x",
            "data:,x",
            "data:image/svg+xml,x",
        ),
        *(
            f"data:image/png;base64,{PNG}",
            "data:image/png;base64,x y",
            "DATA:image/png;base64,x",
            "data:image/gif;base64,R0lGODlh' onerror=x",
        ),
        *(
            "attachment:a.png",
            "attachment:b%20c",
            "attachment:none",
            "ATTACHMENT:a.png",
            " attachment:a.png",
            "file:///etc/passwd",
            "blob:x",
        ),
        *(
            "ftp://h.org",
            "about:blank",
            "ws://h.org",
            "tel:1",
            "h.org/x",
            "http://",
            "http:// h.org",
            "http://h.org\n/x",
            "http://\uff48.org/",
        ),
    ]
)
_NAMES = st.sampled_from(
    words(
        "href src srcset class id name style title alt onclick onerror onload data-toggle data-id action",
        "formaction poster background xlink:href xmlns width height size colspan type for form role",
        "tabindex hidden contenteditable accesskey autofocus srcdoc is slot part ping target rel cite dir",
        "lang align start checked http-equiv content usemap ismap longdesc lowsrc dynsrc datasrc encoding",
        "definitionurl attributeName values from to begin HREF oNcLiCk sr\0c on\nclick",
    )
)
_LOOKS = st.sampled_from(
    [
        *(
            "position:fixed",
            "text-align:right",
            "TEXT-ALIGN:right;position:fixed",
            "background:url(/logout)",
            "width:9em",
        ),
        *(
            "b\\61ckground:u\\72l(x)",
            "text-align:expression(x)",
            "text-align:right}*{color:red",
            "text-align: url( /x )",
        ),
    ]
)
_WORDS = st.sampled_from(
    [
        *(
            "full-credit modal",
            "highlight",
            "k",
            "q1",
            "99999",
            "100%",
            "1e9",
            "-1",
            "\u0663",
            "0" * 400,
            "\u00b2",
            "2000",
        ),
        *(
            "checkbox",
            "image",
            "alert(1)",
            "</style><b>",
            "-->",
            "]]>",
            "</p>",
            "&quot; onerror=x",
            "0;url=/logout",
            "ag-x",
        ),
        *("x' onerror='y", 'x" onerror="y', "x` onerror=`y", "formula", "MathJax"),
    ]
)
#: A name with a value that it may take, or any name with any value.
_PAIRS = st.one_of(
    st.tuples(st.sampled_from(words("href src SRC xlink:href action formaction poster background cite data")), _URLS),
    st.tuples(st.just("style"), _LOOKS),
    st.tuples(st.sampled_from(words("class id name title alt type width height size")), _WORDS),
    st.tuples(_NAMES, _URLS | _LOOKS | _WORDS),
)
_QUOTES = st.sampled_from(['"', "'", "", "`"])
_BETWEEN = mostly(st.just(" "), st.sampled_from(["\n", "\t", "/", "\0", "\x0c", "", " / ", "\u00a0"]))
_ATTRIBUTE = st.builds(
    lambda between, pair, equals, quote: f"{between}{pair[0]}{equals}{quote}{pair[1]}{quote}",
    _BETWEEN,
    _PAIRS,
    mostly(st.just("="), st.sampled_from([" = ", "", "\n=\n"])),
    _QUOTES,
)
_ENDS = mostly(st.just(">"), st.sampled_from(["/>", "", " ", ">>", "<", "\0>"]))
_KNOWN = st.sampled_from(
    [
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=x&gt;'>",
        "<svg></p><style><a title='</style><img src=x onerror=y>'>",
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=x>",
        "<noscript><p title='</noscript><img src=x onerror=y>'>",
        "<svg><desc><![CDATA[</desc><script>x</script>]]></svg>",
        "<a title='`onmouseover=x`'><math><annotation-xml encoding='text/html'><p><style><img src=x onerror=y></style>",
        "<table><td><style></table><img src=x onerror=y>",
        "<select><template><img src=x onerror=y></select></template>",
        "<!--><img src=x onerror=y>-->",
        "<!--!--!><img src=x onerror=y>-->",
        "<?xml <img src=x onerror=y> ?>",
        "<![CDATA[<img src=x onerror=y>]]>",
        "<!DOCTYPE x [<!ENTITY y 'z'>]>&y;",
        "<pre>\n\n<b>x</b></pre>",
        "<textarea></textarea\n><img src=x onerror=y>",
        "&lt;img src=x onerror=y&gt; &#60;b&#x3e; &#0; &#x80; &#xd800; &#x110000; &notit; &amp;lt;",
    ]
)
_MARKDOWN = st.sampled_from(
    [
        *(
            "# h\n",
            "\n\n",
            "    code\n",
            "```python\nx = 1  # \u202e\n```\n",
            "```perl\n$x\n```\n",
            "```{{=html}}\n<b>\n```\n",
            "~~~ x' onclick=y\nz\n~~~\n",
        ),
        *(
            "| a | b |\n|---|:-:|\n| 1 | <b> |\n\n",
            "- [x] done\n- [ ] not\n",
            "> quote\n",
            "1. a\n2. b\n",
            "***a** b*",
            "~~s~~",
            "`c < d`",
            "\\<b>",
        ),
        *(
            "$x < y$",
            "$$a\\\\b$$",
            "\\\\(x\\\\)",
            "\\\\[\\def\\x{}\\\\]",
            "\\begin{align}x\\end{align}",
            "$\\href{/logout}{x}$",
            "$<img src=x onerror=y>$",
        ),
        *(
            "[^1] \n\n[^1]: note\n",
            "Term\n: definition\n",
            "[TOC]",
            "https://h.org/logout",
            "<https://h.org>",
            "<javascript:x>",
            "a@b.org",
            "---\n",
            "  \n",
        ),
        *(
            "[x][1]\n\n[1]: /logout 'a'\n",
            "![x][2]\n\n[2]: attachment:a.png\n",
            "*[HTML]: x\n",
            "{: .full-credit #q1}",
            ":::{note}\nx\n:::\n",
            "<div markdown=1>\n\n**x**\n\n</div>",
        ),
    ]
)


def _link(picture: bool, text: str, url: str, title: str, form: str) -> str:
    return ("!" if picture else "") + f"[{text}](" + form.replace("U", url) + (f' "{title}"' if title else "") + ")"


def _element(tag: str, attributes: list[str], end: str, inner: list[str], closing: str) -> str:
    return f"<{tag}{''.join(attributes)}{end}{''.join(inner)}" + closing.replace("T", tag)


_SIMPLE = st.one_of(
    PIECES,
    _MARKDOWN,
    _KNOWN,
    st.builds('<a href="{}">x</a>'.format, _URLS),
    st.builds('<img src="{}">'.format, _URLS),
    st.builds(_link, st.booleans(), PIECES, _URLS, PIECES, st.sampled_from(["U", "<U>", " U ", "\nU"])),
)
FRAGMENTS = st.recursive(
    _SIMPLE,
    lambda inner: (
        st.builds(
            _element,
            _TAGS,
            st.lists(_ATTRIBUTE, max_size=3),
            _ENDS,
            st.lists(inner, max_size=3),
            mostly(st.just("</T>"), st.sampled_from(["", "</T", "</T x=y>", "</p>", "</table>", "-->", "</style>"])),
        )
        | st.lists(inner, max_size=2).map(lambda parts: f"<!--{''.join(parts)}-->")
    ),
    max_leaves=8,
)
_SOURCES = st.lists(FRAGMENTS, min_size=1, max_size=5).map("".join) | st.builds(
    repeated, FRAGMENTS | _ATTRIBUTE, st.sampled_from([500, 5_000, 70_000])
)
_ATTACHED = st.dictionaries(
    st.sampled_from(["a.png", "b c", "x' onerror='y", "pasted 0"]),
    st.dictionaries(
        st.sampled_from(["image/png", "image/svg+xml", "text/html", 'image/png" onload="x']),
        st.sampled_from([PNG, [PNG, "\n"], "iVBORw0KGgo' onerror='x", "iVBORw0KGgp" + "A" * 4_001]),
        max_size=2,
    ),
    max_size=2,
)


@dataclass(frozen=True)
class Text:
    """The text of a cell, and its attachments."""

    source: str
    attachments: Any = field(default_factory=dict)


TEXTS = st.builds(Text, _SOURCES, _ATTACHED)
#: nbconvert makes no page of a notebook with such attachments, but a formgrader's cell is shown.
ODD_TEXTS = st.builds(Text, _SOURCES, st.sampled_from([None, [], "x", {"a.png": None}, {"a.png": {"image/png": {}}}]))

# --- the properties ------------------------------------------------------------------------------------------------

_FORMGRADER = Environment(autoescape=False)  # as nbconvert's own
_FORMGRADER.filters |= {"markdown2html": markdown2html, "highlight_code": highlight_code}
_CELL = {
    kind: _FORMGRADER.from_string(f"{{{{ cell.source | {kind} }}}}") for kind in ("markdown2html", "highlight_code")
}


def _parsed(html: str) -> list[tuple[Any, ...]]:
    # A serializer writes a line end at the beginning of <pre>, and a parser drops it.
    return [(each.tag, each.attrib, (each.text or "").lstrip("\n"), each.tail or "") for each in elements(html)]


def sanitized_html_is_harmless(source: str) -> None:
    """`clean` leaves nothing that runs, loads or covers; what it leaves, it leaves again."""
    once = clean(source)
    check_harmless(once)
    assert len(once) <= 2_000 + 20 * len(source)
    assert _parsed(clean(once)) == _parsed(once)


def formgraders_cell_is_harmless(typed: Text) -> None:
    """A Markdown cell in the formgrader has no controls, and no addresses but links to other sites."""
    shown = _CELL["markdown2html"].render(cell={"source": typed.source, "attachments": typed.attachments}, resources={})
    shown.encode()
    check_harmless(shown)
    assert len(shown) <= 5_000 + 60 * (len(typed.source) + len(repr(typed.attachments)))


def code_is_harmless(source: str) -> None:
    """Code is shown as text: no element but the highlighter's, and every letter is seen."""
    shown = _CELL["highlight_code"].render(cell={"source": source}, resources={})
    check_harmless(shown)
    assert {each.tag.removeprefix(_HTML) for each in elements(shown)} <= {"div", "pre", "span", "p", "strong", "code"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u3164\ufeff]", shown)
    assert len(shown) <= 5_000 + 60 * len(source)


#: An exporter compiles its templates once, which takes longer than a page.
_exporter = cache(notebook_page.NotebookPage)
#: Runs, loads or asks, in whatever namespace.
_ACTIVE = frozenset(
    words(
        "script style iframe object embed form button textarea select link meta base audio video source",
        "image animate set template noscript foreignObject annotation-xml mglyph malignmark handler",
        "listener frame frameset",
    )
)


def page_is_harmless(text: Text) -> None:
    """A page of ours, where formulas and figures stay, runs nothing and loads nothing."""
    cells = [
        new_markdown_cell(text.source, attachments=text.attachments),
        new_raw_cell(text.source),
        new_code_cell(
            text.source, outputs=[new_output("display_data", {"text/html": text.source, "text/plain": text.source})]
        ),
        new_code_cell("", outputs=[new_output("stream", text=text.source), new_output("error", ename=text.source)]),
        new_markdown_cell("the end"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "notebook.ipynb")
        file.write_text(json.dumps(new_notebook(cells=cells)))
        with mock.patch.object(notebook_page, "NotebookPage", _exporter):
            page = notebook_page.page_of(file)
    page.encode()
    body = page.partition("<body>")[2].rpartition("</body>")[0]
    assert "the end" in body
    for each in elements(body):
        if not isinstance(each.tag, str):
            continue
        tag = each.tag.rpartition("}")[2]
        assert tag not in _ACTIVE, each.tag
        for key, value in each.attrib.items():
            name = key.rpartition("}")[2].lower()
            assert not name.startswith("on"), name
            assert name not in {"srcset", "poster", "action", "formaction", "background", "srcdoc", "ping"}, name
            if name == "src":
                assert value == NO_PICTURE or _PICTURE.fullmatch(value), value[:200]
            elif name == "href" and not value.startswith("#"):
                _check_link(value)
            elif name == "style":
                assert "url(" not in value.lower(), value
    assert len(body) <= 20_000 + 200 * (len(text.source) + len(repr(text.attachments)))


PROPERTIES = {
    "html": Property(_SOURCES, sanitized_html_is_harmless),
    "formgrader": Property(mostly(TEXTS, ODD_TEXTS), formgraders_cell_is_harmless),
    "code": Property(_SOURCES, code_is_harmless),
    "page": Property(TEXTS, page_is_harmless),
}
