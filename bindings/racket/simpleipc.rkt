#lang racket/base

;; Any program talks to any other program on this machine, in any language; README.md shows how.
;;
;; Timeouts are seconds; #f waits for ever and 0 only tries. Times are nanoseconds of
;; CLOCK_MONOTONIC, the same in every process of the machine. A handle is for one thread at a time.
;; The verbs take a handle, or the name of a channel, which then stays open in this program.

(require ffi/unsafe
         racket/lazy-require
         racket/provide
         "simpleipc/calls.rkt"
         "simpleipc/channels.rkt"
         "simpleipc/generated.rkt"
         "simpleipc/messages.rkt"
         "simpleipc/services.rkt"
         "simpleipc/values.rkt")
(lazy-require [json (string->jsexpr)])

(provide (matching-identifiers-out #rx"^status:" (all-from-out "simpleipc/generated.rkt"))
         ;; Errors.
         (struct-out exn:fail:sipc)
         (struct-out exn:fail:sipc:retry)
         (struct-out exn:fail:sipc:timeout)
         (struct-out exn:fail:sipc:gone)
         (struct-out exn:fail:sipc:misuse)
         (struct-out exn:fail:sipc:failed)
         (struct-out exn:fail:sipc:corrupt)
         (struct-out exn:fail:sipc:system)
         raise-failed
         ;; Values.
         (struct-out uint)
         (struct-out opaque)
         (struct-out ordered-dict)
         tensor tensor? tensor-dtype tensor-shape tensor-format tensor-strides
         tensor-pointer tensor-bytes tensor-ref tensor->list dtype-bytes
         ;; Messages.
         message? message-value message-sequence message-sender message-missed
         message-redelivered? message-more? message-age
         message-capture-time-ns message-publish-time-ns message-receive-time-ns
         release
         ;; Handles.
         handle? close interrupt descriptor with-handles
         open-publisher publisher? open-subscriber subscriber?
         open-sender sender? open-receiver receiver?
         open-setter setter? open-watcher watcher?
         open-notifier notifier? open-waiter waiter?
         open-lock (rename-out [lock-handle? lock?])
         open-client client? open-server server?
         open-host host? open-peer-watcher peer-watcher?
         ;; Verbs.
         publish send set set-if notify receive get wait
         lend loan? (rename-out [loan-bytes loan-size]) loan-pointer loan-write loan-put loan-cancel
         lock try-lock unlock call-with-lock
         call start-call call-one-way offers
         pending-call? call-result call-reply call-for-each call-cancel
         request? request-method request-args request-one-way? reply push fail cancelled?
         on (struct-out replies) serve
         start-plugin stop-plugin plugin-client
         wait-any peers identify audit clean now-ns version)

;; Puts on a topic: all subscribers get it.
(define (publish target value #:capture-time-ns [capture-time-ns 0] #:timeout [seconds #f])
  (put-to 'publish publisher? sipc-publish target value capture-time-ns seconds))

;; Puts into a queue: one receiver gets it.
(define (send target value #:capture-time-ns [capture-time-ns 0] #:timeout [seconds #f])
  (put-to 'send sender? sipc-send target value capture-time-ns seconds))

;; Sets the value of a state, which stays.
(define (set target value #:capture-time-ns [capture-time-ns 0] #:timeout [seconds #f])
  (put-to 'set setter? sipc-set target value capture-time-ns seconds))

;; By its name a channel has 5 seconds of patience, and no options.
(define (put-to who handle? one-call target value capture-time-ns seconds)
  (cond
    [(string? target)
     (unless (and (eqv? capture-time-ns 0) (not seconds))
       (raise-arguments-error who "capture times and timeouts need a handle" "name" target))
     (define text (text-memory who target))
     (define-values (memory kept) (encode who value))
     (outside (lambda (error)
                (begin0 (one-call text memory error)
                        (void/reference-sink kept))))]
    [(handle? target)
     (put who target value #:capture-time-ns capture-time-ns #:timeout seconds)]
    [else (raise-argument-error who "a name, or a handle of this verb" target)]))

;; Says that something has happened, and waits for nobody.
(define (notify target)
  (cond
    [(string? target)
     (define text (text-memory 'notify target))
     (outside (lambda (error) (sipc-notify text error)))]
    [(notifier? target) (put 'notify target 'null)]
    [else (raise-argument-error 'notify "a name, or a handle of this verb" target)]))

;; The next message; of a server the next request. With a procedure, what that answers, and the
;; message is released after it. After the timeout an exn:fail:sipc:timeout.
(define (receive target [use #f] #:timeout [seconds (default-timeout target)])
  (check-timeout 'receive seconds)
  (cond
    [(string? target)
     (define message (take-from 'receive sipc-receive target seconds))
     (hand-over message message use)]
    [(and (source? target) (not (waiter? target)))
     (define message (take target #:timeout seconds))
     (hand-over message ((source-present target) message) use)]
    [else (raise-argument-error 'receive "a name, or a handle that takes" target)]))

;; The value of a state as it is now, a message; waits only if there is none yet.
(define (get target [use #f] #:timeout [seconds (default-timeout target)])
  (check-timeout 'get seconds)
  (define message
    (cond
      [(string? target) (take-from 'get sipc-get target seconds)]
      [(watcher? target) (take target sipc-current #:timeout seconds)]
      [else (raise-argument-error 'get "a name, or a watcher" target)]))
  (hand-over message message use))

(define (default-timeout target)
  (and (source? target) (source-timeout target)))

(define (take-from who function name seconds)
  (define text (text-memory who name))
  (define found (make-message))
  (define memory (message-memory found))
  (raise-if (patiently seconds (lambda (ns error) (function text ns memory error))))
  (keep-message found)
  found)

(define (raise-if one)
  (when one
    (raise-problem one)))

;; Waits for notifications; how many there were since the last time.
(define (wait target #:timeout [seconds (default-timeout target)])
  (check-timeout 'wait seconds)
  (cond
    [(string? target)
     (define text (text-memory 'wait target))
     (define count (allocate 8))
     (raise-if (patiently seconds (lambda (ns error) (sipc-await text ns count error))))
     (ptr-ref count _uint64)]
    [(waiter? target)
     (define message (take target #:timeout seconds))
     (hand-over message message message-count)]
    [else (raise-argument-error 'wait "a name, or a waiter" target)]))

;; Waits until one of several handles has something to take, and answers that one.
(define (wait-any #:timeout [seconds #f] . handles)
  (check-timeout 'wait-any seconds)
  (define count (length handles))
  (define array (allocate (* 8 count)))
  (for ([one (in-list handles)] [at (in-naturals)])
    (ptr-set! array _intptr at (handle-raw one)))
  (define index (allocate 4))
  (raise-if (patiently seconds
                       (lambda (ns error) (sipc-wait array count ns index error))
                       #:handles (map handle-raw handles)
                       #:interrupted? (lambda () (ormap take-interrupt handles))
                       #:around (inside handles)))
  (list-ref handles (ptr-ref index _uint32)))

;; Of a message, or of a request, which is then not to be answered any more. In a queue it counts
;; as done now.
(define (release taken)
  (release-message (if (request? taken) (request-message taken) taken))
  (void))

;; Says no to the caller of a method, with a number, a text and any value.
(define (raise-failed code text [data 'null])
  (raise (exn:fail:sipc:failed text (current-continuation-marks) status:failed 0 code data)))

;; Who has a channel open now, of any pattern: a list of dictionaries with pid, program, language,
;; role, since_ns and id.
(define (peers name #:directory [directory #f])
  (define text (text-memory 'peers name))
  (define options (make-options 'peers directory))
  (define found (make-message))
  (define memory (message-memory found))
  (define place (car options))
  (quick sipc-peers text place memory)
  (void/reference-sink options)
  (keep-message found)
  (hand-over found found message-value))

;; Says what this program is called, to those who look for peers; "" for its executable's name.
(define (identify program)
  (define text (text-memory 'identify program))
  (define language (text-memory 'identify "racket"))
  (quick sipc-identify text language))

;; Describes one channel, or all of a directory, as the JSON library has it; changes nothing.
(define (audit [name #f] #:directory [directory #f])
  (define text (text-memory 'audit name))
  (define place (text-memory 'audit directory))
  (let loop ([capacity 0])
    (define room (allocate capacity))
    (define needed
      (quick-number _uint64 (lambda (needed) (quick sipc-audit text place room capacity needed))))
    (if (> needed capacity)
        (loop needed)
        (string->jsexpr (bytes->string/utf-8 (cast room _pointer _bytes))))))

;; Removes what nobody uses; queues of which nobody has a handle only if their newest message is
;; older than `age-max` seconds. How many channels.
(define (clean #:directory [directory #f] #:age-max [age-max 86400])
  (define place (text-memory 'clean directory))
  (define age-max-ns (exact-ceiling-ns age-max))
  (quick-number _uint64 (lambda (count) (quick sipc-clean place age-max-ns count))))

(define (exact-ceiling-ns seconds)
  (unless (and (rational? seconds) (>= seconds 0))
    (raise-argument-error 'clean "(>=/c 0)" seconds))
  (min (sub1 (expt 2 63)) (ceiling (* (inexact->exact seconds) 1000000000))))

;; The clock of all times.
(define (now-ns) (sipc-now-ns))

;; The version of the library.
(define (version) (bytes->string/utf-8 (sipc-version)))

(let-values ([(_ name __) (split-path (find-system-path 'run-file))])
  (identify (path->string name)))
