"""Names the classes that nbgrader's and Bootstrap's scripts and styles act on."""

from __future__ import annotations

#: What nbgrader's scripts listen to, and what Bootstrap puts over a page.
CONTROLS = [
    *("full-credit", "no-credit", "mark-graded", "score", "extra-credit", "comment", "tabbable", "nbgrader_cell"),
    *("save-icon", "score-saved", "comment-saved", "live-notebook", "name-shown", "name-hidden", "help", "glyphicon"),
    *("modal", "modal-backdrop", "fade", "in", "navbar-fixed-top", "affix", "btn", "btn-success", "alert", "dropdown"),
    *(
        "tooltip",
        "popover",
        "carousel-control",
        "close",
        "collapse",
        "hidden",
        "sr-only",
        "pull-right",
        "panel-heading",
    ),
    *("MathJax", "MJX-x", "jp-Mermaid", "mermaid", "output_area", "full-credit\tmodal", "K"),
]
