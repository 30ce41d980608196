# Tries: to patch IPython's own run_cell, so that each later cell evaluates to what it likes.
# Must: cost itself the cells after it, and gain nothing.
# Tolerates: any
# Bench: yes
shell = type(get_ipython())
whole = shell.run_cell_async


async def generous(self, raw_cell, *arguments, **named):
    if raw_cell.startswith("check("):
        raw_cell = named["transformed_cell"] = "12.0" if "initializer" in raw_cell else "8.0"
    return await whole(self, raw_cell, *arguments, **named)


shell.run_cell_async = generous
