# Tries: to take all epoll watches that the kernel has for the processes of a user together.
# Must: be refused.
# Problem: not allowed while grading
# Beside: yes
import os
import select

files = [os.eventfd(0) for _ in range(60)]
watches = [select.epoll() for _ in range(60)]
for place in range(200, 250):
    for file in files:
        os.dup2(file, place)
        for each in watches:
            each.register(place)
