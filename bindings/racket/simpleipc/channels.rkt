#lang racket/base

;; Handles on queues, topics, states, signals and locks. A handle is for one thread at a time; it
;; closes by `close`, with its custodian, at the end of the program, or when nobody has it any more.

(require ffi/unsafe
         ffi/unsafe/atomic
         ffi/unsafe/custodian
         ffi/unsafe/port
         "calls.rkt"
         "generated.rkt"
         "messages.rkt"
         "values.rkt")

(provide (struct-out handle)
         (struct-out producer)
         (struct-out source)
         make-options
         open
         open-source
         close
         interrupt
         descriptor
         wait-for
         wait-or-raise
         when-idle
         inside
         message-count
         with-handles
         open-publisher publisher?
         open-subscriber subscriber?
         open-sender sender?
         open-receiver receiver?
         open-setter setter?
         open-watcher watcher?
         open-notifier notifier?
         open-waiter waiter?
         open-lock lock-handle?
         open-peer-watcher peer-watcher?
         put
         set-if
         take
         take-interrupt
         (struct-out loan)
         lend
         loan-pointer
         loan-write
         loan-put
         loan-cancel
         lock
         try-lock
         unlock
         call-with-lock)

;; What all handles have; each role has a type of its own. `array` holds the number for sipc_wait,
;; and behind it room for the answer. While `waits` is not 0 a thread of the system is inside, and
;; would be told BUSY if the collector came there, too; so that is put off.
(struct handle (raw name array [interrupted? #:mutable] [descriptor #:mutable]
                    [waits #:mutable] [put-off #:mutable])
  #:property prop:evt
  (lambda (self)
    (define ready
      (if (and (source? self) (source-untaken self))
          always-evt
          (unsafe-fd->evt (descriptor self) 'read #f)))
    (wrap-evt ready (lambda (_) self))))

;; What puts.
(struct producer handle ())

;; What takes: the timeout of waits that are given none, what it hands out of a message, and one
;; that a break came before. It is a sequence, too, until none comes within the timeout; each
;; message is released after the body.
(struct source handle (timeout present [untaken #:mutable])
  #:property prop:sequence
  (lambda (self)
    (define taken #f)
    ;; Not sooner than the body is to run: another clause may end the loop.
    (define (more? _)
      (with-handlers ([exn:fail:sipc:timeout? (lambda (_) #f)])
        (set! taken (take self))
        #t))
    (define (element _) ((source-present self) taken))
    (define (next _) (release-message taken))
    (make-do-sequence (lambda () (values element next #t more? #f #f)))))

;; The struct of options, and what lives as long as it is used.
(define (make-options who directory
                      #:lossless? [lossless? #f]
                      #:latest? [latest? #f]
                      #:unstamped? [unstamped? #f]
                      #:tap? [tap? #f]
                      #:history [history 0]
                      #:depth [depth 0]
                      #:pool-bytes-max [pool-bytes-max 0]
                      #:signal [signal 0]
                      #:permits [permits 0])
  (define memory (allocate (ctype-sizeof _sipc-options)))
  (define place (text-memory who (if (path? directory) (path->string directory) directory)))
  (unsafe-set-sipc-options-size! memory (ctype-sizeof _sipc-options))
  (unsafe-set-sipc-options-directory! memory place)
  (unsafe-set-sipc-options-flags! memory
                                  (+ (if lossless? option:lossless 0)
                                     (if latest? option:latest 0)
                                     (if unstamped? option:unstamped 0)
                                     (if tap? option:tap 0)))
  (unsafe-set-sipc-options-history! memory (natural who 'history history 32))
  (unsafe-set-sipc-options-depth! memory (natural who 'depth depth 32))
  (unsafe-set-sipc-options-pool-bytes-max! memory
                                           (natural who 'pool-bytes-max pool-bytes-max 64))
  (unsafe-set-sipc-options-signal! memory (natural who 'signal signal 31))
  (unsafe-set-sipc-options-permits! memory (natural who 'permits permits 32))
  (cons memory place))

(define (natural who name value bits)
  (unless (and (exact-nonnegative-integer? value) (< value (expt 2 bits)))
    (raise-arguments-error who (format "~a is a natural number of ~a bits" name bits)
                           "given" value))
  value)

;; A handle of the type that `make` makes of what all have and of `more`.
(define (open who make role name options . more)
  (define text (text-memory who name))
  (define memory (car options))
  (define raw
    (quick-number _intptr (lambda (room) (quick sipc-open text role memory room))))
  (void/reference-sink text options)
  (define array (allocate 16))
  (ptr-set! array _intptr raw)
  (define self (apply make raw name array #f #f 0 '() more))
  (register-finalizer-and-custodian-shutdown self shut #:at-exit? #t)
  self)

(define (open-source who make role name timeout options #:present [present values] . more)
  (check-timeout who timeout)
  (apply open who make role name options timeout present #f more))

(struct publisher producer ())
(struct subscriber source ())
(struct sender producer ())
(struct receiver source ())
(struct setter producer ())
(struct watcher source ())
(struct notifier producer ())
(struct waiter source ())
(struct lock-handle handle ())
(struct peer-watcher source ())

(define (open-publisher name
                        #:history [history 0]
                        #:depth [depth 0]
                        #:pool-bytes-max [pool-bytes-max 0]
                        #:unstamped? [unstamped? #f]
                        #:directory [directory #f])
  (open 'open-publisher publisher role:publish name
        (make-options 'open-publisher directory #:history history #:depth depth
                      #:pool-bytes-max pool-bytes-max #:unstamped? unstamped?)))

(define (open-subscriber name
                         #:lossless? [lossless? #f]
                         #:latest? [latest? #f]
                         #:tap? [tap? #f]
                         #:history [history 0]
                         #:depth [depth 0]
                         #:pool-bytes-max [pool-bytes-max 0]
                         #:timeout [timeout #f]
                         #:directory [directory #f])
  (open-source 'open-subscriber subscriber role:subscribe name timeout
               (make-options 'open-subscriber directory #:lossless? lossless? #:latest? latest?
                             #:tap? tap? #:history history #:depth depth
                             #:pool-bytes-max pool-bytes-max)))

(define (open-sender name
                     #:depth [depth 0]
                     #:pool-bytes-max [pool-bytes-max 0]
                     #:unstamped? [unstamped? #f]
                     #:directory [directory #f])
  (open 'open-sender sender role:send name
        (make-options 'open-sender directory #:depth depth #:pool-bytes-max pool-bytes-max
                      #:unstamped? unstamped?)))

(define (open-receiver name
                       #:depth [depth 0]
                       #:pool-bytes-max [pool-bytes-max 0]
                       #:timeout [timeout #f]
                       #:directory [directory #f])
  (open-source 'open-receiver receiver role:receive name timeout
               (make-options 'open-receiver directory #:depth depth
                             #:pool-bytes-max pool-bytes-max)))

;; The value stays when the setter has gone.
(define (open-setter name
                     #:pool-bytes-max [pool-bytes-max 0]
                     #:unstamped? [unstamped? #f]
                     #:directory [directory #f])
  (open 'open-setter setter role:set name
        (make-options 'open-setter directory #:pool-bytes-max pool-bytes-max
                      #:unstamped? unstamped?)))

(define (open-watcher name #:timeout [timeout #f] #:directory [directory #f])
  (open-source 'open-watcher watcher role:watch name timeout
               (make-options 'open-watcher directory)))

(define (open-notifier name #:directory [directory #f])
  (open 'open-notifier notifier role:notify name (make-options 'open-notifier directory)))

;; No notification is missed from now on. A signal is one that is to be raised in this process
;; instead.
(define (open-waiter name #:signal [signal 0] #:timeout [timeout #f] #:directory [directory #f])
  (open-source 'open-waiter waiter role:wait name timeout #:present message-count
               (make-options 'open-waiter directory #:signal signal)))

;; Of a message of a signal: how many notifications there were since the last one.
(define (message-count self)
  (uint-value (message-value self)))

;; A lock of the machine, free at once when its owner dies; a semaphore of so many permits.
(define (open-lock name #:permits [permits 0] #:directory [directory #f])
  (open 'open-lock lock-handle role:lock name
        (make-options 'open-lock directory #:permits permits)))

;; Watches who has a channel open, of any pattern, without being on it.
(define (open-peer-watcher name #:timeout [timeout #f] #:directory [directory #f])
  (open-source 'open-peer-watcher peer-watcher role:peers name timeout
               (make-options 'open-peer-watcher directory)))

;; Messages that were taken stay good. A wait of another thread in this handle ends.
(define (close self)
  (shut self)
  (void))

(define (shut self)
  (start-atomic)
  (define number (handle-descriptor self))
  (when number
    (unsafe-fd->evt number 'remove #f)
    (set-handle-descriptor! self #f))
  (sipc-close (handle-raw self))
  (end-atomic))

;; Closes handles when the body ends, in whatever way.
(define-syntax-rule (with-handles ([name opened] ...) body ...)
  (let ([all '()])
    (dynamic-wind
     void
     (lambda ()
       (let* ([name (let ([one opened]) (set! all (cons one all)) one)] ...)
         body ...))
     (lambda () (for-each close all)))))

;; Ends the wait that goes on in this handle, or else the next one: a retry whose status is
;; status:interrupted. From any thread.
(define (interrupt self)
  (set-handle-interrupted?! self #t)
  (check-status (sipc-interrupt (handle-raw self))))

;; Of what takes and of clients: readable as long as there may be something to take, with a timeout
;; of 0 until that times out. Not to be read or closed. A handle is an event by it.
(define (descriptor self)
  (or (handle-descriptor self)
      (let ([number (quick-number _int32 (lambda (room) (quick sipc-fd (handle-raw self) room)))])
        (set-handle-descriptor! self number)
        number)))

(define (take-interrupt self)
  (begin0 (handle-interrupted? self)
          (set-handle-interrupted?! self #f)))

;; What the collector has to do with a handle. Who waits there pauses for it: it may be room that
;; is waited for.
(define (when-idle self act)
  (start-atomic)
  (cond
    [(zero? (handle-waits self)) (act)]
    [else
     (set-handle-put-off! self (cons act (handle-put-off self)))
     (sipc-interrupt (handle-raw self))])
  (end-atomic))

;; Calls a procedure that waits in handles.
(define ((inside handles) wait)
  (define (count change)
    (for ([one (in-list handles)])
      (set-handle-waits! one (+ (handle-waits one) change))))
  (define (catch-up one)
    (define due (handle-put-off one))
    (set-handle-put-off! one '())
    (for ([act (in-list due)])
      (when-idle one act)))
  (dynamic-wind
   (lambda () (count 1))
   wait
   (lambda ()
     (count -1)
     (for-each catch-up handles))))

;; #f, or the problem of a wait with this handle.
(define (wait-for self seconds try #:look [look #f] #:undo [undo void])
  (patiently seconds try
             #:look look
             #:handles (list (handle-raw self))
             #:interrupted? (lambda () (take-interrupt self))
             #:undo undo
             #:around (inside (list self))))

(define (wait-or-raise self seconds try #:undo [undo void])
  (define one (wait-for self seconds try #:undo undo))
  (when one
    (raise-problem one)))

;; The next message, or what `function` takes; the default timeout is that of the handle. A break
;; that comes while it is on its way leaves it with the handle.
(define (take self [function sipc-take] #:timeout [seconds (source-timeout self)])
  (define next? (eq? function sipc-take))
  (define found (make-message))
  (define memory (message-memory found))
  (define raw (handle-raw self))
  (define array (handle-array self))
  (define (try ns error)
    (define status (function raw ns memory error))
    (when (and next? (eqv? status status:ok))
      (set-source-untaken! self found))
    status)
  (define (look ns error) (sipc-wait array 1 ns (ptr-add array 8) error))
  (define one (and (not (and next? (source-untaken self))) (wait-for self seconds try #:look look)))
  (when one
    (raise-problem one))
  (start-atomic)
  (define taken (if next? (source-untaken self) found))
  (when next?
    (set-source-untaken! self #f))
  (end-atomic)
  (cond
    [taken (keep-message taken) taken]
    [else (take self function #:timeout seconds)]))

;; Puts a value: publishes, sends, sets it. Waits for room until the timeout, then raises a retry
;; whose status is status:full.
(define (put who self value #:capture-time-ns [capture-time-ns 0] #:timeout [seconds #f])
  (check-timeout who seconds)
  (define-values (memory kept) (encode who value capture-time-ns))
  (define raw (handle-raw self))
  (wait-or-raise self seconds
                 (lambda (ns error)
                   (begin0 (sipc-put raw memory ns error)
                           (void/reference-sink kept)))))

;; Compare and set: only if the value is still the one with that sequence; #f: if there is none
;; yet. Whether it was set.
(define (set-if self value expected
                #:capture-time-ns [capture-time-ns 0]
                #:timeout [seconds #f])
  (check-timeout 'set-if seconds)
  (define-values (memory kept) (encode 'set-if value capture-time-ns))
  (define raw (handle-raw self))
  (define number (if expected (natural 'set-if 'expected expected 64) (sub1 (expt 2 64))))
  (define one
    (wait-for self seconds
              (lambda (ns error)
                (begin0 (sipc-put-if raw memory number ns error)
                        (void/reference-sink kept)))))
  (when (and one (not (eqv? (problem-status one) status:conflict)))
    (raise-problem one))
  (not one))

;; Memory that a producer has lent, 64-byte aligned. It is put once, or cancelled.
(struct loan (producer memory kept bytes [place #:mutable]))

;; A tensor, or if the dtype is 'bytes so many of them, to be filled in place. With a procedure it
;; is put after that.
(define (lend self dtype shape [fill #f]
              #:format [format ""]
              #:capture-time-ns [capture-time-ns 0]
              #:timeout [seconds #f])
  (check-timeout 'lend seconds)
  (define-values (memory kept) (encode-blank 'lend dtype shape format))
  (define raw (handle-raw self))
  (define (lent) (unsafe-sipc-value-data memory))
  (wait-or-raise self seconds
                 (lambda (ns error)
                   (begin0 (sipc-loan raw memory ns error)
                           (void/reference-sink kept)))
                 #:undo (lambda () (sipc-unloan raw (lent))))
  (define one (loan self memory kept (unsafe-sipc-value-len memory) (lent)))
  (register-finalizer one (lambda (lost) (when-idle self (lambda () (loan-cancel lost)))))
  (cond
    [fill
     (dynamic-wind void
                   (lambda ()
                     (fill one)
                     (loan-put one #:capture-time-ns capture-time-ns #:timeout seconds))
                   (lambda () (loan-cancel one)))]
    [else one]))

;; To be written to until it is put; nobody looks whether that is in bounds.
(define (loan-pointer self)
  (or (loan-place self)
      (raise-gone "the loan has been put or cancelled")))

;; Copies bytes to a place in it.
(define (loan-write self data [at 0])
  (unless (and (exact-nonnegative-integer? at) (<= (+ at (bytes-length data)) (loan-bytes self)))
    (raise-range-error 'loan-write "loan" "" at self 0 (loan-bytes self)))
  (memcpy (loan-pointer self) at data (bytes-length data) _byte))

(define (loan-put self #:capture-time-ns [capture-time-ns 0] #:timeout [seconds #f])
  (check-timeout 'loan-put seconds)
  (loan-pointer self)
  (define memory (loan-memory self))
  (define raw (handle-raw (loan-producer self)))
  (unsafe-set-sipc-value-capture-time-ns! memory capture-time-ns)
  (wait-or-raise (loan-producer self) seconds
                 (lambda (ns error)
                   (define status (sipc-put raw memory ns error))
                   (when (eqv? status status:ok)
                     (set-loan-place! self #f))
                   status)))

;; Gives it back; after a put it does nothing.
(define (loan-cancel self)
  (start-atomic)
  (define place (loan-place self))
  (set-loan-place! self #f)
  (when place
    (sipc-unloan (handle-raw (loan-producer self)) place))
  (end-atomic))

;; Waits until the lock, or a permit, is this handle's. The process that died with it, if its last
;; owner did; what it protects may be half done. Else #f.
(define (lock self #:timeout [seconds #f])
  (check-timeout 'lock seconds)
  (define room (allocate 8))
  (define raw (handle-raw self))
  (wait-or-raise self seconds
                 (lambda (ns error) (sipc-lock raw ns room error))
                 #:undo (lambda () (quick sipc-unlock raw)))
  (define pid (ptr-ref room _uint64))
  (and (not (zero? pid)) pid))

;; Whether it is free, and now this handle's.
(define (try-lock self)
  (with-handlers ([exn:fail:sipc:timeout? (lambda (_) #f)])
    (lock self #:timeout 0)
    #t))

(define (unlock self)
  (define raw (handle-raw self))
  (quick sipc-unlock raw))

;; What the procedure answers, which is called with the process that died with the lock, or #f.
(define (call-with-lock self receive #:timeout [seconds #f])
  (define abandoned (lock self #:timeout seconds))
  (dynamic-wind void
                (lambda () (receive abandoned))
                (lambda () (unlock self))))
