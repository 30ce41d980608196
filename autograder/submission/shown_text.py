"""Reads a student's Markdown as its reader sees it: the text that shows, its words, and its pictures.

The module renders nothing, because hostile Markdown can take a renderer for ever. One regular expression finds the
parts that matter, in time that grows with the text's length.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import regex

from autograder.text import one_line

#: Longer texts are read no further. 200 words have about 1,500 characters.
LONGEST = 100_000
#: The destination and title of a link or picture, with one level of parentheses inside.
_BRACKETS = r"\((?:[^()\n]++|\([^()\n]*+\))*+\)"
_GAP = r"[ \t]*+\n?[ \t]*+"
_TITLE = r"\"(?:[^\"\n]|\n(?![ \t]*\n))*+\"|'(?:[^'\n]|\n(?![ \t]*\n))*+'|\((?:[^()\n]|\n(?![ \t]*\n))*+\)"
#: Each alternative stops at its own opening character, so a search takes linear time.
_PART = re.compile(
    rf"""
    (?P<code> ^[ ]{{0,3}}(?P<fence>`{{3,}}+|~{{3,}}+).*?(?:^[ ]{{0,3}}(?P=fence)|\Z)
            | (?<!`)(?P<ticks>`++)[^`]*+(?P=ticks)(?!`) )
  | (?P<formula> \$\$[^$]++\$\$ | \$(?!\s)[^$\n]++(?<!\s)\$(?!\d)
               | \\begin\{{(?P<environment>[a-z]{{1,20}}\*?)\}}.{{0,2000}}?\\end\{{(?P=environment)\}} )
  | (?P<comment> <!--(?:-?>|.*?(?:-->|\Z)) )
  | (?P<definition> ^[ ]{{0,3}}\[(?!\^)(?P<label>[^\[\]\n]++)\]:{_GAP}(?P<address><[^<>\n]*+>|[^\s<]\S*+)
                    (?:(?=\s){_GAP}(?:{_TITLE}))?[ \t]*$ )
  | (?P<picture> !\[(?P<alt>[^\[\]\n]*+)\](?:(?P<source>{_BRACKETS})|\[(?P<named>[^\[\]\n]*+)\])? )
  | (?<=\])(?P<link>{_BRACKETS})
  | (?P<tag> <(?P<closes>/?)(?P<name>[a-z][a-z0-9]*+)[^<>]*+> )
  | (?P<data> (?:data:[\w/+.-]{{1,50}};base64,)?(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{{60,}}+={{0,2}} )
  | (?P<end> \Z )
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
#: LaTeX that arranges a formula, and names nothing in it.
_LAYOUT = re.compile(r"\\(?:begin|end)\{[^{}\n]*+\}|\\[A-Za-z]++(?=\{)")
_HIDES = re.compile(
    r"\shidden(?![\w-])|\b(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:opacity|font-size)\s*:\s*0(?![.\d]*[1-9]))",
    re.IGNORECASE,
)
_NEVER_SHOWN = frozenset({"script", "style", "template", "title", "noscript", "svg"})
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_SOURCE = re.compile(r"\ssrc\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
#: A link to such a file shows a picture, or pages.
_FILE = re.compile(r"[^?#]*\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?|heic|pdf)", re.IGNORECASE)
#: Addresses of the web, and pictures within the text. ``C:\`` and ``file:`` name a file of the student's machine.
_ELSEWHERE = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+:|//|#", re.IGNORECASE)
#: A pasted picture has up to millions of characters, and none of them is a word.
_PASTED = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]{100,}+")
#: What could be markup where a name of a file is shown.
_OF_NO_NAME = regex.compile(r"[^\w\p{M} .,/\\:()+-]")
_FLAGS = regex.compile(r"\p{Regional_Indicator}+")
#: The beginning of a word by Unicode's text segmentation, UAX #29: a boundary before a letter or a number.
_WORD = regex.compile(r"(?w)\b_*[\p{L}\p{N}]")
#: Scripts without spaces between words. UAX #29 has a boundary between any two of their letters.
_CHINESE_JAPANESE = regex.compile(r"[\p{Han}\p{Hiragana}]")
_SOUTHEAST_ASIAN = regex.compile(r"\p{Line_Break=Complex_Context}")


@dataclass(frozen=True)
class Shown:
    """What shows of a Markdown text.

    Attributes
    ----------
    text : str
        The text without markup, links' addresses, pictures and formulas.
    formulas : str
        The formulas, in LaTeX.
    pictures : tuple of str
        The addresses of its pictures, and of files that its links lead to.
    hides : bool
        Whether an element hides a part of the text.
    """

    text: str
    formulas: str = ""
    pictures: tuple[str, ...] = ()
    hides: bool = False


def without_pasted(text: str) -> str:
    """Return Markdown without the content of pasted pictures."""
    return _PASTED.sub("", text)


def without_comments(text: str) -> str:
    """Return Markdown without comments and definitions of links, which no page shows.

    Examples
    --------
    >>> without_comments("Seen <!-- unseen --> `<!-- seen -->`")
    'Seen  `<!-- seen -->`'
    """
    return _PART.sub(lambda part: "" if part.lastgroup in {"comment", "definition"} else part[0], text).strip()


def shown(text: str) -> Shown:
    """Return what a reader sees of a Markdown text: no comment, no hidden element, no address.

    Examples
    --------
    >>> shown('See ![the loss](loss.png) <b>below</b><p hidden>unseen</p>')
    Shown(text='See    below   ', formulas='', pictures=('loss.png',), hides=True)
    """
    kept, formulas, pictures, hides = [], [], [], False
    defined: dict[str, str] = {}
    for before, part in _unhidden(text):
        kept += [before, part[0] if part.lastgroup == "code" else " "]
        hides = hides or (_hides(part) and part["name"] != "svg")
        if part.lastgroup == "formula":
            formulas.append(_LAYOUT.sub(" ", part[0]))
        if part.lastgroup == "definition":
            defined[_label(part["label"])] = part["address"].strip("<>")
        pictures += _pictures(part)
    shown_pictures = tuple(defined.get(p, p) for p in pictures if p[:1] != "]" or p in defined)
    return Shown(html.unescape("".join(kept)), " ".join(formulas), shown_pictures, hides)


def _unhidden(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Yield the parts of a text, each with the plain text before it. Hidden elements are left out."""
    at, hidden, depth = 0, "", 0
    for part in _PART.finditer(text):
        name = (part["name"] or "").lower()
        if not hidden:
            yield text[at : part.start()], part
            hidden, depth = (name, 1) if _hides(part) else ("", 0)
        elif name == hidden:
            depth += -1 if part["closes"] else 1
            hidden = hidden if depth else ""
        at = part.end()


def _hides(part: re.Match[str]) -> bool:
    """Return True if a part begins an element whose text does not show."""
    name = (part["name"] or "").lower()
    if not name or part["closes"] or name in _VOID:
        return False
    return name in _NEVER_SHOWN or _HIDES.search(part[0]) is not None


def _label(name: str) -> str:
    """Return what a reference is looked up by. No address begins with a bracket."""
    return f"]{name.strip().casefold()}"


def _pictures(part: re.Match[str]) -> list[str]:
    """Return the addresses of a part's pictures. For a reference, it is the label."""
    match part.lastgroup:
        case "picture" if part["source"]:
            return [_address(part["source"])]
        case "picture":
            return [_label(part["named"] or part["alt"])]
        case "link":
            return list(filter(_FILE.fullmatch, [_address(part["link"])]))
        case "tag" if part["name"].lower() in {"img", "source", "embed"}:
            return ["".join(found) for found in _SOURCE.findall(part[0])[:1]]
        case "tag" if part["name"].lower() == "svg":
            return ["data:"]
    return []


def _address(brackets: str) -> str:
    inside = brackets[1:-1].strip()
    if inside.startswith("<"):
        return inside[1:].partition(">")[0]
    first, *title = inside.split(None, 1)[:2] or [""]
    return first if title and title[0][0] in "\"'(" else inside


def word_count(text: str) -> int:
    """Return the number of words in a text of any script, close to that of its English translation.

    Words are those of Unicode's text segmentation, UAX #29, that have a letter or a number; emoji are none. Scripts
    without spaces have a boundary between any two letters there, and only a dictionary could do better. Two letters of
    Chinese or Japanese, and four of Thai, Lao, Khmer or Burmese, count as one word: then the first article of the
    Universal Declaration of Human Rights, 30 words in English, has 20 in Chinese, 39 in Japanese and 26 in Thai.

    Examples
    --------
    >>> word_count("It doesn't fade."), word_count("勾配が消える"), word_count("👍🏽🎉")
    (3, 3, 0)
    """
    # The library needs quadratic time for a row of flags.
    starts = "".join(found[-1] for found in _WORD.findall(_FLAGS.sub(" ", text)))
    pairs = len(_CHINESE_JAPANESE.findall(starts))
    fours = len(_SOUTHEAST_ASIAN.findall(starts))
    return len(starts) - pairs - fours + math.ceil(pairs / 2) + math.ceil(fours / 4)


def pictures_beside(text: str) -> list[str]:
    """Return the files beside a notebook that its text shows, by the names that the text gives them.

    Examples
    --------
    >>> pictures_beside("![](images/my%20plot.png) ![](attachment:a.png) ![](https://example.org/b.png)")
    ['images/my plot.png']
    """
    return _beside(shown(without_pasted(text)[:LONGEST]).pictures)


def _beside(addresses: Iterable[str]) -> list[str]:
    return [unquote(address) for address in dict.fromkeys(addresses) if address and not _ELSEWHERE.match(address)]


def missing_pictures(text: str, attachments: Collection[str]) -> list[str]:
    """Return the pictures that a text refers to and that its cell does not hold, each as one safe line.

    Examples
    --------
    >>> missing_pictures("![](images/plot.png) ![](attachment:a.png) ![](data:image/png;base64,AA)", ())
    ['images/plot.png', 'a.png']
    """
    addresses = shown(without_pasted(text)[:LONGEST]).pictures
    pasted = [unquote(each.removeprefix("attachment:")) for each in addresses if each.startswith("attachment:")]
    missing = (name for name in (*_beside(addresses), *pasted) if name not in attachments)
    return list(dict.fromkeys(_OF_NO_NAME.sub("?", one_line(name, 100)) for name in missing if name))
