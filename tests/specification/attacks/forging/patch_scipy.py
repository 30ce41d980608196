# Tries: to make every p-value 1 by patching SciPy.
# Must: do nothing; the judge's SciPy is another one.
# Bench: yes
import scipy.special
import scipy.stats

for name in ("kstest", "chi2", "norm"):
    setattr(scipy.stats, name, None)
scipy.special.ndtr = lambda x: x
