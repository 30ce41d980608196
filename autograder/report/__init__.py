"""One `Result`, many ways to show it. Knows the result model; knows no notebook, sandbox or judge."""
