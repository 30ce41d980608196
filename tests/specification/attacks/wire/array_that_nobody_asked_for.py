# Tries: megabytes beside each answer, which stay in the grader's memory as long as the answer.
# Must: be refused.
# Beside: yes
# Problem: no field of it
answer_by(lambda header, arrays: (header, [*arrays, np.zeros(1 << 20, "float32")]))
