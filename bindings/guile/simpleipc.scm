;;; Any program talks to any other program on this machine, in any language; README.md shows how.
;;;
;;; Some names are those of other modules, so take it with a prefix:
;;; (use-modules ((simpleipc) #:prefix ipc:)).
;;;
;;; Timeouts are seconds; #f waits for ever and 0 only tries. Times are nanoseconds of
;;; CLOCK_MONOTONIC, the same in every process of the machine. A handle is for one thread.

(define-module (simpleipc)
  #:use-module (ice-9 control)
  #:use-module (rnrs bytevectors)
  #:use-module (srfi srfi-11)
  #:use-module (system foreign)
  #:use-module ((simpleipc generated) #:prefix c:)
  #:use-module (simpleipc library)
  #:use-module (simpleipc values)
  #:use-module ((simpleipc message) #:renamer (lambda (name)
                                                (if (eq? name 'release) 'release-message name)))
  #:use-module (simpleipc channels)
  #:use-module (simpleipc services)
  #:re-export (sipc-error? retry-error? timeout-error? gone-error? misuse-error? corrupt-error?
               system-error? service-error? status status-number os-code service-error-code
               service-error-data service-error now identify
               uint uint? uint-number opaque opaque? opaque-data opaque-type tensor tensor?
               tensor-dtype tensor-shape tensor-strides tensor-format tensor-data tensor-array
               tensor-bytes
               message? value message-sequence message-sender missed publish-time receive-time
               capture-time redelivered? more? age
               handle? open-publisher open-subscriber open-sender open-receiver open-setter
               open-watcher open-notifier open-waiter open-lock open-client open-host
               open-peer-watcher open-server interrupt descriptor put set-if wait-any
               loan? loan loan-tensor loan-bytes write-bytes put-loan lock try-lock unlock
               abandoned-pid
               start call-one-way call offers next-reply result for-each-reply request?
               request-method request-arguments one-way? reply push-reply fail cancelled?
               current-request on serve start-plugin stop-plugin plugin-client)
  #:re-export-and-replace (close version)
  #:export (send publish set receive get notify wait release cancel peers audit clean
            with-open with-message with-lock with-loan for-each-message))

;;; Scopes

(define-syntax with-open
  (syntax-rules ()
    "Binds handles one after the other, and closes them after the body, however that ends:
(with-open ((cats (open-receiver \"cats\"))) ...)."
    ((_ () body ...) (let () body ...))
    ((_ ((name form) others ...) body ...)
     (let ((name form))
       (dynamic-wind
         (lambda () #t)
         (lambda () (with-open (others ...) body ...))
         (lambda () (close name)))))))

(define-syntax-rule (with-message (name form) body ...)
  "Evaluates the body with the message, or the request, that the form takes; it is released then."
  (let ((name form))
    (dynamic-wind
      (lambda () #t)
      (lambda () body ...)
      (lambda () (release name)))))

(define-syntax-rule (with-lock (form option ...) body ...)
  "Evaluates the body while the lock is this handle's. The option is #:timeout."
  (let ((one (lock form option ...)))
    (dynamic-wind
      (lambda () #t)
      (lambda () body ...)
      (lambda () (unlock one)))))

(define-syntax-rule (with-loan (name form) body ... last)
  "Evaluates the body with a loan, and puts it by the last expression, as (put-loan frame); if that
is not come to, it is given back."
  (let ((name form))
    (dynamic-wind
      (lambda () #t)
      (lambda () body ... last)
      (lambda () (cancel name)))))

(define (release thing)
  "Lets go of a message, or of a request; twice without harm. In a queue it is done."
  (release-message (if (request? thing) (request-message thing) thing)))

(define (cancel thing)
  "Gives a loan back, and does nothing after a put; or ends a call, which a server that works on it
sees."
  (if (loan? thing) (cancel-loan thing) (cancel-call thing)))

;;; The verbs. Their first argument is a handle, or a name: then the channel stays open in this
;;; process, and what puts waits for room for 5 seconds.

(define (putter role function)
  (lambda* (place value #:rest options)
    (cond ((string? place)
           (unless (null? options) (error "only a handle has options" options))
           (with-encoded value
             (lambda (struct address)
               (ask function (text-address place "name") address)
               *unspecified*)))
          (else (apply put (check-role place role) value options)))))

;; Puts into a queue: one receiver gets it.
(define send (putter 'send (c 'send)))
;; Puts on a topic: all subscribers get it.
(define publish (putter 'publish (c 'publish)))
;; Sets the value of a state, which stays.
(define set (putter 'set (c 'set)))

(define (take-once name timeout function)
  "Of a call that has no handle: nobody else keeps what an async comes behind."
  (let ((name (text-address name "name")) (cell (list #f)))
    (take cell set-car! car '() timeout
          (lambda (struct ns complaint) (function name ns struct complaint)))))

(define c-receive (c 'receive))
(define c-get (c 'get))
(define c-current (c 'current))
(define c-notify (c 'notify))
(define c-await (c 'await))

(define* (receive place #:key (timeout (and (handle? place) (handle-timeout place))))
  "The next message, or the next request. Raises a timeout-error."
  (cond ((string? place) (take-once place timeout c-receive))
        ((eq? 'serve (role (check-role place))) (take-request place timeout))
        (else (take-next place timeout))))

(define* (get place #:key (timeout (and (handle? place) (handle-timeout place))))
  "The value of a state, as it is now; waits only if there is none yet."
  (if (string? place)
      (take-once place timeout c-get)
      (take-current (check-role place 'watch) timeout)))

(define (take-current watcher timeout)
  (take watcher set-kept! kept (list watcher) timeout
        (lambda (struct ns complaint) (c-current (raw watcher) ns struct complaint))))

(define (notify place)
  "Says that something has happened, and waits for nobody."
  (if (string? place)
      (ask c-notify (text-address place "name"))
      (put (check-role place 'notify) 'null))
  *unspecified*)

(define* (wait place #:key (timeout (and (handle? place) (handle-timeout place))))
  "Waits for notifications; how many there were since the last time."
  (if (string? place)
      (let ((name (text-address place "name")) (count (room 8)))
        (call-patiently timeout (lambda () #f)
                        (lambda (ns complaint)
                          (c-await name ns (bytevector->pointer count) complaint))
                        '())
        (bytevector-u64-native-ref count 0))
      (uint-number (value-of (take-next (check-role place 'wait) timeout)))))

(define* (for-each-message procedure source #:key (timeout (handle-timeout source)))
  "Calls PROCEDURE with every message, or request, each released after it, until none comes within
the timeout."
  (let ((message (let/ec return
                   (with-exception-handler
                       (lambda (error) (if (timeout-error? error) (return #f)
                                           (raise-exception error)))
                     (lambda () (receive source #:timeout timeout))))))
    (when message
      (with-message (one message) (procedure one))
      (for-each-message procedure source #:timeout timeout))))

;;; The rest

(define c-peers (c 'peers))
(define c-audit (c 'audit))
(define c-clean (c 'clean))

(define* (peers name #:key directory)
  "Who has a channel open now, of any pattern: a list of alists with pid, program, language, role,
since_ns and id."
  (let-values (((options place timeout) (make-options #:directory directory)))
    (let* ((name (text-address name "name")) (struct (new-struct)))
      (ask c-peers name (bytevector->pointer options) (bytevector->pointer struct))
      (touch place options)
      (vector->list (value-of (message-of struct #f))))))

(define* (audit #:key name directory)
  "Describes one channel or all of a directory, as JSON; changes nothing."
  (let ((name (if name (text-address name "name") %null-pointer))
        (place (if directory (text-address directory "directory") %null-pointer))
        (needed (room 8)))
    (let loop ((size 4096))
      (let ((text (room size)))
        (ask c-audit name place (bytevector->pointer text) size (bytevector->pointer needed))
        (let ((bytes (bytevector-u64-native-ref needed 0)))
          (if (<= bytes size)
              (pointer->string (bytevector->pointer text) (1- bytes) "UTF-8")
              (loop bytes)))))))

(define* (clean #:key directory (age-max 86400))
  "Removes what nobody uses; queues of which nobody has a handle only if their newest message is
older than AGE-MAX seconds. How many channels."
  (let ((place (if directory (text-address directory "directory") %null-pointer)) (count (room 8)))
    (ask c-clean place (nanoseconds age-max) (bytevector->pointer count))
    (bytevector-u64-native-ref count 0)))
