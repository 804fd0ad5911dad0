#lang racket/base

;; How the library is called: what its errors become, and how Racket waits.
;;
;; A quick call keeps Racket's threads from each other, so none comes between it and its error. A
;; call that waits runs in a thread of the operating system, with memory that does not move, while
;; Racket's threads and its collector go on; a break ends it.

(require ffi/unsafe
         ffi/unsafe/atomic
         ffi/unsafe/os-async-channel
         ffi/unsafe/os-thread
         "generated.rkt")

(provide (struct-out exn:fail:sipc)
         (struct-out exn:fail:sipc:retry)
         (struct-out exn:fail:sipc:timeout)
         (struct-out exn:fail:sipc:gone)
         (struct-out exn:fail:sipc:misuse)
         (struct-out exn:fail:sipc:failed)
         (struct-out exn:fail:sipc:corrupt)
         (struct-out exn:fail:sipc:system)
         (struct-out problem)
         status->exn
         raise-problem
         raise-gone
         allocate
         quick
         quick-number
         check-status
         patiently
         outside
         check-timeout)

;; What can go wrong: a status, and the system's code or 0. The number of a status tells its class,
;; also of one added later.
(struct exn:fail:sipc exn:fail (status os-code))
;; Nothing is wrong; the same call may succeed later.
(struct exn:fail:sipc:retry exn:fail:sipc ())
;; Nothing arrived within the time given.
(struct exn:fail:sipc:timeout exn:fail:sipc:retry ())
;; The handle, or the message, is of no use any more.
(struct exn:fail:sipc:gone exn:fail:sipc ())
;; The call cannot succeed as it stands; mend it.
(struct exn:fail:sipc:misuse exn:fail:sipc ())
;; A server answers with an error of its own; a method raises one to do so.
(struct exn:fail:sipc:failed exn:fail:sipc:misuse (code data))
;; The channel's file is damaged, or of another version.
(struct exn:fail:sipc:corrupt exn:fail:sipc ())
;; The operating system refused; the code says why.
(struct exn:fail:sipc:system exn:fail:sipc ())

;; A status that is not OK, before it is an exception.
(struct problem (status os-code text))

(define (status->exn status os-code text)
  (define class (for/first ([one (in-list classes)] #:when (<= status (car one))) (cdr one)))
  (define make
    (case class
      [(retry)
       (if (= status status:timeout) exn:fail:sipc:timeout exn:fail:sipc:retry)]
      [(gone) exn:fail:sipc:gone]
      [(misuse) exn:fail:sipc:misuse]
      [(corrupt) exn:fail:sipc:corrupt]
      [(system) exn:fail:sipc:system]
      [else exn:fail:sipc]))
  (make text (current-continuation-marks) status os-code))

(define (raise-problem one)
  (raise (status->exn (problem-status one) (problem-os-code one) (problem-text one))))

(define (raise-gone text)
  (raise (status->exn status:closed 0 text)))

;; Zeroed memory that does not move, and goes when nobody has its pointer any more.
(define (allocate size)
  (define memory (malloc (max size 1) 'atomic-interior))
  (memset memory 0 size)
  memory)

(define (make-error)
  (define memory (allocate (ctype-sizeof _sipc-error)))
  (unsafe-set-sipc-error-size! memory (ctype-sizeof _sipc-error))
  memory)

;; #f if the status is OK.
(define (find-problem status memory)
  (and (not (eqv? status status:ok))
       (problem status
                (unsafe-sipc-error-os-code memory)
                (bytes->string/utf-8
                 (cast (ptr-add memory sipc-error-message-offset) _pointer _bytes)
                 #\?))))


;; The error object of quick calls.
(define shared-error (make-error))

;; Calls a function that does not wait, with the error object behind its arguments, which must not
;; raise. #f, or the problem it has.
(define-syntax-rule (attempt (function argument ...))
  (begin
    (start-atomic)
    (begin0 (find-problem (function argument ... shared-error) shared-error)
            (end-atomic))))

;; As attempt; raises the problem.
(define-syntax-rule (quick function argument ...)
  (let ([one (attempt (function argument ...))])
    (when one
      (raise-problem one))))

;; Calls a procedure with room for one number, and answers that.
(define (quick-number type call)
  (define room (allocate 8))
  (call room)
  (ptr-ref room type))

;; For functions that have no error object.
(define (check-status status)
  (unless (eqv? status status:ok)
    (define text (bytes->string/utf-8 (sipc-status-text status)))
    (raise (status->exn status 0 text))))

(define (check-timeout who seconds)
  (unless (or (not seconds) (and (real? seconds) (>= seconds 0)))
    (raise-argument-error who "(or/c #f (>=/c 0))" seconds)))

;; Calls `try` until its status is final, and answers #f or the problem. It gets nanoseconds and an
;; error object, and is called with 0 first; while it says TIMEOUT or FULL, or at first NO_SPACE,
;; and time is left, it is called again in a thread of the operating system. If there is a `look`,
;; that is called there instead: it takes nothing, and after it comes another `try`.
;;
;; `handles` are those whose wait a break ends; without any a wait is a second at most, and a break
;; is noticed after that. `interrupted?` says whether somebody asked for an end, once. `undo` is
;; called if a break came when the wait was over already. `around` is called with each wait that is
;; outside of Racket's threads.
(define (patiently seconds try
                   #:look [look #f]
                   #:handles [handles '()]
                   #:interrupted? [interrupted? (lambda () #f)]
                   #:undo [undo void]
                   #:around [around (lambda (wait) (wait))])
  (define end
    (and seconds (< seconds forever) (+ (sipc-now-ns) (inexact->exact (ceiling (* seconds 1e9))))))
  (define breakable? (break-enabled))
  (define wait (or look try))
  (define (slice left)
    (cond
      [(pair? handles) left]
      [(< left 0) slice-ns]
      [else (min left slice-ns)]))
  (parameterize-break #f
    (let loop ()
      (define one (attempt (try 0)))
      (define left (if end (max 0 (- end (sipc-now-ns))) -1))
      (cond
        [(not one) #f]
        [(eqv? (problem-status one) status:interrupted) (if (interrupted?) one (loop))]
        [(not (memv (problem-status one) early)) one]
        [(interrupted?) interruption]
        [(eqv? left 0) one]
        [else
         (define (job error) (wait (slice left) error))
         (define waited
           (around (lambda () (call-outside job handles breakable? undo))))
         (cond
           [(not waited) (if look (loop) #f)]
           [(memv (problem-status waited) passing) (loop)]
           [else waited])]))))

(define slice-ns 1000000000)

;; Seconds of which the nanoseconds would not fit.
(define forever 9e9)

;; After these, without time, it is worth waiting: memory may come free.
(define early (list status:timeout status:full status:no-space))

;; After these a wait may go on.
(define passing (list status:timeout status:full status:interrupted))

(define interruption (problem status:interrupted 0 "the wait was interrupted"))

;; A thread of the operating system, which does one job after the other.
(struct worker (wake done [job #:mutable]))

(define idle-workers '())

(define (hire)
  (define new (worker (make-os-semaphore) (make-os-async-channel) #f))
  (call-in-os-thread
   (lambda ()
     (let loop ()
       (os-semaphore-wait (worker-wake new))
       (os-async-channel-put (worker-done new) ((worker-job new)))
       (loop))))
  new)

(define (begin-job job)
  (start-atomic)
  (define one
    (if (null? idle-workers)
        (hire)
        (begin0 (car idle-workers)
                (set! idle-workers (cdr idle-workers)))))
  (set-worker-job! one job)
  (os-semaphore-post (worker-wake one))
  (end-atomic)
  one)

(define (end-job one)
  (set-worker-job! one #f)
  (start-atomic)
  (set! idle-workers (cons one idle-workers))
  (end-atomic))

;; Calls a procedure with an error object outside of Racket's threads; raises what it says.
(define (outside call)
  (define breakable? (break-enabled))
  (define one
    (parameterize-break #f
      (call-outside call '() breakable? void)))
  (when one
    (raise-problem one)))

;; As outside. Breaks are disabled here; one that comes ends the wait of the handles.
(define (call-outside call handles breakable? undo)
  (define error (make-error))
  (define one (begin-job (lambda () (call error))))
  (define status
    (if breakable?
        (with-handlers ([void
                         (lambda (broken)
                           (for-each sipc-interrupt handles)
                           (define late (sync (worker-done one)))
                           (end-job one)
                           (when (eqv? late status:ok)
                             (undo))
                           (raise broken))])
          (sync/enable-break (worker-done one)))
        (sync (worker-done one))))
  (end-job one)
  (find-problem status error))
