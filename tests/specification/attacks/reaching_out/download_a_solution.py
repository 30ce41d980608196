# Tries: to download an answer with urllib.
# Must: be refused.
# Problem: Network access is not available
import urllib.request

urllib.request.urlopen("http://example.com/solution.py", timeout=5).read()
