"""A formula becomes MathML that browsers draw as TeX would."""

from __future__ import annotations

import re

import pytest

from autograder.mathml import mathml, plain


@pytest.mark.parametrize(
    ("latex", "drawn"),
    [
        # A prime stands beside its base, and an index below both.
        ("f'", "<mrow><mrow><mi>f</mi><mo>′</mo></mrow></mrow>"),
        ("f'_l", "<msub><mrow><mi>f</mi><mo>′</mo></mrow><mi>l</mi></msub>"),
        ("f_{l'}", "<msub><mi>f</mi><mrow><mrow><mrow><mi>l</mi><mo>′</mo></mrow></mrow></mrow></msub>"),
        # A bracket with an exponent is as large as the one that opens.
        (r"\big)^2", "<msup><mrow><mo>)</mo></mrow><mn>2</mn></msup>"),
        # The name of a function belongs to its argument.
        (r"\operatorname{Var}(w)", "<mi>Var</mi><mo>(</mo><mi>w</mi><mo>)</mo>"),
        (r"\max_i w", "<msub><mo>max</mo><mi>i</mi></msub><mi>w</mi>"),
    ],
)
def test_formula_is_drawn_as_tex_would(latex: str, drawn: str) -> None:
    shown = re.sub(r"&#x0*(\w+);", lambda code: chr(int(code[1], 16)), mathml(latex))
    assert re.sub(r"<(\w+) [^>]*>", r"<\1>", shown) == f"<math><mrow>{drawn}</mrow></math>"


@pytest.mark.parametrize("latex", [r"\lvert x\rvert", "|x|", r"\lVert x\rVert", "a/b"])
def test_bars_and_strokes_keep_no_distance(latex: str) -> None:
    found = [re.search('lspace="0" rspace="0"', operator) for operator in re.findall(r"<mo[^>]*>", mathml(latex))]
    assert found
    assert all(found)


def test_bars_that_grow_with_their_content_stay_so() -> None:
    assert mathml(r"\left|\frac12\right|").count('stretchy="true"') == 2


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        ("10^{-13}", "10^−13"),
        (r"\partial \mathcal{L} / \partial h", "∂L/∂h"),
        (r"\ln 2 \approx 0.69", "ln2 ≈ 0.69"),
        (r"(c/2)^l", "(c/2)^l"),
        (r"n_{\text{in}}", "n_in"),
        (r"\frac{1}{2n}", "1/(2n)"),
        (r"s/\sqrt{n}", "s/√(n)"),
        (r"\frac{", r"\frac{"),
    ],
)
def test_formula_is_read_out_as_plain_text(latex: str, text: str) -> None:
    assert plain(latex).replace("ℒ", "L") == text
