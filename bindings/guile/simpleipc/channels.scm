;;; Handles on queues, topics, states, signals and locks.

(define-module (simpleipc channels)
  #:use-module (ice-9 atomic)
  #:use-module (ice-9 match)
  #:use-module (rnrs bytevectors)
  #:use-module ((srfi srfi-1) #:select (any find))
  #:use-module (srfi srfi-9)
  #:use-module (srfi srfi-11)
  #:use-module (system foreign)
  #:use-module ((simpleipc generated) #:prefix c:)
  #:use-module (simpleipc library)
  #:use-module (simpleipc message)
  #:use-module (simpleipc values)
  #:export (open-handle handle? raw role handle-name handle-timeout check-role make-options
            patiently leave-over give-back open-publisher open-subscriber open-sender
            open-receiver open-setter open-watcher open-notifier open-waiter open-lock open-client
            open-host open-peer-watcher interrupt descriptor kept set-kept! take take-next put
            set-if wait-any with-encoded
            loan? loan loan-tensor loan-bytes write-bytes put-loan cancel-loan
            lock try-lock unlock abandoned-pid facts set-facts!)
  #:replace (close))

;; What all handles have. It is closed by `close`, by `with-open` or by the collector. KEPT is a
;; message that an async came behind, LEFTOVERS what is to be given back and could not be at once,
;; FACTS what only some roles have.
(define-record-type <handle>
  (make-handle raw role name timeout kept is-interrupted leftovers facts)
  handle?
  (raw raw)
  (role role)
  (name handle-name)
  (timeout handle-timeout)
  (kept kept set-kept!)
  (is-interrupted is-interrupted set-is-interrupted!)
  (leftovers leftovers)
  (facts facts set-facts!))

(define roles
  `((publish . ,c:role-publish) (subscribe . ,c:role-subscribe) (send . ,c:role-send)
    (receive . ,c:role-receive) (set . ,c:role-set) (watch . ,c:role-watch)
    (notify . ,c:role-notify) (wait . ,c:role-wait) (lock . ,c:role-lock) (call . ,c:role-call)
    (serve . ,c:role-serve) (peers . ,c:role-peers) (host . ,c:role-host)))

(define (check-role handle . roles)
  (unless (and (handle? handle) (or (null? roles) (memq (role handle) roles)))
    (wrong-type (string-join (cons "handle to" (map symbol->string roles))) handle))
  handle)

(define* (make-options #:key timeout lossless latest unstamped tap (history 0) (depth 0)
                       (pool-bytes-max 0) directory (signal 0) (permits 0))
  "The struct of options, what it points to, and the timeout."
  (define (number what value bits)
    (unless (exact-integer? value) (wrong-type what value))
    (unless (< -1 value (expt 2 bits)) (out-of-range what value))
    value)
  (nanoseconds timeout)
  (let ((raw (room c:options-bytes))
        (place (if directory (text-address directory "directory") %null-pointer)))
    (define (u32 field value) (bytevector-u32-native-set! raw field value))
    (u32 c:options-size c:options-bytes)
    (u32 c:options-flags (logior (if lossless c:option-lossless 0) (if latest c:option-latest 0)
                                 (if unstamped c:option-unstamped 0) (if tap c:option-tap 0)))
    (u32 c:options-history (number "history" history 32))
    (u32 c:options-depth (number "depth" depth 32))
    (bytevector-u64-native-set! raw c:options-pool-bytes-max
                                (number "pool-bytes-max" pool-bytes-max 64))
    (bytevector-u64-native-set! raw c:options-directory (pointer-address place))
    (u32 c:options-signal (number "signal" signal 31))
    (u32 c:options-permits (number "permits" permits 32))
    (values raw place timeout)))

(define c-open (c 'open))
(define c-close (c 'close))

(define guard-handle
  (when-forgotten handle? (lambda (handle) (c-close (raw handle)))))

(define (open-handle role name options)
  "NAME is #f for the server of a plugin."
  (tidy-up)
  (let-values (((struct place timeout) (apply make-options options)))
    (let ((where (if name (text-address name "name") %null-pointer)) (out (room 8)))
      (call-with-blocked-asyncs
       (lambda ()
         (ask c-open where (assq-ref roles role) (bytevector->pointer struct)
              (bytevector->pointer out))
         (touch struct place)
         (let ((raw (bytevector-u64-native-ref out 0)))
           (guard-handle (make-handle raw role name timeout #f #f (make-atomic-box '()) #f))))))))

(define-syntax-rule (define-opener name role)
  (define (name channel . options)
    (open-handle 'role (begin (unless (string? channel) (wrong-type "name" channel)) channel)
                 options)))

(define-opener open-publisher publish)
(define-opener open-subscriber subscribe)
(define-opener open-sender send)
(define-opener open-receiver receive)
(define-opener open-setter set)
(define-opener open-watcher watch)
(define-opener open-notifier notify)
(define-opener open-waiter wait)
(define-opener open-lock lock)
(define-opener open-client call)
(define-opener open-host host)
(define-opener open-peer-watcher peers)

(define (close handle)
  "Messages that were taken stay good. A wait of another thread in this handle ends. Twice without
harm."
  (c-close (raw (check-role handle)))
  *unspecified*)

(define c-interrupt (c 'interrupt))

(define (interrupt handle)
  "Ends the wait that goes on in this handle, or else the next one, by a retry-error whose status is
interrupted. For other threads."
  (set-is-interrupted! (check-role handle) #t)
  (check (c-interrupt (raw handle))))

(define (take-interrupt handle)
  "Whether a wait ended for `interrupt`, and not for any signal; said once."
  (let ((was (is-interrupted handle)))
    (set-is-interrupted! handle #f)
    was))

(define (leave-over handle thunk)
  "Has something given back by the next call in the handle, or by the next slice of the wait there.
The thunk answers the status."
  (let* ((box (leftovers handle)) (all (atomic-box-ref box)))
    (unless (eq? all (atomic-box-compare-and-swap! box all (cons thunk all)))
      (leave-over handle thunk))))

(define (give-back handle thunk)
  "Gives something back, at once if no other thread is inside the handle. The status."
  (let ((number (thunk)))
    (when (= number c:status-busy) (leave-over handle thunk))
    number))

(define (tidy-up-handle handle)
  (unless (null? (atomic-box-ref (leftovers handle)))
    (for-each (lambda (thunk) (give-back handle thunk))
              (atomic-box-swap! (leftovers handle) '()))))

(define* (patiently timeout handles try #:optional (accepted '()))
  (call-patiently timeout (lambda () (any take-interrupt handles))
                  (lambda (ns complaint)
                    (for-each tidy-up-handle handles)
                    (try ns complaint))
                  accepted))

(define c-fd (c 'fd))

(define (descriptor handle)
  "A descriptor of what takes and of clients, readable as long as there may be something to take
with a timeout of 0 until a timeout-error. It is not to be read or closed."
  (let ((out (room 4)))
    (ask c-fd (raw (check-role handle)) (bytevector->pointer out))
    (bytevector-s32-native-ref out 0)))

;;; What puts

(define c-put (c 'put))
(define c-put-if (c 'put-if))

(define (with-encoded value use)
  "Calls USE with where the struct of a value is, which is kept meanwhile."
  (let-values (((struct kept) (encode value)))
    (let ((result (use struct (bytevector->pointer struct))))
      (touch struct kept)
      result)))

(define* (put handle value #:key (timeout (handle-timeout (check-role handle))) (capture-time 0))
  "Waits for room until the timeout, then raises a retry-error whose status is full."
  (with-encoded value
    (lambda (struct address)
      (capture-time-set! struct capture-time)
      (patiently timeout (list handle)
                      (lambda (ns complaint) (c-put (raw handle) address ns complaint)))))
  *unspecified*)

(define* (set-if setter value expected #:key (timeout (handle-timeout (check-role setter 'set)))
                 (capture-time 0))
  "Compare and set: only if the value is still the one with the sequence EXPECTED; #f: if there is
none yet. Whether it was set."
  (when expected
    (unless (exact-integer? expected) (wrong-type "sequence" expected))
    (unless (< -1 expected (expt 2 64)) (out-of-range "sequence" expected)))
  (with-encoded value
    (lambda (struct address)
      (capture-time-set! struct capture-time)
      (= c:status-ok
         (patiently timeout (list setter)
                         (lambda (ns complaint)
                           (c-put-if (raw setter) address (or expected (1- (expt 2 64))) ns
                                     complaint))
                         (list c:status-conflict))))))

;;; What takes

(define c-take (c 'take))
(define c-wait (c 'wait))

(define (take keeper set-kept! kept handles timeout function)
  "The message with which FUNCTION fills a struct: it is given that, nanoseconds to wait, and where
a complaint goes. An async that comes behind it leaves it with its keeper, for the next time."
  (tidy-up)
  (or (kept keeper)
      (let* ((struct (new-struct)) (address (bytevector->pointer struct)))
        (patiently timeout handles
                        (lambda (ns complaint)
                          (let ((status (function address ns complaint)))
                            (when (or (= status c:status-ok) (= status c:status-failed))
                              (set-kept! keeper (message-of struct (= status c:status-failed))))
                            status))
                        (list c:status-failed))))
  (let ((message (kept keeper)))
    (set-kept! keeper #f)
    message))

(define (take-next handle timeout)
  (take handle set-kept! kept (list handle) timeout
        (lambda (struct ns complaint) (c-take (raw handle) ns struct complaint))))

(define* (wait-any handles #:key timeout)
  "Waits until one of several handles has something to take, and answers that one."
  (or (find kept handles)
      (let ((all (uint-list->bytevector (map raw handles) (native-endianness) 8))
            (index (room 4)))
        (patiently timeout handles
                        (lambda (ns complaint)
                          (c-wait (bytevector->pointer all) (length handles) ns
                                  (bytevector->pointer index) complaint)))
        (list-ref handles (bytevector-u32-native-ref index 0)))))

;;; Memory of a channel

(define c-loan (c 'loan))
(define c-unloan (c 'unloan))

;; Memory that a producer has lent, 64-byte aligned, to be filled through `loan-bytes`,
;; `write-bytes` or `tensor-array` of its `loan-tensor`. It is put once, or cancelled.
(define-record-type <loan> (make-loan producer struct kept tensor is-lent) loan?
  (producer loan-producer)
  (struct loan-struct)
  (kept loan-kept)
  (tensor lent-tensor set-lent-tensor!)
  (is-lent is-lent set-is-lent!))

(define (end-loan loan way)
  "Calls WAY with the producer and what gives the loan back."
  (when (is-lent loan)
    (let ((channel (raw (loan-producer loan)))
          (place (make-pointer (bytevector-u64-native-ref (loan-struct loan) c:value-data))))
      (call-with-blocked-asyncs
       (lambda ()
         (set-is-lent! loan #f)
         (way (loan-producer loan) (lambda () (c-unloan channel place))))))))

(define (cancel-loan loan)
  "Gives it back, within a second if another thread waits in the handle; after a put it does
nothing."
  (end-loan loan give-back)
  *unspecified*)

(define guard-loan (when-forgotten loan? (lambda (loan) (end-loan loan leave-over))))

(define* (loan producer dtype shape #:key (format "")
               (timeout (handle-timeout (check-role producer 'publish 'send 'set))))
  "Memory for a tensor, or for bytes, if the dtype is bytes and the shape their number."
  (tidy-up)
  (let* ((is-bytes (eq? dtype 'bytes))
         (shape (check-shape (if is-bytes (list shape) shape)))
         (format-bytes (if (string? format) (string->utf8 format) (wrong-type "format" format)))
         (struct (room c:value-bytes)))
    (define (u64 field number) (bytevector-u64-native-set! struct field number))
    (bytevector-u32-native-set! struct c:value-size c:value-bytes)
    (cond (is-bytes
           (bytevector-u32-native-set! struct c:value-kind c:kind-bytes)
           (u64 c:value-len (car shape)))
          (else
           (fill-shape! struct 0 (check-dtype dtype) shape (dense-strides dtype shape))
           (u64 c:value-label (address-of format-bytes))
           (u64 c:value-label-len (bytevector-length format-bytes))))
    (define (lent)
      (let* ((len (bytevector-u64-native-ref struct c:value-len))
             (bytes (if (zero? len)
                        (make-bytevector 0)
                        (pointer->bytevector
                         (make-pointer (bytevector-u64-native-ref struct c:value-data)) len)))
             (loan (make-loan producer struct format-bytes #f #t))
             (tensor (tensor bytes #:dtype (if is-bytes 'u8 dtype) #:shape shape
                             #:format format)))
        (set-tensor-gate! tensor (lambda () (check-lent loan)))
        (set-lent-tensor! loan tensor)
        (guard-loan loan)))
    (let ((loan #f))
      (patiently timeout (list producer)
                 (lambda (ns complaint)
                   (let ((status (c-loan (raw producer) (bytevector->pointer struct) ns complaint)))
                     (when (= status c:status-ok) (set! loan (lent)))
                     status)))
      loan)))

(define (check-lent loan)
  (unless (is-lent loan) (gone-error "the loan has been put or cancelled")))

(define (loan-tensor loan)
  (check-lent loan)
  (lent-tensor loan))

(define (loan-bytes loan)
  "The bytes of a loan; after it is put they must not be touched."
  (tensor-data (loan-tensor loan)))

(define* (write-bytes loan bytes #:optional (at 0))
  "Copies bytes to a place in a loan."
  (unless (bytevector? bytes) (wrong-type "bytevector" bytes))
  (let ((to (loan-bytes loan)))
    (unless (and (exact-integer? at)
                 (<= 0 at (- (bytevector-length to) (bytevector-length bytes))))
      (out-of-range "place in the loan" at))
    (bytevector-copy! bytes 0 to at (bytevector-length bytes))))

(define* (put-loan loan #:key (timeout (handle-timeout (loan-producer loan))) (capture-time 0))
  (check-lent loan)
  (capture-time-set! (loan-struct loan) capture-time)
  (let ((producer (loan-producer loan)) (struct (loan-struct loan)))
    (patiently timeout (list producer)
               (lambda (ns complaint)
                 (let ((status (c-put (raw producer) (bytevector->pointer struct) ns complaint)))
                   (when (= status c:status-ok) (set-is-lent! loan #f))
                   status)))
    (touch loan))
  *unspecified*)

;;; Locks

(define c-lock (c 'lock))
(define c-unlock (c 'unlock))

(define* (lock lock #:key (timeout (handle-timeout (check-role lock 'lock))))
  "Waits until it is this handle's."
  (let ((pid (room 8)))
    (patiently timeout (list lock)
                    (lambda (ns complaint)
                      (let ((status (c-lock (raw lock) ns (bytevector->pointer pid) complaint)))
                        (when (= status c:status-ok)
                          (set-facts! lock (bytevector-u64-native-ref pid 0)))
                        status)))
    lock))

(define (try-lock one)
  "Whether it is free, and now this handle's."
  (with-exception-handler
      (lambda (error) (if (timeout-error? error) #f (raise-exception error)))
    (lambda () (lock one #:timeout 0) #t)
    #:unwind? #t))

(define (unlock lock)
  (ask c-unlock (raw (check-role lock 'lock))))

(define (abandoned-pid lock)
  "The process that died with it, if its last owner did, else #f; what it protects may be half
done."
  (let ((pid (facts lock)))
    (and pid (positive? pid) pid)))
