# Tries: to answer one question twice, so that the second answer is taken for the next question's.
# Must: be refused at the next question.
# Tolerates: any
answer_by(lambda header, arrays: frame({**header, "arrays": []}) * 2)
