#lang racket/base

;; The Racket side of testing/interop: a command a line on the input, an answer a line on the
;; output.

(require ffi/unsafe
         racket/dict
         racket/string
         "loops.rkt"
         "misuse.rkt"
         "notation.rkt"
         (prefix-in ipc: "simpleipc.rkt"))

(define room-seconds 10)

(define openers
  (hash "publish" ipc:open-publisher "subscribe" ipc:open-subscriber
        "send" ipc:open-sender "receive" ipc:open-receiver
        "set" ipc:open-setter "watch" ipc:open-watcher
        "notify" ipc:open-notifier "wait" ipc:open-waiter
        "lock" ipc:open-lock "call" ipc:open-client "serve" ipc:open-server
        "host" ipc:open-host "peers" ipc:open-peer-watcher))

(define options
  (hash "lossless" '#:lossless? "latest" '#:latest? "history" '#:history "depth" '#:depth
        "permits" '#:permits))

(define handles (make-hash))
(define started (make-hash))
(define held #f)
(define request #f)

(define (handle id) (hash-ref handles id))
(define (seconds milliseconds) (/ (string->number milliseconds) 1000))
(define (bit truth) (if truth 1 0))

(define (open id role name . given)
  (define keyed
    (for/list ([option (in-list given)])
      (define parts (string-split option "="))
      (cons (hash-ref options (car parts))
            (if (pair? (cdr parts)) (string->number (cadr parts)) #t))))
  (define sorted (sort keyed keyword<? #:key car))
  (hash-set! handles id
             (keyword-apply (hash-ref openers role) (map car sorted) (map cdr sorted)
                            (list name))))

(define (put id word [capture "capture=0"])
  (define one (handle id))
  (define verb (cond [(ipc:sender? one) ipc:send] [(ipc:setter? one) ipc:set] [else ipc:publish]))
  (verb one (parse word)
        #:capture-time-ns (string->number (string-replace capture "capture=" ""))
        #:timeout room-seconds))

(define (loan id word)
  (define value (parse word))
  (if (bytes? value)
      (ipc:lend (handle id) 'bytes (bytes-length value) #:timeout room-seconds
                (lambda (lent) (ipc:loan-write lent value)))
      (ipc:lend (handle id) (ipc:tensor-dtype value) (ipc:tensor-shape value)
                #:format (ipc:tensor-format value) #:timeout room-seconds
                (lambda (lent) (ipc:loan-write lent (ipc:tensor-bytes value))))))

(define (once verb name [word #f])
  (case verb
    [("send") (ipc:send name (parse word))]
    [("publish") (ipc:publish name (parse word))]
    [("set") (ipc:set name (parse word))]
    [("notify") (ipc:notify name)]
    [("get") (ipc:get name describe #:timeout (seconds word))]
    [("wait") (format "count ~a" (ipc:wait name #:timeout (seconds word)))]))

(define (describe message)
  (define put (ipc:message-publish-time-ns message))
  (format "value ~a seq=~a missed=~a redelivered=~a capture=~a aged=~a"
          (print-value (ipc:message-value message))
          (ipc:message-sequence message)
          (ipc:message-missed message)
          (bit (ipc:message-redelivered? message))
          (ipc:message-capture-time-ns message)
          (bit (and (> put 0) (>= (ipc:message-receive-time-ns message) put)))))

(define (let-go)
  (when held
    (ipc:release held))
  (set! held #f))

(define (take id milliseconds)
  (let-go)
  (ipc:receive (handle id) describe #:timeout (seconds milliseconds)))

(define (hold id milliseconds)
  (let-go)
  (set! held (ipc:receive (handle id) #:timeout (seconds milliseconds)))
  (describe held))

(define (put-if id word sequence)
  (define expected (and (not (equal? sequence "new")) (string->number sequence)))
  (unless (ipc:set-if (handle id) (parse word) expected #:timeout room-seconds)
    (format "error ~a the value is another one" ipc:status:conflict)))

(define (lock id milliseconds)
  (format "ok abandoned=~a" (bit (ipc:lock (handle id) #:timeout (seconds milliseconds)))))

(define (start-call id method word [manner #f])
  (define args (parse word))
  (define named (and (ipc:ordered-dict? args) args))
  (define places (if (list? args) args '()))
  (cond
    [(equal? manner "oneway")
     (apply ipc:call-one-way (handle id) method places #:named named)
     "call 0"]
    [else
     (define number (number->string (add1 (hash-count started))))
     (hash-set! started number
                (apply ipc:start-call (handle id) method places
                       #:named named #:idempotent? (and manner #t)))
     (format "call ~a" number)]))

(define (result id number milliseconds)
  (define (say-failed raised)
    (format "failed ~a ~a ~a"
            (ipc:exn:fail:sipc:failed-code raised)
            (print-value (exn-message raised))
            (print-value (ipc:exn:fail:sipc:failed-data raised))))
  (with-handlers ([ipc:exn:fail:sipc:failed? say-failed])
    (define reply (ipc:call-reply (hash-ref started number) #:timeout (seconds milliseconds)))
    (begin0 (format "reply ~a more=~a"
                    (print-value (ipc:message-value reply))
                    (bit (ipc:message-more? reply)))
            (ipc:release reply))))

(define (serve id milliseconds)
  (when request
    (ipc:release request))
  (set! request (ipc:receive (handle id) #:timeout (seconds milliseconds)))
  (format "request ~a ~a oneway=~a"
          (ipc:request-method request)
          (print-value (ipc:request-args request))
          (bit (ipc:request-one-way? request))))

(define (reply word [more #f])
  (cond
    [more (ipc:push request (parse word))]
    [else
     (ipc:reply request (parse word))
     (ipc:release request)]))

(define (fail code text data)
  (ipc:fail request (string->number code) (parse text) (parse data))
  (ipc:release request))

(define (start id plugin program args restarts)
  (apply ipc:start-plugin (handle id) plugin (parse program) (parse args)
         #:restarts (string->number restarts)))

(define facts
  (hash "failed" '("text") "ready" '("methods") "output" '("stream" "text") "ended" '("code")
        "killed" '("signal") "restarting" '("after_ms")))

(define (event id milliseconds)
  (define told
    (ipc:receive (handle id) ipc:message-value #:timeout (seconds milliseconds)))
  (define name (dict-ref told "event"))
  (define found
    (for/list ([key (in-list (hash-ref facts name '()))])
      (dict-ref told key 'null)))
  (format "event ~a ~a ~a" name (dict-ref told "plugin")
          (print-value
           (cond [(null? found) 'null] [(null? (cdr found)) (car found)] [else found]))))

(define (peer id milliseconds)
  (define told
    (ipc:receive (handle id) ipc:message-value #:timeout (seconds milliseconds)))
  (format "peer ~a ~a ~a ~a" (dict-ref told "event") (dict-ref told "role")
          (dict-ref told "language") (dict-ref told "pid")))

(define (close id)
  (ipc:close (handle id))
  (hash-remove! handles id))

(define commands
  (hash "hello" (lambda () (format "ok racket ~a" (ipc:version)))
        "open" open "put" put "loan" loan "once" once "take" take "hold" hold
        "get" (lambda (id ms) (ipc:get (handle id) describe #:timeout (seconds ms)))
        "put_if" put-if
        "notify" (lambda (id) (ipc:notify (handle id)))
        "wait" (lambda (id ms) (format "count ~a" (ipc:wait (handle id) #:timeout (seconds ms))))
        "lock" lock
        "unlock" (lambda (id) (ipc:unlock (handle id)))
        "call" start-call "result" result
        "cancel" (lambda (id number) (ipc:call-cancel (hash-ref started number)))
        "serve" serve "reply" reply "fail" fail
        "cancelled" (lambda () (format "cancelled ~a" (bit (ipc:cancelled? request))))
        "start" start
        "stop" (lambda (id plugin) (ipc:stop-plugin (handle id) plugin))
        "event" event "peer" peer
        "puts" (lambda (id word count) (puts (handle id) (parse word) (string->number count)))
        "loans" (lambda (id . numbers) (apply loans (handle id) (map string->number numbers)))
        "takes" (lambda (id count) (format "sum ~a" (takes (handle id) (string->number count))))
        "calls" (lambda (id count) (format "sum ~a" (calls (handle id) (string->number count))))
        "serves" (lambda (id count) (serves (handle id) (string->number count)))
        "misuse" (lambda (kind id) (misuse kind id (hash-ref handles id #f)))
        "close" close
        "quit" (lambda () (for-each ipc:close (hash-values handles)))))

(define (answer line)
  (define words (string-split line " "))
  (with-handlers ([ipc:exn:fail:sipc?
                   (lambda (raised)
                     (format "error ~a ~a" (ipc:exn:fail:sipc-status raised) (exn-message raised)))]
                  [exn:fail?
                   (lambda (raised)
                     (format "error ~a ~a" ipc:status:bad-argument
                             (string-replace (exn-message raised) "\n" " ")))])
    (define said (apply (hash-ref commands (car words)) (cdr words)))
    (if (string? said) said "ok")))

(define (say line)
  (write-string line)
  (newline)
  (flush-output))

;; Serves `add` and `crash`, until its host ends it.
(define (be-a-plugin)
  (say "hello from racket")
  (define abort (get-ffi-obj "abort" #f (_fun -> _void)))
  (ipc:with-handles ([server (ipc:open-server)])
    (ipc:on server "add" + #:args '("a" "b"))
    (ipc:on server "crash" abort)
    (ipc:serve server)))

(define (answer-all)
  (define line (read-line))
  (unless (eof-object? line)
    (say (answer line))
    (unless (equal? line "quit")
      (answer-all))))

(module+ main
  (if (equal? (vector->list (current-command-line-arguments)) '("plugin"))
      (be-a-plugin)
      (answer-all)))
