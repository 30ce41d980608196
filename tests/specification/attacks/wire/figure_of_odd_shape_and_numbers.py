# Tries: a figure that is one pixel high, full of NaN and infinities.
# Must: be refused or drawn, and be no fault of the grader.
import autograder.sandbox.child.shell as collector

collector.take_figures = lambda: [np.full((1, 640, 3), odd, "float16") for odd in (np.nan, np.inf, -np.inf, 6e4)]
