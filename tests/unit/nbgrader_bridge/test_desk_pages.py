"""What the desk's pages show of a mark scheme."""

from __future__ import annotations

from autograder.marking.scheme import parse
from autograder.marking.source import sources
from autograder.nbgrader_bridge.desk import pages
from autograder.notebook import read_notebook
from tests.support.desk import SOURCE


def test_every_item_has_a_key_of_its_own_that_does_nothing_else() -> None:
    taken = {key for keys, _ in pages.HELP for key in keys} - {"a", "b"}  # which stand there for all letters
    assert not taken & set(pages.LETTERS)
    for source in sources(read_notebook(SOURCE)):
        scheme = parse(source.markdown, source.question, source.max_points)
        letters = pages.letters_of(scheme)
        several = [item.key for row in scheme.rows if len(row.items) > 1 for item in row.items]
        assert list(letters) == [*several, *(each.key for each in scheme.mistakes)]
        assert len(set(letters.values())) == len(letters)
