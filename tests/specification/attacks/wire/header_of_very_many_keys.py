# Tries: an answer with twenty thousand fields that nobody reads.
# Must: be one answer, or none.
# Tolerates: any
answer_by(lambda header, arrays: ({**header, **{f"k{n}": n for n in range(18_000)}}, arrays))
