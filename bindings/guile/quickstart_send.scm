;;; Sends a few values; start it before or after quickstart_receive.scm.

(use-modules ((simpleipc) #:prefix ipc:))

(ipc:send "chat" "hello")
(ipc:send "chat" 42)
(ipc:send "chat" '(("x" . 1.5) ("ok" . #t) ("tags" . #("a" null))))
