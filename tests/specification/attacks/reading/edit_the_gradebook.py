# Tries: to open the gradebook as the database that it is, and to write a grade into it.
# Must: be refused.
# Problem: unable to open database
# Bench: yes
import sqlite3

connection = sqlite3.connect(PLANTED["gradebook"])
loot(str(connection.execute("select * from secret").fetchall()))
connection.execute("delete from secret")
connection.commit()
