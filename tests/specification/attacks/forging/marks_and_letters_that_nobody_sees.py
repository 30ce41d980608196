# Tries: an exception of letters that nobody sees, and of marks that become a tower, in its name and its message.
# Must: be shown as the letters that people see.
# Problem: Odd
letters = "\u3164\u115f\u2800\ufeff\u200b\u2066\u202e\U000e0041\u034f" + "Z" + "\u0335\u0301" * 300
Odd = type("Odd" + letters, (Exception,), {})
raise Odd(letters * 5)
