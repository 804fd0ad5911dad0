;;;; Every pattern once, in one program; each part could be in a program of its own.

(load (merge-pathnames "load.lisp" *load-truename*))

;; A queue: each message goes to one receiver.
(ipc:send "tour.queue" "hello")
(ipc:with-open ((receiver (ipc:open-receiver "tour.queue")))
  (ipc:with-message (message (ipc:receive receiver :timeout 20))
    (format t "queue: ~a~%" (ipc:value message)))
  (handler-case (ipc:receive receiver :timeout 0)
    (ipc:timeout () (format t "queue: nothing more~%"))))

;; A topic: every subscriber gets every message. The frame is filled where it is read.
(ipc:with-open ((subscriber (ipc:open-subscriber "tour.topic" :timeout 20))
                (publisher (ipc:open-publisher "tour.topic")))
  (ipc:publish publisher 42)
  (ipc:with-message (message (ipc:receive subscriber))
    (format t "topic: ~a~%" (ipc:value message)))
  (ipc:with-loan (frame (publisher :u8 '(4 6 3) :format "rgb8") :capture-time (ipc:now))
    (setf (ipc:tref frame 0 0 0) 7))
  (ipc:with-message (message (ipc:receive subscriber))
    (let ((tensor (ipc:value message)))
      (format t "topic: ~a ~a ~a~%" (ipc:shape tensor) (ipc:tensor-format tensor)
              (ipc:tref tensor 0 0 0)))))

;; A state: the latest value, for whoever comes whenever.
(ipc:with-open ((setter (ipc:open-setter "tour.state"))
                (watcher (ipc:open-watcher "tour.state" :timeout 20)))
  (ipc:set setter 30)
  (let ((speed (ipc:get watcher)))
    (format t "state: ~a~%" (ipc:value speed))
    ;; NIL if somebody else has set it since.
    (let ((is-set (ipc:set-if setter 31 (ipc:message-sequence speed))))
      (ipc:with-message (message (ipc:receive watcher))
        (format t "state: ~a ~a~%" (ipc:value message) is-set)))))

;; A signal: something has happened.
(ipc:with-open ((waiter (ipc:open-waiter "tour.signal")))
  (ipc:notify "tour.signal")
  (format t "signal: ~a~%" (ipc:wait waiter :timeout 20)))

;; A lock: one owner at a time, and free when it dies.
(ipc:with-open ((lock (ipc:open-lock "tour.lock")))
  (ipc:with-lock (lock :timeout 20)
    (format t "lock: died with it: ~a~%" (ipc:abandoned-pid lock))))

;; A service; (ipc:on server "add" #'+) and (ipc:serve server) are the usual way to answer.
(ipc:with-open ((server (ipc:open-server "tour.service"))
                (client (ipc:open-client "tour.service")))
  (let ((call (ipc:start client "add" '(1 2))))
    (ipc:with-message (request (ipc:receive server :timeout 20))
      (format t "service: ~a ~a~%" (ipc:request-method request) (ipc:request-arguments request))
      (ipc:reply request (reduce #'+ (ipc:request-arguments request))))
    (format t "service: ~a~%" (ipc:result call :timeout 20))))
