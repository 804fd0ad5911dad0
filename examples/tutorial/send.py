"""Sends three values of three kinds."""

import simpleipc as ipc

ipc.send("chat", "hello")
ipc.send("chat", 42)
ipc.send("chat", {"x": 1.5, "ok": True})
