;;; The Guile side of testing/interop: a command a line on the input, an answer a line on the
;;; output.

(define-module (driver driver)
  #:use-module (ice-9 exceptions)
  #:use-module (ice-9 format)
  #:use-module (ice-9 match)
  #:use-module (ice-9 rdelim)
  #:use-module (ice-9 threads)
  #:use-module (rnrs bytevectors)
  #:use-module ((srfi srfi-1) #:select (append-map))
  #:use-module (driver notation)
  #:use-module ((simpleipc) #:prefix ipc:)
  #:export (main be-a-plugin))

(define room 10) ; seconds

;; Handles by their id, and calls by their number.
(define handles (make-hash-table))
(define calls (make-hash-table))
(define held #f)
(define request #f)

;; What comes with an event.
(define facts
  '(("failed" "text") ("ready" "methods") ("output" "stream" "text") ("ended" "code")
    ("killed" "signal") ("restarting" "after_ms")))

(define (handle id) (hash-ref handles id))

(define (seconds milliseconds) (/ (string->number milliseconds) 1000))

(define (bit truth) (if truth 1 0))

(define (after-equals word) (string->number (substring word (1+ (string-index word #\=)))))

(define (describe message)
  (let ((published (ipc:publish-time message)))
    (format #f "value ~a seq=~d missed=~d redelivered=~d capture=~d aged=~d"
            (printed (ipc:value message)) (ipc:message-sequence message) (ipc:missed message)
            (bit (ipc:redelivered? message)) (ipc:capture-time message)
            (bit (and (positive? published) (>= (ipc:receive-time message) published))))))

(define (let-go)
  (when held (ipc:release held))
  (set! held #f))

(define (open-as role)
  (match role
    ("publish" ipc:open-publisher) ("subscribe" ipc:open-subscriber) ("send" ipc:open-sender)
    ("receive" ipc:open-receiver) ("set" ipc:open-setter) ("watch" ipc:open-watcher)
    ("notify" ipc:open-notifier) ("wait" ipc:open-waiter) ("lock" ipc:open-lock)
    ("call" ipc:open-client) ("serve" ipc:open-server) ("host" ipc:open-host)
    ("peers" ipc:open-peer-watcher)))

(define (options words)
  (append-map (lambda (word)
                (let* ((place (string-index word #\=))
                       (key (substring word 0 (or place (string-length word)))))
                  (list (symbol->keyword (string->symbol key))
                        (if place (after-equals word) #t))))
              words))

(define (lend handle value)
  (define-values (dtype shape format bytes)
    (if (bytevector? value)
        (values 'bytes (bytevector-length value) "" value)
        (values (ipc:tensor-dtype value) (ipc:tensor-shape value) (ipc:tensor-format value)
                (ipc:tensor-bytes value))))
  (ipc:with-loan (lent (ipc:loan handle dtype shape #:format format #:timeout room))
    (ipc:write-bytes lent bytes)
    (ipc:put-loan lent)))

(define (once verb name word)
  (match verb
    ("send" (ipc:send name (parse word)))
    ("publish" (ipc:publish name (parse word)))
    ("set" (ipc:set name (parse word)))
    ("notify" (ipc:notify name))
    ("wait" (format #f "count ~d" (ipc:wait name #:timeout (seconds word))))
    ("get" (ipc:with-message (message (ipc:get name #:timeout (seconds word)))
             (describe message)))))

(define (begin-call client method word manner)
  (let* ((value (parse word)) (arguments (if (eq? value 'null) '() value)))
    (cond ((equal? manner '("oneway"))
           (ipc:call-one-way client method arguments)
           "call 0")
          (else
           (let ((number (number->string (1+ (hash-count (const #t) calls)))))
             (hash-set! calls number
                        (ipc:start client method arguments #:idempotent (pair? manner)))
             (string-append "call " number))))))

(define (result number timeout)
  (with-exception-handler
      (lambda (error)
        (if (ipc:service-error? error)
            (format #f "failed ~d ~a ~a" (ipc:service-error-code error)
                    (printed (exception-message error)) (printed (ipc:service-error-data error)))
            (raise-exception error)))
    (lambda ()
      (let ((reply (ipc:next-reply (hash-ref calls number) #:timeout (seconds timeout))))
        (format #f "reply ~a more=~d" (printed (ipc:value reply)) (bit (ipc:more? reply)))))
    #:unwind? #t))

(define (take-event host timeout)
  (ipc:with-message (message (ipc:receive host #:timeout (seconds timeout)))
    (let* ((event (ipc:value message))
           (name (assoc-ref event "event"))
           (known (map (lambda (key) (assoc-ref event key)) (or (assoc-ref facts name) '()))))
      (format #f "event ~a ~a ~a" name (assoc-ref event "plugin")
              (printed (match known
                         (() 'null)
                         ((fact) fact)
                         (many (list->vector many))))))))

;;; Verbs many times, in loops to be measured from outside

(define-syntax-rule (times count body ...)
  (do ((left (string->number count) (1- left))) ((zero? left)) body ...))

(define (lend-many handle height width count)
  (let ((shape (list (string->number height) (string->number width) 3)))
    (times count
      (ipc:with-loan (lent (ipc:loan handle 'u8 shape #:timeout room))
        ;; Only the ends are written: what it costs to fill is not the library's.
        (let ((bytes (ipc:loan-bytes lent)))
          (bytevector-u8-set! bytes 0 1)
          (bytevector-u8-set! bytes (1- (bytevector-length bytes)) 2))
        (ipc:put-loan lent)))))

(define (take-many handle count)
  (define sum 0)
  (times count
    (ipc:with-message (message (ipc:receive handle #:timeout room))
      ;; Both ends of bytes, or of a tensor where it is.
      (let* ((value (ipc:value message))
             (bytes (if (ipc:tensor? value) (ipc:tensor-data value) value)))
        (set! sum (+ sum (ipc:message-sequence message) (bytevector-u8-ref bytes 0)
                     (bytevector-u8-ref bytes (1- (bytevector-length bytes))))))))
  (format #f "sum ~d" sum))

(define (call-many handle count)
  (define sum 0)
  (times count (set! sum (+ sum (ipc:call handle "add" '(2 3) #:timeout room))))
  (format #f "sum ~d" sum))

(define (serve-many handle count)
  (times count
    (ipc:with-message (request (ipc:receive handle #:timeout room))
      (ipc:reply request (apply + (vector->list (ipc:request-arguments request)))))))

;;; What a program does wrong

(define-syntax-rule (refused body ...)
  "The answer to what has to raise an error."
  (with-exception-handler
      (lambda (error) (string-append "refused " (sentence error)))
    (lambda () body ... "ok")
    #:unwind? #t))

(define (sentence error)
  "What an error says, in one line."
  (if (ipc:sipc-error? error)
      (exception-message error)
      (string-map (lambda (char) (if (char=? char #\newline) #\space char))
                  (call-with-output-string
                    (lambda (port)
                      (print-exception port #f (exception-kind error) (exception-args error)))))))

(define (use-from-two-threads receiver)
  (define (status-of thunk)
    (with-exception-handler
        (lambda (error) (if (ipc:sipc-error? error) (ipc:status error) (raise-exception error)))
      thunk
      #:unwind? #t))
  (let* ((waiting (call-with-new-thread
                   (lambda ()
                     ;; It is busy while the other one looks.
                     (let loop ()
                       (unless (eq? 'interrupted (status-of (lambda () (ipc:receive receiver))))
                         (loop))))))
         (answer (let look ()
                   (let ((answer (refused (ipc:receive receiver #:timeout 0))))
                     (if (string-contains answer "another thread") answer (look))))))
    (ipc:interrupt receiver)
    (join-thread waiting)
    answer))

(define (forget receiver)
  ;; In a thread, whose stack is gone then: the collector looks at stacks, and takes what is left
  ;; there for something that is kept.
  (join-thread (call-with-new-thread (lambda () (ipc:receive receiver #:timeout room) #t)))
  (gc)
  (gc)
  "ok")

(define (fail-in-handler server)
  (ipc:on server "boom" (lambda (number)
                          (ipc:interrupt server)
                          (error "boom")))
  (ipc:serve server)
  "ok")

(define (misuse kind id)
  (match kind
    ("type" (refused (ipc:send (handle id) car)))
    ("range" (refused (ipc:send (handle id) (expt 2 64))))
    ("text" "impossible a character of Guile is never half of one")
    ("closed" (refused (let ((sender (ipc:open-sender id)))
                         (ipc:close sender)
                         (ipc:close sender)
                         (ipc:send sender 1))))
    ("thread" (use-from-two-threads (handle id)))
    ("forgotten" (forget (handle id)))
    ("handler" (fail-in-handler (handle id)))))

;;; Commands

(define (respond words)
  (match words
    (("hello") (string-append "ok guile " (ipc:version)))
    (("open" id role name . words)
     (hash-set! handles id (apply (open-as role) name (options words))))
    (("put" id value) (ipc:put (handle id) (parse value) #:timeout room))
    (("put" id value capture)
     (ipc:put (handle id) (parse value) #:timeout room #:capture-time (after-equals capture)))
    (("loan" id value) (lend (handle id) (parse value)))
    (("once" verb name) (once verb name #f))
    (("once" verb name word) (once verb name word))
    (("take" id timeout)
     (let-go)
     (ipc:with-message (message (ipc:receive (handle id) #:timeout (seconds timeout)))
       (describe message)))
    (("hold" id timeout)
     (let-go)
     (set! held (ipc:receive (handle id) #:timeout (seconds timeout)))
     (describe held))
    (("get" id timeout)
     (ipc:with-message (message (ipc:get (handle id) #:timeout (seconds timeout)))
       (describe message)))
    (("put_if" id value expected)
     (if (ipc:set-if (handle id) (parse value)
                     (and (not (string=? expected "new")) (string->number expected))
                     #:timeout room)
         "ok"
         "error 5 the value is another one"))
    (("notify" id) (ipc:notify (handle id)))
    (("wait" id timeout)
     (format #f "count ~d" (ipc:wait (handle id) #:timeout (seconds timeout))))
    (("lock" id timeout)
     (let ((lock (ipc:lock (handle id) #:timeout (seconds timeout))))
       (format #f "ok abandoned=~d" (bit (ipc:abandoned-pid lock)))))
    (("unlock" id) (ipc:unlock (handle id)))
    (("call" id method word . manner) (begin-call (handle id) method word manner))
    (("result" id number timeout) (result number timeout))
    (("cancel" id number) (ipc:cancel (hash-ref calls number)))
    (("serve" id timeout)
     (when request (ipc:release request))
     (set! request (ipc:receive (handle id) #:timeout (seconds timeout)))
     (format #f "request ~a ~a oneway=~d" (ipc:request-method request)
             (printed (ipc:request-arguments request)) (bit (ipc:one-way? request))))
    (("reply" value "more") (ipc:push-reply request (parse value)))
    (("reply" value)
     (ipc:reply request (parse value))
     (ipc:release request))
    (("fail" code text data)
     (ipc:fail request (string->number code) (parse text) (parse data))
     (ipc:release request))
    (("cancelled") (format #f "cancelled ~d" (bit (ipc:cancelled? request))))
    (("start" id plugin program arguments restarts)
     (ipc:start-plugin (handle id) plugin (parse program) (vector->list (parse arguments))
                       #:restarts (string->number restarts)))
    (("stop" id plugin) (ipc:stop-plugin (handle id) plugin))
    (("event" id timeout) (take-event (handle id) timeout))
    (("peer" id timeout)
     (ipc:with-message (message (ipc:receive (handle id) #:timeout (seconds timeout)))
       (format #f "peer~{ ~a~}" (map (lambda (key) (assoc-ref (ipc:value message) key))
                                     '("event" "role" "language" "pid")))))
    (("puts" id value count)
     (let ((value (parse value)))
       (times count (ipc:put (handle id) value #:timeout room))))
    (("loans" id height width count) (lend-many (handle id) height width count))
    (("takes" id count) (take-many (handle id) count))
    (("calls" id count) (call-many (handle id) count))
    (("serves" id count) (serve-many (handle id) count))
    (("misuse" kind id) (misuse kind id))
    (("close" id)
     (ipc:close (handle id))
     (hash-remove! handles id))
    (("quit") (hash-for-each (lambda (id handle) (ipc:close handle)) handles))))

(define (answer line)
  (with-exception-handler
      (lambda (error)
        (cond ((ipc:sipc-error? error)
               (format #f "error ~d ~a" (ipc:status-number error) (exception-message error)))
              (else (format #f "error 25 ~a" (sentence error)))))
    (lambda ()
      (let ((answer (respond (string-split line #\space))))
        (if (string? answer) answer "ok")))
    #:unwind? #t))

(define (main)
  (let ((line (read-line)))
    (unless (eof-object? line)
      (display (answer line))
      (newline)
      (force-output)
      (unless (string=? line "quit") (main)))))

(define (be-a-plugin)
  "Serves `add` and `crash`, until its host ends it."
  (display "hello from guile\n")
  (force-output)
  (ipc:with-open ((server (ipc:open-server)))
    (ipc:on server "add" (lambda (a b) (+ a b)))
    (ipc:on server "crash" (lambda () (kill (getpid) SIGABRT) (sleep 20)))
    (ipc:serve server)))
