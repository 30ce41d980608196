# Tries: to carry markup, escape sequences and workflow commands into every report, by way of an exception.
# Must: be shown as the letters that it is made of.
# Problem: script
raise ValueError(
    "<script>alert(1)</script>\n::set-output name=score::40\n\x1b[2J\x1b]0;A+\x07\n## Q7: 40 / 40\n| a | b |\n"
    "![x](http://example.com/x.png) @everyone \u202e04 = 7Q"
)
