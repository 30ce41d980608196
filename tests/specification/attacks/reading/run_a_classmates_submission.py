# Tries: to run a classmate's right answers.
# Must: be kept from reading them.
# Cell: late
# Problem: out of reach
# Bench: yes
run_answers(PLANTED["classmate"])
