;;; Messages that were taken, and how they are let go of.

(define-module (simpleipc message)
  #:use-module (rnrs bytevectors)
  #:use-module (srfi srfi-9)
  #:use-module (srfi srfi-9 gnu)
  #:use-module (system foreign)
  #:use-module ((simpleipc generated) #:prefix c:)
  #:use-module (simpleipc library)
  #:use-module (simpleipc values)
  #:export (when-forgotten tidy-up new-struct message-of message? message-struct message-failed?
            release value value-of message-sequence message-sender missed publish-time
            receive-time capture-time redelivered? more? message-one-way? age))

;;; What the collector finds is given back by whoever comes next: after a collection, or before
;;; something is taken, lent or called.

(define forgotten (make-guardian))
;; Of each kind of thing a predicate, and what gives it back.
(define givers '())

(define (when-forgotten is-one give-back)
  "A procedure that has the things of a kind given back when nobody keeps them."
  (set! givers (acons is-one give-back givers))
  (lambda (thing) (forgotten thing) thing))

(define (give-back thing)
  (let loop ((all givers))
    (if ((caar all) thing)
        ((cdar all) thing)
        (loop (cdr all)))))

(define (tidy-up)
  (let ((thing (forgotten)))
    (when thing
      (give-back thing)
      (tidy-up))))

(add-hook! after-gc-hook tidy-up)

;;; Messages

;; What the library has lent: the struct of a message. It does not know the value, of which tensors
;; keep it.
(define-record-type <hold> (make-hold raw is-released) hold?
  (raw hold-raw)
  (is-released released? set-released!))

;; In a queue it counts as done when it is released, by `with-message`, by `release` or by the
;; collector; that of a program that dies first comes again.
(define-record-type <message> (make-message hold is-failure known) message?
  (hold message-hold)
  (is-failure message-failed?)
  (known message-known set-message-known!))

(set-record-type-printer! <message>
  (lambda (message port)
    (display (if (released? (message-hold message)) "#<message, released>" "#<message>") port)))

(define (new-struct)
  "Room for a message."
  (let ((raw (room c:message-bytes)))
    (bytevector-u32-native-set! raw c:message-size c:message-bytes)
    raw))

(define c-release (c 'release))

;; To the collector a message is small, however much it keeps. So it runs when the number of those
;; that nobody has released has doubled.
(define goal-min 64)
(define goal goal-min)
(define count 0)

(define (let-go hold)
  (unless (released? hold)
    (set-released! hold #t)
    (set! count (1- count))
    (c-release (bytevector->pointer (hold-raw hold)))
    (touch hold)))

(define guard-hold (when-forgotten hold? let-go))

(define (release message)
  "Lets go of a message; twice without harm. In a queue it is done."
  (let-go (message-hold message)))

(define (message-of raw is-failure)
  "The message in a struct that the library has filled."
  (set! count (1+ count))
  (when (>= count goal)
    (set! goal (* 2 count))
    (gc)
    (tidy-up)
    (set! goal (max goal-min (* 2 count))))
  (make-message (guard-hold (make-hold raw #f)) is-failure unread))

(define unread (list 'unread))

(define (hold-struct hold)
  (when (released? hold) (gone-error "the message has been released"))
  (hold-raw hold))

(define (message-struct message) (hold-struct (message-hold message)))

(define (value message)
  "The value, which is copied, but for tensors, when it is asked for the first time."
  (when (eq? (message-known message) unread)
    (let ((hold (message-hold message)))
      (set-message-known! message (decode (hold-struct hold) c:message-value
                                          (lambda () (hold-struct hold))))))
  (message-known message))

(define (shows-memory? value)
  (cond ((tensor? value) #t)
        ((vector? value)
         (let loop ((index 0))
           (and (< index (vector-length value))
                (or (shows-memory? (vector-ref value index)) (loop (1+ index))))))
        ((pair? value) (or (shows-memory? (cdar value)) (shows-memory? (cdr value))))
        (else #f)))

(define (value-of message)
  "Its value; the message is kept only if that shows its memory."
  (let ((value (value message)))
    (unless (shows-memory? value) (release message))
    value))

(define (u64 field) (lambda (message) (bytevector-u64-native-ref (message-struct message) field)))
(define (s64 field) (lambda (message) (bytevector-s64-native-ref (message-struct message) field)))
(define (flag bit)
  (lambda (message)
    (logtest bit (bytevector-u32-native-ref (message-struct message) c:message-flags))))

;; Grows by one with each message of one sender.
(define message-sequence (u64 c:message-sequence))
;; Which handle it is from.
(define message-sender (u64 c:message-sender))
;; How many this subscriber has lost since the one before.
(define missed (u64 c:message-missed))
;; When it was put and taken, or 0 if its sender does not stamp; when its content was captured, or
;; 0.
(define publish-time (s64 c:message-publish-time-ns))
(define receive-time (s64 c:message-receive-time-ns))
(define capture-time (s64 (+ c:message-value c:value-capture-time-ns)))
;; Whether an earlier receiver died with it.
(define redelivered? (flag c:message-redelivered))
;; Of a reply: whether others follow.
(define more? (flag c:message-more))
;; Of a request: whether nobody waits for a reply.
(define message-one-way? (flag c:message-one-way))

(define (age message)
  "Seconds from putting to taking, or #f if its sender does not stamp."
  (let ((published (publish-time message)))
    (and (not (zero? published))
         (/ (- (receive-time message) published) 1e9))))
