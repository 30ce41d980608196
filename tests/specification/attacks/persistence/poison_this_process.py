# Tries: to change the environment, the random generators, NumPy and the frameworks for whoever comes next.
# Must: change them for itself alone.
# Tolerates: any
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "0"
os.environ["PYTHONSTARTUP"] = "/tmp/evil.py"
np.random.seed(0)
torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
tf.keras.backend.set_floatx("float64")
torch.Tensor.normal_ = lambda self, *a, **k: self
sys.path.insert(0, "/tmp")
sys.setrecursionlimit(50)
