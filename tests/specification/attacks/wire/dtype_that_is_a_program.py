# Tries: dtypes that NumPy would parse: records, dates, strings, subarrays of a billion, Python text.
# Must: be refused.
# Problem: dtype is not one|not \[dtype, shape\]
dtypes = ["V9", "O", "(1000000000,)f4", "f4,f4", "datetime64[as]", "U9", ">f4", "__import__('os')", ["f4", 2], {"names": 1}]
answer_by(lambda header, arrays: frame({**header, "arrays": [[dtype, [1]] for dtype in dtypes]}, b"12345678"))
