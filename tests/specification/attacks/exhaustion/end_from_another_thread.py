# Tries: to end the process from a thread while an answer is on its way.
# Must: cost the step that it is in.
# Tolerates: any
import os
import threading

threading.Timer(0.02, os._exit, [0]).start()
