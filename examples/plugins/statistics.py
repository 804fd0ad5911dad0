"""A plugin of the editor, in Python: it counts words, and the edits that are published."""

import simpleipc as ipc

edits = ipc.Subscriber("editor.edits", timeout=0)
server = ipc.Server()  # without a name: the service that the editor has started it for
counted = 0


@server.method
def count(text):
    """How much there is of it."""
    return {"words": len(text.split()), "lines": len(text.splitlines()), "edits": counted}


while True:
    ipc.wait([edits, server])
    for edit in edits:
        counted += 1
        print(f"edit {counted} has {len(edit.value)} letters", flush=True)
    server.serve(timeout=0)
