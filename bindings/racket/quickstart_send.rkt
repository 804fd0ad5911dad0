#lang racket/base
;; Sends a few values; start it before or after quickstart_receive.rkt.

(require (prefix-in ipc: "simpleipc.rkt"))

(ipc:send "chat" "hello")
(ipc:send "chat" 42)
(ipc:send "chat" (ipc:ordered-dict '(("x" . 1.5) ("ok" . #t) ("tags" . ("a" null)))))
