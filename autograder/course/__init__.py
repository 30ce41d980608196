"""A whole course: nbgrader's gradebook and its folders. Besides the command line, the one room that knows everybody."""
