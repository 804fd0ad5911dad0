"""A service with three methods."""

import time

import simpleipc as ipc

server = ipc.Server("calc")


@server.method
def add(a, b):
    return a + b


@server.method
def divide(a, b):
    if b == 0:
        raise ipc.ServiceError(1, "nothing can be divided by zero")
    return a / b


@server.method
def ponder():
    ipc.set("pondering", True)
    time.sleep(3600)


server.serve()
