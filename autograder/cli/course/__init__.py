"""`autograder course …`: commands for instructors, one file for each."""
