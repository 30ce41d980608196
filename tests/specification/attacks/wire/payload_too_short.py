# Tries: an array whose bytes end before it does, so that it shows what lies behind them in memory.
# Must: be refused.
# Problem: shorter than its arrays
answer_by(lambda header, arrays: frame({**header, "arrays": [["float64", [1000]]]}, b"12345678"))
