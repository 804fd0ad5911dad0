;;;; Sends a few values; start it before or after quickstart_receive.lisp.

(load (merge-pathnames "load.lisp" *load-truename*))

(ipc:send "chat" "hello")
(ipc:send "chat" 42)
(ipc:send "chat" (ipc:map-of "x" 1.5d0 "ok" t "tags" (vector "a" :null)))
