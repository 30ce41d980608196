# Tries: to make NumPy find everything equal, close, and of variance as it should be.
# Must: do nothing; the judge's NumPy is another one.
# Bench: yes
import numpy.testing

np.allclose = np.array_equal = lambda *a, **k: True
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
np.var = lambda *a, **k: 2.0
