"""A worker that takes a job out of a queue, says so, and never gets done."""

import time

import simpleipc as ipc

for job in ipc.receive("jobs"):
    ipc.set("doing", job.value)
    time.sleep(3600)
