# Sends a few values; start it before or after quickstart_receive.rb.

require_relative "simpleipc"

SimpleIPC.send("chat", "hello")
SimpleIPC.send("chat", 42)
SimpleIPC.send("chat", { x: 1.5, ok: true, tags: ["a", nil] })
