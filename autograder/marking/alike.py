"""Finds answers that are the same, or alike.

One turned word, *last* for *early* or 1 for 1/4, turns an answer from right to wrong and leaves it as similar as a copy
with a typing error. Only answers that are identical, or that differ by slips of the keyboard, may therefore get one
mark together. Nothing depends on the order in which answers come.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from rapidfuzz.distance import OSA, Indel

#: Names the rules below in what is stored. Another rule gets another name.
ALGORITHM = "alike/1"

#: A word, a LaTeX command, or one other character.
_TOKEN = re.compile(r"\\?\w+|[^\w\s]")
#: A slip changes a word of this many letters or more: in a shorter one, a letter is too much of the meaning.
_SLIP = 5
#: Answers with this share of common n-grams are similar, if both have at least this many.
_SIMILAR, _ENOUGH = 0.8, 40
#: N-grams of more answers than this share, and than this many, are no sign that two of them belong together.
_COMMON_SHARE, _COMMON = 0.1, 5
#: Letters of an n-gram. One Chinese, Japanese or Korean character says as much as several letters.
_LETTERS, _CHARACTERS = 5, 2
_CJK = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
#: What a comparison shows as one word: 1/4 and $x_1$'s parts are changed as a whole.
_WORD = re.compile(rf"{_CJK}|(?:(?!{_CJK})\w)+(?:[/.,'’-](?:(?!{_CJK})\w)+)*|\s+|[^\w\s]")
#: Of a longer text, only this many characters are compared, and it has no slips.
_LONGEST_TEXT = 50_000
#: Pairs of words that a comparison looks at, at most; it needs one bit for each.
_MOST_PAIRS = 400_000_000
#: Rows of the table of n-grams that are compared with all others at a time.
_ROWS = 1_000


class Tier(IntEnum):
    """How alike two answers are. The first two can be marked together; similar ones are marked one by one."""

    IDENTICAL = 0
    SLIPS = 1
    SIMILAR = 2


@dataclass(frozen=True)
class Place:
    """Place of an answer in its group: the key of the answer that leads it, and how much the two are alike."""

    leader: str
    tier: Tier


@dataclass(frozen=True)
class Pair:
    """Two answers that have much in common which the others and the prompt do not have; ``share`` is from 0 to 1."""

    one: str
    other: str
    share: float


@dataclass(frozen=True)
class Piece:
    """A piece of a comparison: what stands in the first text and in the second. Either can be empty."""

    before: str
    after: str

    @property
    def same(self) -> bool:
        """True if both texts have this piece."""
        return self.before == self.after

    @property
    def alike(self) -> bool:
        """True if the two differ in nothing that a marker looks for: in white space or in full stops alone.

        Examples
        --------
        >>> [(piece.before, piece.alike) for piece in word_diff("It stays. Good", "It stays good")]
        [('It stays', True), ('.', True), (' ', True), ('Good', False)]
        """
        return self.same or not (self.before + self.after).strip(" \t\n.")


def groups(answers: Mapping[str, str], vocabulary: Set[str] = frozenset()) -> dict[str, Place]:
    """Return the places of all answers that can be marked together with another one (tiers 0 and 1), by their keys.

    Identical answers have the same characters, apart from white space and from other encodings of the same character.
    A slip is one letter too few, too many, wrong, or two exchanged, after the first letter of a word of at least five
    letters; the word with the slip occurs in no other answer, and the right one does. Slips are found in scripts with
    capital letters alone: in Arabic or Chinese, one sign makes another word. A slip can still be a word, one that
    nobody else wrote; a page that offers a group must show what differs. An answer without a twin is in no group.

    Parameters
    ----------
    answers : mapping of str to str
        Texts by any key.
    vocabulary : set of str
        Words that are right, so that none of them is a slip of another one: the `words` of the notebook.

    Examples
    --------
    >>> texts = {"a": "The gradient vanishes.", "b": "The gradeint vanishes.", "c": "The gradient explodes.", "d": ""}
    >>> sorted(groups(texts).items())
    [('a', Place(leader='a', tier=<Tier.IDENTICAL: 0>)), ('b', Place(leader='a', tier=<Tier.SLIPS: 1>))]
    """
    same = _identical(answers)
    tokens = {text: _TOKEN.findall(text) if len(text) <= _LONGEST_TEXT else [text] for text in same}
    spread = Counter(word for words in tokens.values() for word in {word.casefold() for word in words})
    odd = {word for word, count in spread.items() if count == 1 and word not in vocabulary}

    def is_slip(one: str, other: str) -> bool:
        return (
            one[0] == other[0]
            and min(len(one), len(other)) >= _SLIP
            and _has_case(one)
            and _has_case(other)
            and (one.casefold() in odd) != (other.casefold() in odd)
            and OSA.distance(one, other, score_cutoff=1) == 1
        )

    def are_slips(one: str, other: str) -> bool:
        return all(a == b or is_slip(a, b) for a, b in zip(tokens[one], tokens[other], strict=True))

    leaders: dict[int, list[str]] = defaultdict(list)
    leader_of = {}
    # The text with the fewest odd words comes first: it is the one without slips, and the others are compared with it.
    for text in sorted(
        same, key=lambda text: (sum(word.casefold() in odd for word in tokens[text]), -len(same[text]), text)
    ):
        rivals = leaders[len(tokens[text])]
        leader_of[text] = next((rival for rival in rivals if are_slips(rival, text)), text)
        if leader_of[text] == text:
            rivals.append(text)
    sizes: Counter[str] = Counter()
    for text, leader in leader_of.items():
        sizes[leader] += len(same[text])
    return {
        key: Place(same[leader][0], Tier.IDENTICAL if text == leader else Tier.SLIPS)
        for text, leader in leader_of.items()
        if sizes[leader] > 1
        for key in same[text]
    }


def similar(answers: Mapping[str, str]) -> dict[str, Place]:
    """Return the places of all answers that are similar to another one, by their keys. All of them have tier 2.

    Each is similar to its leader, not only to a neighbour that is similar to the next one. Leaders are those that most
    answers are similar to.
    """
    same = _identical(answers)
    texts = sorted(same)
    share = _shares([_grams(text) for text in texts])
    near = [share.indices[a:b].tolist() for a, b in pairwise(share.indptr)]
    weight = [sum(len(same[texts[j]]) for j in neighbours) for neighbours in near]
    places: dict[str, Place] = {}
    for i in sorted(range(len(texts)), key=lambda i: (-weight[i], texts[i])):
        members = [j for j in near[i] if same[texts[j]][0] not in places]
        if same[texts[i]][0] in places or members == [i]:
            continue
        for j in members:
            places |= {key: Place(same[texts[i]][0], Tier.SIMILAR) for key in same[texts[j]]}
    return places


def pairs(answers: Mapping[str, str], known: Sequence[str] = ()) -> tuple[Pair, ...]:
    """Return the pairs that somebody should look at, most alike first.

    Parameters
    ----------
    answers : mapping of str to str
        Texts by any key.
    known : sequence of str
        Texts that every student had, such as the prompt. What stands in them, or in many answers, counts for nothing.
    """
    keys, same = sorted(answers), _identical(answers)
    grams = {text: _grams(text) for text in same}
    spread = Counter(gram for each in grams.values() for gram in each)
    limit = max(_COMMON, _COMMON_SHARE * len(same))
    ignored = {gram for gram, count in spread.items() if count > limit}
    for text in known:
        ignored |= _grams(_folded(text), _LETTERS) | _grams(_folded(text), _CHARACTERS)
    share = _shares([grams[_folded(answers[key])] - ignored for key in keys]).tocoo()
    found = [
        Pair(keys[i], keys[j], round(float(value), 4))
        for i, j, value in zip(share.row, share.col, share.data, strict=True)
        if i < j
    ]
    return tuple(sorted(found, key=lambda pair: (-pair.share, pair.one, pair.other)))


def word_diff(one: str, other: str) -> tuple[Piece, ...]:
    """Compare two texts word by word. The pieces' sides, joined, are the texts.

    Examples
    --------
    >>> [(piece.before, piece.after) for piece in word_diff("at most 1/4", "at most 1")]
    [('at most ', 'at most '), ('1/4', '1')]
    """
    before, after = _WORD.findall(one), _WORD.findall(other)
    if len(before) * len(after) > _MOST_PAIRS:
        return (Piece(one, other),)
    pieces: list[Piece] = []
    for step in Indel.opcodes(before, after):
        piece = Piece("".join(before[step.src_start : step.src_end]), "".join(after[step.dest_start : step.dest_end]))
        if pieces and not pieces[-1].same and not piece.same:
            piece = Piece(pieces[-1].before + piece.before, pieces.pop().after + piece.after)
        pieces.append(piece)
    return tuple(pieces)


def words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words of texts, as a vocabulary for `groups`."""
    return frozenset(token for text in texts for token in _TOKEN.findall(_folded(text).casefold()))


def _folded(text: str) -> str:
    """Return ``text`` with one space for each run of white space, in the form NFC. Nothing else: 10² is not 102."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def _has_case(word: str) -> bool:
    return all(letter.lower() != letter.upper() for letter in word)


def _identical(answers: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the keys of each text, sorted."""
    same: dict[str, list[str]] = defaultdict(list)
    for key in sorted(answers):
        same[_folded(answers[key])].append(key)
    return dict(same)


def _grams(text: str, length: int = 0) -> frozenset[str]:
    text = text[:_LONGEST_TEXT].casefold()
    if not length:
        letters = sum(map(str.isalpha, text))
        length = _CHARACTERS if 2 * len(re.findall(_CJK, text)) > letters else _LETTERS
    return frozenset(text[i : i + length] for i in range(len(text) - length + 1))


def _shares(sets: Sequence[frozenset[str]]) -> sp.csr_array:
    """Return the shares of common n-grams (Jaccard) of all pairs that are similar, in both directions."""
    if not sets:
        return sp.csr_array((0, 0))
    number = {gram: i for i, gram in enumerate(frozenset().union(*sets))}
    sets = [grams if len(grams) >= _ENOUGH else frozenset() for grams in sets]
    sizes = np.array([len(grams) for grams in sets], dtype=np.int64)
    columns = np.fromiter((number[gram] for grams in sets for gram in grams), np.int64, sizes.sum())
    rows = np.repeat(np.arange(len(sets)), sizes)
    table = sp.csr_array((np.ones(len(rows), np.int64), (rows, columns)), shape=(len(sets), len(number)))
    found = []
    for start in range(0, len(sets), _ROWS):
        common = (table[start : start + _ROWS] @ table.T).tocoo()
        one, other = common.row + start, common.col
        share = common.data / (sizes[one] + sizes[other] - common.data)
        kept = share >= _SIMILAR
        found.append((share[kept], one[kept], other[kept]))
    shares, ones, others = (np.concatenate(column) for column in zip(*found, strict=True))
    return sp.csr_array((shares, (ones, others)), shape=(len(sets), len(sets)))
