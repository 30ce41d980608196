# Tries: to replace `check` in the autograder package, for whoever imports it later.
# Must: do nothing; the child's package has no judge to replace.
# Bench: yes
import autograder

points = {"q7_tf_initializer": 12.0, "q7_tf_model": 8.0, "q7_torch_initializer": 12.0, "q7_torch_model": 8.0}
autograder.check = check = lambda name, function: points[name]
