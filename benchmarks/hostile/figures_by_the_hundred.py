# Tries: four figures of full size and full of noise in each of a hundred cells, all of which the grader keeps.
# Must: cost the grader the memory of the first few.
# Times: 100
import autograder.sandbox.child.shell as shell
import numpy as np

if not hasattr(shell, "noise"):
    shell.noise = [np.random.default_rng(n).uniform(0, 255, (640, 640, 3)).astype("float16") for n in range(4)]
    shell.take_figures = lambda: shell.noise
