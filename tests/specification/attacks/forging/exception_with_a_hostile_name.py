# Tries: an exception whose class name and message are forged, endless, and raise when they are looked at.
# Must: be one line in the report.
# Problem: A…|AAAA|SystemExit
class Hostile(Exception):
    def __str__(self):
        raise SystemExit(0)


Hostile.__name__ = "A" * 100_000 + "\n::error::"
raise Hostile
