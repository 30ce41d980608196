"""Arrays in, verdicts out. Knows NumPy and SciPy; knows no framework, notebook, score or report."""
