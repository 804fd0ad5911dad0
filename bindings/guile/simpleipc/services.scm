;;; Services: methods of one program that others call; and plugins, programs that a host starts.

(define-module (simpleipc services)
  #:use-module (ice-9 control)
  #:use-module (ice-9 exceptions)
  #:use-module (ice-9 match)
  #:use-module (ice-9 session)
  #:use-module (rnrs bytevectors)
  #:use-module ((srfi srfi-1) #:select (append-map every filter find take-while))
  #:use-module (srfi srfi-9)
  #:use-module (srfi srfi-11)
  #:use-module (system foreign)
  #:use-module ((simpleipc generated) #:prefix c:)
  #:use-module (simpleipc library)
  #:use-module (simpleipc message)
  #:use-module (simpleipc channels)
  #:use-module (simpleipc values)
  #:export (call? start call-one-way call offers next-reply result for-each-reply cancel-call
            open-server request? request-method request-arguments request-message one-way? reply
            push-reply fail cancelled? current-request on take-request serve
            start-plugin stop-plugin plugin-client no-such-method bad-arguments broken))

;;; Calling

;; A call in flight. One that nobody keeps is cancelled.
(define-record-type <call> (make-call client number kept) call?
  (client call-client)
  (number call-number)
  (kept kept-reply set-kept-reply!))

;; Seconds for which a call waits for room.
(define room-seconds 5)

(define c-call (c 'call))
(define c-cancel (c 'cancel))
(define c-result (c 'result))

(define (end-call call way)
  "Calls WAY with the client and what cancels the call."
  (let ((channel (raw (call-client call))) (number (call-number call)))
    (call-with-blocked-asyncs
     (lambda () (way (call-client call) (lambda () (c-cancel channel number)))))))

(define guard-call (when-forgotten call? (lambda (call) (end-call call leave-over))))

(define (begin-call client method arguments flags use)
  (check-role client 'call)
  (tidy-up)
  (let ((method (text-address method "method")) (out (room 8)))
    (with-encoded (if (null? arguments) 'null (if (alist? arguments) arguments
                                                  (if (list? arguments) (list->vector arguments)
                                                      arguments)))
      (lambda (struct address)
        (let ((result #f))
          (patiently room-seconds (list client)
                     (lambda (ns complaint)
                       (let ((status (c-call (raw client) method address flags ns
                                             (bytevector->pointer out) complaint)))
                         (when (= status c:status-ok)
                           (set! result (use (bytevector-u64-native-ref out 0))))
                         status)))
          result)))))

(define (alist? value)
  (and (list? value) (pair? value)
       (every (lambda (pair) (and (pair? pair) (string? (car pair)))) value)))

(define* (start client method arguments #:key idempotent)
  "Starts a call; 64 can be in flight. The arguments are a list, or an alist if they have names. If
it is idempotent, it goes to another server when the one that has it dies."
  (begin-call client method arguments (if idempotent c:call-idempotent 0)
              (lambda (number) (guard-call (make-call client number #f)))))

(define (call-one-way client method arguments)
  "Calls a method, and does not ask what becomes of it."
  (begin-call client method arguments c:call-one-way (const #t))
  *unspecified*)

(define* (call client method arguments #:key timeout idempotent)
  "The result of a method. What the server raises is a service-error here; without a result within
the timeout the call is cancelled."
  (result (start client method arguments #:idempotent idempotent) #:timeout timeout))

(define* (offers client #:key timeout)
  "What the service offers, as a list of alists."
  (vector->list (call client ".methods" '() #:timeout timeout)))

(define* (next-reply call #:key timeout)
  "The next reply, a message; if it has more? it is one of a stream, else the result. After a
timeout-error one may ask again."
  (let* ((client (call-client call))
         (message (take call set-kept-reply! kept-reply (list client) timeout
                        (lambda (struct ns complaint)
                          (c-result (raw client) (call-number call) ns struct complaint)))))
    (when (message-failed? message)
      (let ((told (value-of message)))
        (raise-exception (service-error (assoc-ref told "code") (assoc-ref told "message")
                                        (assoc-ref told "data")))))
    message))

(define* (for-each-reply procedure call #:key timeout)
  "Calls PROCEDURE with the values of a stream, one by one, and returns the result."
  (let ((message (next-reply call #:timeout timeout)))
    (cond ((more? message)
           (procedure (value-of message))
           (for-each-reply procedure call #:timeout timeout))
          (else (value-of message)))))

(define* (result call #:key timeout)
  "The result, after all replies of a stream, which are thrown away."
  (let ((finish (and timeout (+ (now) (nanoseconds timeout)))))
    (with-exception-handler
        (lambda (error)
          (when (timeout-error? error) (cancel-call call))
          (raise-exception error))
      (lambda ()
        (let loop ()
          (let* ((left (and finish (/ (max 0 (- finish (now))) 1000000000)))
                 (message (next-reply call #:timeout left)))
            (if (more? message) (loop) (value-of message)))))
      #:unwind? #t)))

(define (cancel-call call)
  "Ends a call; a server that works on it sees that nobody waits, within a second if another thread
waits in the client."
  (let ((number (end-call call give-back)))
    (unless (= number c:status-busy) (check number))))

;;; Serving

;; A call that was taken and is to be answered; if it is let go of unanswered, that is an error for
;; its client. The arguments are a vector, an alist if they have names, or null.
(define-record-type <request> (make-request message method arguments) request?
  (message request-message)
  (method request-method)
  (arguments request-arguments))

;; The request that a method of a server answers.
(define current-request (make-parameter #f))

(define c-reply (c 'reply))
(define c-cancelled (c 'cancelled))
(define c-describe (c 'describe))

(define (one-way? request) (message-one-way? (request-message request)))

(define (answer request value flags)
  (with-encoded value
    (lambda (struct address)
      (ask c-reply (bytevector->pointer (message-struct (request-message request))) address flags)
      (touch request)
      *unspecified*)))

(define (reply request value) (answer request value 0))

(define (push-reply request value)
  "One reply of a stream, before the result; a retry-error whose status is cancelled if nobody
waits."
  (answer request value c:reply-more))

(define* (fail request code text #:optional (data 'null))
  (answer request `(("code" . ,code) ("message" . ,text) ("data" . ,data)) c:reply-error))

(define (cancelled? request)
  "Whether nobody waits for the answer any more; to be asked in long work."
  (= c:status-cancelled
     (c-cancelled (bytevector->pointer (message-struct (request-message request))))))

(define no-such-method -32601)
(define bad-arguments -32602)
(define broken -32603)

(define* (open-server #:optional name #:rest options)
  "Without a name, or with #f, it is the server of the plugin which this program is."
  (unless (or (not name) (string? name)) (wrong-type "name" name))
  (let ((server (open-handle 'serve name options)))
    (set-facts! server '())
    server))

;; Of each method its name, what it calls, and how it is offered.
(define-record-type <method> (make-method name procedure offer) method?
  (name method-name)
  (procedure method-procedure)
  (offer method-offer))

(define (parameters procedure)
  "The required, optional and key parameters of a procedure, and whether it takes more."
  (let ((all (or (procedure-arguments procedure) '())))
    (define (names kind) (or (assq-ref all kind) '()))
    (values (names 'required) (names 'optional) (map car (names 'keyword))
            (or (null? all) (and (assq-ref all 'rest) #t)))))

(define (spelled symbol)
  "The name of a parameter, as other languages would write it."
  (string-map (lambda (char) (if (char=? char #\-) #\_ char))
              (symbol->string (if (keyword? symbol) (keyword->symbol symbol) symbol))))

(define* (on server name procedure #:key idempotent (about ""))
  "Makes a procedure a method of the service. What it gives to push-reply of (current-request) is a
stream of replies; what it returns is the result. An idempotent one is done again by another server
when this one dies."
  (unless (string? name) (wrong-type "name" name))
  (unless (procedure? procedure) (wrong-type "procedure" procedure))
  (let-values (((required optional keys rest) (parameters procedure)))
    (let* ((arguments (map (lambda (symbol) (vector (spelled symbol) "any"))
                           (append required optional keys)))
           (offer `(("name" . ,name) ("args" . ,(list->vector arguments))
                    ("idempotent" . ,(and idempotent #t)) ("about" . ,about)))
           (methods (append (facts (check-role server 'serve))
                            (list (make-method name procedure offer)))))
      (with-encoded (list->vector (map method-offer methods))
        (lambda (struct address) (ask c-describe (raw server) address)))
      (set-facts! server methods))))

(define (bind procedure arguments)
  "The arguments of a request, as the procedure takes them."
  (let-values (((required optional keys rest) (parameters procedure)))
    (define (refuse)
      (raise-exception
       (service-error bad-arguments
                      (format #f "the arguments are ~a"
                              (string-join (map spelled (append required optional keys)) ", ")))))
    (define (listed all)
      (if (and (<= (length required) (length all))
               (or rest (<= (length all) (+ (length required) (length optional)))))
          all
          (refuse)))
    (define (named given)
      (let* ((places (take-while (lambda (symbol) (assoc (spelled symbol) given))
                                 (append required optional)))
             (values (map (lambda (symbol) (assoc-ref given (spelled symbol))) places))
             (words (append-map (lambda (key)
                                  (match (assoc (spelled key) given)
                                    (#f '())
                                    ((_ . value) (list key value))))
                                keys)))
        (if (and (<= (length required) (length places))
                 (= (length given) (+ (length places) (quotient (length words) 2))))
            (append values words)
            (refuse))))
    (match arguments
      ('null (listed '()))
      ((? vector?) (listed (vector->list arguments)))
      ((? list?) (named arguments))
      (_ (listed (list arguments))))))

(define (take-request server timeout)
  (let* ((message (take-next server timeout)) (told (value message)))
    (make-request message (vector-ref told 0) (vector-ref told 1))))

(define* (serve server #:key (timeout (handle-timeout (check-role server 'serve))))
  "Answers calls until the handle is closed or interrupted, or none comes within the timeout."
  (let ((request (let/ec return
                   (with-exception-handler
                       (lambda (error)
                         (if (and (sipc-error? error)
                                  (memq (status error) '(timeout closed interrupted)))
                             (return #f)
                             (raise-exception error)))
                     (lambda () (take-request server timeout))))))
    (when request
      (dynamic-wind
        (const #t)
        (lambda () (answer-by-method server request))
        (lambda () (release (request-message request))))
      (serve server #:timeout timeout))))

(define (answer-by-method server request)
  (let ((method (find (lambda (method) (string=? (method-name method) (request-method request)))
                      (facts server))))
    (with-exception-handler
        (lambda (error)
          (cond ((quit-exception? error) (raise-exception error))
                ((service-error? error)
                 (fail request (service-error-code error) (exception-message error)
                       (service-error-data error)))
                ((and (sipc-error? error) (eq? 'cancelled (status error))) #t)
                (else (fail-broken request error))))
      (lambda ()
        (if method
            (let ((procedure (method-procedure method)))
              (reply request
                     (parameterize ((current-request request))
                       (apply procedure (bind procedure (request-arguments request))))))
            (fail request no-such-method
                  (format #f "there is no method ~a" (request-method request)))))
      #:unwind? #t)))

(define (fail-broken request error)
  (with-exception-handler
      (lambda (again)
        ;; It has been answered: the client was told that the result is too large.
        (unless (misuse-error? again) (raise-exception again)))
    (lambda ()
      (fail request broken
            (call-with-output-string
              (lambda (port)
                (print-exception port #f (exception-kind error) (exception-args error))))))
    #:unwind? #t))

;;; Plugins

(define c-plugin (c 'plugin))

(define (order host pairs)
  (with-encoded (filter cdr pairs)
    (lambda (struct address)
      (ask c-plugin (raw (check-role host 'host)) address)
      *unspecified*)))

(define* (start-plugin host name program arguments #:key restarts within hang-after)
  "It is started again up to RESTARTS times WITHIN so many seconds, and killed when it takes no
call for HANG-AFTER seconds."
  (define (seconds value) (and value (exact->inexact value)))
  (order host `(("name" . ,name) ("program" . ,program) ("args" . ,(list->vector arguments))
                ("restarts" . ,restarts) ("seconds" . ,(seconds within))
                ("hang_after" . ,(seconds hang-after)))))

(define (stop-plugin host name) (order host `(("name" . ,name) ("stop" . #t))))

(define (plugin-client host name . options)
  "A client of a plugin."
  (open-handle 'call (string-append (handle-name host) "." name) options))
