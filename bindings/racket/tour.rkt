#lang racket/base
;; Every pattern once, in one program; each part could be in a program of its own.

(require (prefix-in ipc: "simpleipc.rkt"))

;; A queue: each message goes to one receiver.
(ipc:send "tour.queue" "hello")
(ipc:with-handles ([receiver (ipc:open-receiver "tour.queue")])
  (printf "queue: ~a\n" (ipc:receive receiver ipc:message-value #:timeout 20))
  (with-handlers ([ipc:exn:fail:sipc:timeout? (lambda (_) (displayln "queue: nothing more"))])
    (ipc:receive receiver #:timeout 0)))

;; A topic: every subscriber gets every message. The frame is filled where it is read.
(ipc:with-handles ([subscriber (ipc:open-subscriber "tour.topic" #:timeout 20)]
                   [publisher (ipc:open-publisher "tour.topic")])
  (ipc:publish publisher 42)
  (printf "topic: ~a\n" (ipc:receive subscriber ipc:message-value))
  (ipc:lend publisher 'u8 '(4 6 3) #:format "rgb8" #:capture-time-ns (ipc:now-ns)
            (lambda (frame) (ipc:loan-write frame (make-bytes (ipc:loan-size frame) 7))))
  (ipc:receive subscriber
               (lambda (message)
                 (define frame (ipc:message-value message))
                 (printf "topic: ~a ~a ~a\n" (ipc:tensor-shape frame) (ipc:tensor-format frame)
                         (ipc:tensor-ref frame 0 0 0)))))

;; A state: the latest value, for whoever comes whenever.
(ipc:with-handles ([setter (ipc:open-setter "tour.state")]
                   [watcher (ipc:open-watcher "tour.state" #:timeout 20)])
  (ipc:set setter 30)
  (define speed (ipc:get watcher))
  (printf "state: ~a\n" (ipc:message-value speed))
  ;; #f if somebody else has set it since.
  (define set? (ipc:set-if setter 31 (ipc:message-sequence speed)))
  (printf "state: ~a ~a\n" (ipc:receive watcher ipc:message-value) set?))

;; A signal: something has happened.
(ipc:with-handles ([waiter (ipc:open-waiter "tour.signal")])
  (ipc:notify "tour.signal")
  (printf "signal: ~a\n" (ipc:wait waiter #:timeout 20)))

;; A lock: one owner at a time, and free when it dies.
(ipc:with-handles ([lock (ipc:open-lock "tour.lock")])
  (ipc:call-with-lock lock #:timeout 20
                      (lambda (abandoned) (printf "lock: died with it: ~a\n" abandoned))))

;; A service; `(ipc:on server "add" +)` and `(ipc:serve server)` are the usual way to answer.
(ipc:with-handles ([server (ipc:open-server "tour.service")]
                   [client (ipc:open-client "tour.service")])
  (define call (ipc:start-call client "add" 1 2))
  (ipc:receive server #:timeout 20
               (lambda (request)
                 (define args (ipc:request-args request))
                 (printf "service: ~a ~a\n" (ipc:request-method request) args)
                 (ipc:reply request (apply + args))))
  (printf "service: ~a\n" (ipc:call-result call #:timeout 20)))
