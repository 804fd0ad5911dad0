#lang racket/base

;; The plurals of the driver: the same verb many times, in loops that are measured from outside.

(require ffi/unsafe
         (prefix-in ipc: "simpleipc.rkt"))

(provide puts
         loans
         takes
         calls
         serves)

(define room-seconds 10)

(define (puts sender value count)
  (for ([_ (in-range count)])
    (ipc:send sender value #:timeout room-seconds)))

;; Of each frame only the ends are written: what it costs to fill is not the library's.
(define (loans sender height width count)
  (define (write-ends frame)
    (define place (ipc:loan-pointer frame))
    (ptr-set! place _uint8 1)
    (ptr-set! place _uint8 (sub1 (ipc:loan-size frame)) 2))
  (for ([_ (in-range count)])
    (ipc:lend sender 'u8 (list height width 3) write-ends #:timeout room-seconds)))

;; Adds up sequence numbers and both ends of the data.
(define (takes receiver count)
  (define (look message)
    (+ (ipc:message-sequence message) (ends (ipc:message-value message))))
  (for/sum ([_ (in-range count)])
    (ipc:receive receiver look #:timeout room-seconds)))

(define (ends value)
  (cond
    [(bytes? value) (+ (bytes-ref value 0) (bytes-ref value (sub1 (bytes-length value))))]
    [else
     (define last (map sub1 (ipc:tensor-shape value)))
     (+ (apply ipc:tensor-ref value (map (lambda (_) 0) last)) (apply ipc:tensor-ref value last))]))

;; Adds up the results of `add`.
(define (calls client count)
  (for/sum ([_ (in-range count)])
    (ipc:call client "add" 2 3 #:timeout room-seconds)))

(define (serves server count)
  (for ([_ (in-range count)])
    (ipc:receive server #:timeout room-seconds
                 (lambda (request) (ipc:reply request (apply + (ipc:request-args request)))))))
