#lang racket/base

;; Messages: what they know, and who lets go of them.

(require ffi/unsafe
         ffi/unsafe/atomic
         ffi/unsafe/custodian
         "calls.rkt"
         "generated.rkt"
         "values.rkt")

(provide message?
         message-memory
         message-sequence
         message-sender
         message-missed
         message-publish-time-ns
         message-receive-time-ns
         message-capture-time-ns
         message-age
         message-redelivered?
         message-more?
         message-one-way?
         message-value
         make-message
         check-held
         keep-message
         release-message
         hand-over)

;; A message that was taken. In a queue it counts as done when it is released, by `release` or by
;; the collector; that of a program that dies first comes again.
(struct message (memory [released? #:mutable] [kept #:mutable]))

(define message-bytes (ctype-sizeof _sipc-message))

;; To be filled.
(define (make-message)
  (define memory (allocate message-bytes))
  (unsafe-set-sipc-message-size! memory message-bytes)
  (message memory #f #f))

(define ((field read) self) (read (message-memory self)))
(define ((flag bit) self)
  (not (zero? (bitwise-and bit (unsafe-sipc-message-flags (message-memory self))))))
(define (message-struct self) (ptr-add (message-memory self) sipc-message-value-offset))

(define message-sequence (field unsafe-sipc-message-sequence))
(define message-sender (field unsafe-sipc-message-sender))
(define message-missed (field unsafe-sipc-message-missed))
(define message-publish-time-ns (field unsafe-sipc-message-publish-time-ns))
(define message-receive-time-ns (field unsafe-sipc-message-receive-time-ns))

;; When the content was captured, or 0.
(define (message-capture-time-ns self)
  (unsafe-sipc-value-capture-time-ns (message-struct self)))

;; Seconds from putting to taking, or #f if its sender does not stamp.
(define (message-age self)
  (define put (message-publish-time-ns self))
  (and (not (zero? put)) (/ (- (message-receive-time-ns self) put) 1e9)))

;; An earlier receiver died with it.
(define message-redelivered? (flag message:redelivered))
;; Of a reply: others follow.
(define message-more? (flag message:more))
;; Of a request: nobody waits for a reply.
(define message-one-way? (flag message:one-way))

;; The value, which is copied, but for tensors, when it is asked for the first time.
(define (message-value self)
  (define kept (message-kept self))
  (cond
    [kept (unbox kept)]
    [else
     (check-held self)
     (define value (decode (message-struct self) (lambda () (check-held self))))
     (set-message-kept! self (box value))
     value]))

(define (check-held self)
  (when (message-released? self)
    (raise-gone "the message has been released")))

;; Those that were filled and not released. The collector sees that a message is small, and not what
;; it keeps; so it runs when their number has doubled.
(define unreleased (make-weak-hasheq))
(define unreleased-least 64)
(define unreleased-limit unreleased-least)
(define forgotten (make-will-executor))

;; What lives as long as the program does.
(define program (make-custodian-at-root))

(parameterize ([current-custodian program])
  (void (thread (lambda ()
                  (let loop ()
                    (will-execute forgotten)
                    (loop)))))
  (void (register-custodian-shutdown
         unreleased
         (lambda (all) (for-each release-message (hash-keys all)))
         #:at-exit? #t)))

;; Once it is filled.
(define (keep-message self)
  (hash-set! unreleased self #t)
  (will-register forgotten self release-message)
  (when (> (hash-count unreleased) unreleased-limit)
    (collect 'minor)
    (when (> (* 2 (hash-count unreleased)) unreleased-limit)
      (collect 'major))
    (set! unreleased-limit (max unreleased-least (* 2 (hash-count unreleased))))))

(define (collect manner)
  (collect-garbage manner)
  (let loop ()
    (when (will-try-execute forgotten #f)
      (loop))))

;; Twice without harm; #t, for who executes wills.
(define (release-message self)
  (start-atomic)
  (unless (message-released? self)
    (set-message-released?! self #t)
    (hash-remove! unreleased self)
    (sipc-release (message-memory self)))
  (end-atomic)
  #t)

;; To a procedure, and then it is released; else to the caller to keep.
(define (hand-over self what receive)
  (cond
    [receive
     (dynamic-wind void
                   (lambda () (receive what))
                   (lambda () (release-message self)))]
    [else what]))
