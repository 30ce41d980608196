# Tries: an endless loop that holds the interpreter.
# Must: be ended when its time is up.
# Waits: yes
# Problem: had not finished
while True:
    pass
