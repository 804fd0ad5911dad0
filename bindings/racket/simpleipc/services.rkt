#lang racket/base

;; Services: methods of one program that others call; and plugins, programs that a host starts.

(require ffi/unsafe
         racket/dict
         "calls.rkt"
         "channels.rkt"
         "generated.rkt"
         "messages.rkt"
         "values.rkt")

(provide open-client client?
         call
         start-call
         call-one-way
         offers
         pending-call?
         call-result
         call-reply
         call-for-each
         call-cancel
         (struct-out request)
         request-one-way?
         reply
         push
         fail
         cancelled?
         open-server server?
         on
         (struct-out replies)
         serve
         open-host host?
         start-plugin
         stop-plugin
         plugin-client)

;; Calls the methods of a service.
(struct client handle ())

(define (open-client name #:directory [directory #f])
  (open 'open-client client role:call name (make-options 'open-client directory)))

;; A call in flight. A reply that a break came before waits in `untaken`. One that is over is not
;; cancelled by the collector.
(struct pending-call (client number [untaken #:mutable] [over? #:mutable]))

;; Seconds that a call waits for room.
(define room-seconds 5)

;; The result of a method. Arguments are a list, or a dictionary of those that have a name. What the
;; server raises is an exn:fail:sipc:failed here; without a result in time the call is cancelled.
(define (call client method
              #:named [named #f]
              #:idempotent? [idempotent? #f]
              #:timeout [seconds #f]
              . arguments)
  (check-timeout 'call seconds)
  (define one
    (begin-call 'call client method arguments named (if idempotent? call:idempotent 0)))
  (call-result one #:timeout seconds))

;; Starts a call; 64 can be in flight. If it is idempotent, it goes to another server when the one
;; that has it dies.
(define (start-call client method #:named [named #f] #:idempotent? [idempotent? #f] . arguments)
  (begin-call 'start-call client method arguments named (if idempotent? call:idempotent 0)))

;; Calls a method, and does not ask what becomes of it.
(define (call-one-way client method #:named [named #f] . arguments)
  (begin-call 'call-one-way client method arguments named call:one-way)
  (void))

;; What the service offers, as a list of dictionaries.
(define (offers client #:timeout [seconds #f])
  (call client ".methods" #:timeout seconds))

(define (begin-call who client method arguments named flags)
  (when (and named (pair? arguments))
    (raise-arguments-error who "the arguments have all a name, or none" "method" method))
  (define-values (memory kept)
    (encode who (or named (if (pair? arguments) arguments 'null))))
  (define text (text-memory who method))
  (define raw (handle-raw client))
  (define room (allocate 8))
  (define (number) (ptr-ref room _uint64))
  (define one
    (wait-for client room-seconds
              (lambda (ns error)
                (begin0 (sipc-call raw text memory flags ns room error)
                        (void/reference-sink kept)))
              #:undo (lambda () (sipc-cancel raw (number)))))
  (when one
    (raise-problem one))
  (define started (pending-call client (number) #f #f))
  (register-finalizer started
                      (lambda (lost)
                        (unless (pending-call-over? lost)
                          (when-idle client (lambda () (call-drop lost))))))
  started)

;; The result, after all replies of a stream, which are thrown away.
(define (call-result self #:timeout [seconds #f])
  (check-timeout 'call-result seconds)
  (define end (and seconds (+ (current-inexact-monotonic-milliseconds) (* 1000 seconds))))
  (define (left)
    (and end (max 0 (/ (- end (current-inexact-monotonic-milliseconds)) 1000))))
  (with-handlers ([(lambda (raised) (or (exn:fail:sipc:timeout? raised) (exn:break? raised)))
                   (lambda (raised)
                     (call-drop self)
                     (raise raised))])
    (let loop ()
      (define message (call-reply self #:timeout (left)))
      (define more? (message-more? message))
      (define value (and (not more?) (message-value message)))
      (cond
        [more? (release-message message) (loop)]
        [else value]))))

;; The next reply, a message; if it has message-more? it is one of a stream, else the result. After
;; a timeout one may ask again.
(define (call-reply self #:timeout [seconds #f])
  (check-timeout 'call-reply seconds)
  (define found (make-message))
  (define memory (message-memory found))
  (define number (pending-call-number self))
  (define raw (handle-raw (pending-call-client self)))
  (define (try ns error) (sipc-result raw number ns memory error))
  (define one
    (and (not (pending-call-untaken self))
         (wait-for (pending-call-client self) seconds try
                   #:undo (lambda () (set-pending-call-untaken! self found)))))
  (define taken (or (pending-call-untaken self) found))
  (set-pending-call-untaken! self #f)
  (cond
    [(not one)
     (keep-message taken)
     (set-pending-call-over?! self (not (message-more? taken)))
     taken]
    [(eqv? (problem-status one) status:failed)
     (set-pending-call-over?! self #t)
     (keep-message found)
     (define facts (message-value found))
     (release-message found)
     (raise (exn:fail:sipc:failed (dict-ref facts "message") (current-continuation-marks)
                                  status:failed 0
                                  (dict-ref facts "code") (dict-ref facts "data" 'null)))]
    [else (raise-problem one)]))

;; Calls a procedure with the values of a stream, one by one; answers the result.
(define (call-for-each receive self #:timeout [seconds #f])
  (define message (call-reply self #:timeout seconds))
  (define value (message-value message))
  (cond
    [(message-more? message)
     (receive value)
     (call-for-each receive self #:timeout seconds)]
    [else value]))

;; A server that works on it sees that nobody waits.
(define (call-cancel self)
  (check-status (call-drop self)))

(define (call-drop self)
  (sipc-cancel (handle-raw (pending-call-client self)) (pending-call-number self)))

;; A call that was taken and is to be answered; one that is released unanswered is an error for its
;; client.
(struct request (message method args))

(define (message->request message)
  (define call (message-value message))
  (request message (car call) (cadr call)))

;; Nobody waits for a reply.
(define (request-one-way? self)
  (message-one-way? (request-message self)))

;; The result.
(define (reply self [value 'null])
  (answer 'reply self value 0))

;; One reply of a stream, before the result; a retry whose status is status:cancelled if nobody
;; waits.
(define (push self value)
  (answer 'push self value reply:more))

;; An error of this program.
(define (fail self code text [data 'null])
  (answer 'fail self
          (ordered-dict (list (cons "code" code) (cons "message" text) (cons "data" data)))
          reply:error))

;; Nobody waits for the answer any more; to be asked in long work.
(define (cancelled? self)
  (define message (request-message self))
  (check-held message)
  (eqv? (sipc-cancelled (message-memory message)) status:cancelled))

(define (answer who self value flags)
  (define message (request-message self))
  (check-held message)
  (define-values (memory kept) (encode who value))
  (define request-memory (message-memory message))
  (quick sipc-reply request-memory memory flags)
  (void/reference-sink kept))

;; Answers the calls of a service; each goes to one of its servers. Give it methods and `serve`, or
;; receive requests and answer them.
(struct server source ([methods #:mutable] [offers #:mutable]))

(define no-such-method -32601)
(define bad-arguments -32602)
(define broken -32603)

;; The name #f is that of the plugin which this program is.
(define (open-server [name #f] #:timeout [timeout #f] #:directory [directory #f])
  (open-source 'open-server server role:serve name timeout #:present message->request
               (make-options 'open-server directory)
               (hash) '()))

(struct method (receive names))

;; Makes a procedure a method of the service. `args` names its places: a call whose arguments have
;; names fills these, and gives it the others as keywords. An idempotent call is done again by
;; another server when this one dies.
(define (on self name receive
            #:args [names '()]
            #:idempotent? [idempotent? #f]
            #:about [about ""])
  (unless (procedure? receive)
    (raise-argument-error 'on "procedure?" receive))
  (define-values (_ keywords) (procedure-keywords receive))
  (define all (append names (map keyword->string (or keywords '()))))
  (define offer
    (ordered-dict (list (cons "name" name)
                        (cons "args" (for/list ([one (in-list all)]) (list one "any")))
                        (cons "idempotent" idempotent?)
                        (cons "about" about))))
  (define all-offers (append (server-offers self) (list offer)))
  (define-values (memory kept) (encode 'on all-offers))
  (define raw (handle-raw self))
  (quick sipc-describe raw memory)
  (void/reference-sink kept)
  (set-server-offers! self all-offers)
  (set-server-methods! self (hash-set (server-methods self) name (method receive names))))

;; What a method answers that has more than one reply: `produce` is called with a procedure that
;; sends one, and answers the result.
(struct replies (produce))

;; Answers calls until the handle is closed or interrupted, or none comes within the timeout.
(define (serve self #:timeout [seconds (source-timeout self)])
  (check-timeout 'serve seconds)
  (define (over? raised)
    (and (exn:fail:sipc? raised)
         (memv (exn:fail:sipc-status raised)
               (list status:timeout status:closed status:interrupted))))
  (let loop ()
    (define message (with-handlers ([over? (lambda (_) #f)]) (take self #:timeout seconds)))
    (when message
      (hand-over message (message->request message)
                 (lambda (request) (answer-call self request)))
      (loop))))

(define (answer-call self request)
  (define found (hash-ref (server-methods self) (request-method request) #f))
  (with-handlers ([exn:fail:sipc:failed?
                   (lambda (raised)
                     (fail request (exn:fail:sipc:failed-code raised) (exn-message raised)
                           (exn:fail:sipc:failed-data raised)))]
                  [(lambda (raised) (not (exn:break? raised)))
                   (lambda (raised) (say-broken request raised))])
    (unless found
      (raise-refusal no-such-method (format "there is no method ~a" (request-method request))))
    (define result (call-method found (request-args request)))
    (reply request
           (if (replies? result)
               ((replies-produce result) (lambda (value) (push request value)))
               result))))

;; Nobody waits, or an error of the server's program.
(define (say-broken request raised)
  (unless (and (exn:fail:sipc? raised) (eqv? (exn:fail:sipc-status raised) status:cancelled))
    ;; A misuse: it has been answered, the client was told that the result is too large.
    (with-handlers ([exn:fail:sipc:misuse? void])
      (fail request broken (if (exn? raised) (exn-message raised) (format "~s" raised))))))

(define (raise-refusal code text)
  (raise (exn:fail:sipc:failed text (current-continuation-marks) status:failed 0 code 'null)))

(define (call-method self args)
  (define receive (method-receive self))
  (define named (if (ordered-dict? args) (ordered-dict-pairs args) '()))
  (define-values (places keywords)
    (cond
      [(ordered-dict? args)
       (define placed
         (for/list ([name (in-list (method-names self))] #:break (not (assoc name named)))
           name))
       (values (for/list ([name (in-list placed)]) (cdr (assoc name named)))
               (for/list ([pair (in-list named)] #:unless (member (car pair) placed))
                 (cons (string->keyword (car pair)) (cdr pair))))]
      [(list? args) (values args '())]
      [(eq? args 'null) (values '() '())]
      [else (values (list args) '())]))
  (define sorted (sort keywords keyword<? #:key car))
  (define-values (required allowed) (procedure-keywords receive))
  (define given (map car sorted))
  (unless (and (procedure-arity-includes? receive (length places) #t)
               (for/and ([one (in-list required)]) (memq one given))
               (or (not allowed) (for/and ([one (in-list given)]) (memq one allowed))))
    (raise-refusal bad-arguments (format "these are no arguments of the method: ~s" args)))
  (keyword-apply receive given (map cdr sorted) places))

;; Starts programs as plugins; plugin `p` of the host `h` serves `h.p`. What is received are events:
;; dictionaries with event, plugin, pid and more.
(struct host source ())

(define (open-host name #:timeout [timeout #f] #:directory [directory #f])
  (open-source 'open-host host role:host name timeout (make-options 'open-host directory)))

;; It is started again up to `restarts` times within so many seconds, and killed when it takes no
;; call for `hang-after` seconds.
(define (start-plugin self name program
                      #:restarts [restarts #f]
                      #:within [within #f]
                      #:hang-after [hang-after #f]
                      . args)
  (define (limit key value)
    (if value (list (cons key value)) '()))
  (order 'start-plugin self
         (append (list (cons "name" name)
                       (cons "program" (if (path? program) (path->string program) program))
                       (cons "args" args))
                 (limit "restarts" restarts)
                 (limit "seconds" (and within (real->double-flonum within)))
                 (limit "hang_after" (and hang-after (real->double-flonum hang-after))))))

(define (stop-plugin self name)
  (order 'stop-plugin self (list (cons "name" name) (cons "stop" #t))))

;; A client of a plugin.
(define (plugin-client self name #:directory [directory #f])
  (open-client (string-append (handle-name self) "." name) #:directory directory))

(define (order who self pairs)
  (define-values (memory kept) (encode who (ordered-dict pairs)))
  (define raw (handle-raw self))
  (quick sipc-plugin raw memory)
  (void/reference-sink kept))
