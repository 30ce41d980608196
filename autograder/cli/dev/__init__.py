"""`autograder dev …`: commands for developers of the grader, one file for each."""
