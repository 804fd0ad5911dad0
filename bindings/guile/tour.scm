;;; Every pattern once, in one program; each part could be in a program of its own.

(use-modules ((simpleipc) #:prefix ipc:)
             (ice-9 exceptions)
             (ice-9 format))

;; A queue: each message goes to one receiver.
(ipc:send "tour.queue" "hello")
(ipc:with-open ((receiver (ipc:open-receiver "tour.queue")))
  (ipc:with-message (message (ipc:receive receiver #:timeout 20))
    (format #t "queue: ~a\n" (ipc:value message)))
  (guard (error ((ipc:timeout-error? error) (format #t "queue: nothing more\n")))
    (ipc:receive receiver #:timeout 0)))

;; A topic: every subscriber gets every message. The frame is filled where it is read.
(ipc:with-open ((subscriber (ipc:open-subscriber "tour.topic" #:timeout 20))
                (publisher (ipc:open-publisher "tour.topic")))
  (ipc:publish publisher 42)
  (ipc:with-message (message (ipc:receive subscriber))
    (format #t "topic: ~a\n" (ipc:value message)))
  (ipc:with-loan (frame (ipc:loan publisher 'u8 '(4 6 3) #:format "rgb8"))
    (array-fill! (ipc:tensor-array (ipc:loan-tensor frame)) 7)
    (ipc:put-loan frame #:capture-time (ipc:now)))
  (ipc:with-message (message (ipc:receive subscriber))
    (let ((tensor (ipc:value message)))
      (format #t "topic: ~a ~a ~a\n" (ipc:tensor-shape tensor) (ipc:tensor-format tensor)
              (array-ref (ipc:tensor-array tensor) 3 5 2)))))

;; A state: the latest value, for whoever comes whenever.
(ipc:with-open ((setter (ipc:open-setter "tour.state"))
                (watcher (ipc:open-watcher "tour.state" #:timeout 20)))
  (ipc:set setter 30)
  (let ((speed (ipc:get watcher)))
    (format #t "state: ~a\n" (ipc:value speed))
    ;; #f if somebody else has set it since.
    (let ((is-set (ipc:set-if setter 31 (ipc:message-sequence speed))))
      (ipc:with-message (message (ipc:receive watcher))
        (format #t "state: ~a ~a\n" (ipc:value message) is-set)))))

;; A signal: something has happened.
(ipc:with-open ((waiter (ipc:open-waiter "tour.signal")))
  (ipc:notify "tour.signal")
  (format #t "signal: ~a\n" (ipc:wait waiter #:timeout 20)))

;; A lock: one owner at a time, and free when it dies.
(ipc:with-open ((lock (ipc:open-lock "tour.lock")))
  (ipc:with-lock (lock #:timeout 20)
    (format #t "lock: died with it: ~a\n" (ipc:abandoned-pid lock))))

;; A service; (ipc:on server "add" +) and (ipc:serve server) are the usual way to answer.
(ipc:with-open ((server (ipc:open-server "tour.service"))
                (client (ipc:open-client "tour.service")))
  (let ((call (ipc:start client "add" '(1 2))))
    (ipc:with-message (request (ipc:receive server #:timeout 20))
      (format #t "service: ~a ~a\n" (ipc:request-method request) (ipc:request-arguments request))
      (ipc:reply request (apply + (vector->list (ipc:request-arguments request)))))
    (format #t "service: ~a\n" (ipc:result call #:timeout 20))))
