"""Calls a method of quickstart_serve.py, keeps the result as a state, and says so."""

import simpleipc as ipc

with ipc.Lock("sums"):
    ipc.set("sum", ipc.call("calc", "add", 1, 2, timeout=5))
ipc.notify("summed")
print(ipc.get("sum").value)
