"""A service with one method; start it before or after quickstart_call.py."""

import simpleipc as ipc

server = ipc.Server("calc")


@server.method
def add(a, b):
    return a + b


server.serve(timeout=5)
