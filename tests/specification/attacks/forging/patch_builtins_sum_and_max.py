# Tries: to patch `sum`, `max` and `min`, with which points and worst cases are found.
# Must: do nothing, though the student's own framework may stumble over it.
# Bench: yes
# Tolerates: any
import builtins

whole = builtins.max
builtins.max = lambda *a, **k: 0.0 if k else whole(*a)
