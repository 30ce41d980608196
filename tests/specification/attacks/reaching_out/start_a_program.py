# Tries: to start another program.
# Must: be refused.
# Problem: Other programs and processes
import subprocess

subprocess.run(["cat", PLANTED["solutions"]], check=True)
