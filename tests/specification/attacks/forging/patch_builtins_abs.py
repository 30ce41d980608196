# Tries: to make every distance 0 by patching `abs`.
# Must: do nothing; the judge's arithmetic is done elsewhere.
# Bench: yes
import builtins

builtins.abs = lambda x: 0.0
