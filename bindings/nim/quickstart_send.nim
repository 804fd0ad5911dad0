## Sends a few values; start it before or after quickstart_receive.
import simpleipc

send("chat", "hello")
send("chat", 42)
send("chat", %*{"x": 1.5, "ok": true, "tags": ["a", nil]})
