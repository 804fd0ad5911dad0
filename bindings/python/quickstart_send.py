"""Sends a few values; start it before or after quickstart_receive.py."""

import simpleipc as ipc

ipc.send("chat", "hello")
ipc.send("chat", 42)
ipc.send("chat", {"x": 1.5, "ok": True, "tags": ["a", None]})
