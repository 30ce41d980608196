"""`autograder course …`: what instructors use and students never need, one file a command."""
