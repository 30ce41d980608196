# Tries: a tensor that a thread goes on to change after it was returned.
# Must: be judged as it was when it was sent.
# Cell: q7_torch_initializer
import threading
import time


def torch_he_normal_(weight):
    weight.data.zero_()

    def later():
        time.sleep(0.05)
        weight.data.normal_(0.0, (2.0 / weight[0].numel()) ** 0.5)

    threading.Thread(target=later, daemon=True).start()
    return weight
