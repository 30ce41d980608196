"""`autograder mark …`: the marking desk's commands, one file for each."""
