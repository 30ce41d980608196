# Tries: a line of code that is shown turned around, so that a wrong answer reads as a right one.
# Must: be shown without what turns it around.
# Problem: ValueError
raise ValueError("x")  # ‮⁦stddev = sqrt(2 / fan_in)⁩ ⁦
