"""Prints what arrives; ends when nothing came for 2 seconds."""

import simpleipc as ipc

for message in ipc.receive("chat", timeout=2):
    print(type(message.value).__name__, message.value)
