#lang racket/base
;; Prints what arrives; ends when nothing came for 2 seconds.

(require (prefix-in ipc: "simpleipc.rkt"))

(for ([message (ipc:open-receiver "chat" #:timeout 2)])
  (println (ipc:message-value message)))
