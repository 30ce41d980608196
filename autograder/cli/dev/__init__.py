"""`autograder dev …`: what developers of the grader use, one file a command."""
