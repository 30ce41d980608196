# Tries: IPython's own ways to files: %run and %load.
# Must: be refused like any other.
# Cell: late
# Tolerates: any
# Bench: yes
shell = get_ipython()
shell.run_line_magic("load", PLANTED["solutions"])
shell.safe_execfile_ipy(PLANTED["solutions"], raise_exceptions=True)
