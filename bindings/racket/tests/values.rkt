#lang racket/base

(require ffi/unsafe
         racket/dict
         racket/file
         racket/string
         rackunit
         "harness.rkt"
         (prefix-in c: "../simpleipc/generated.rkt")
         (prefix-in ipc: "../simpleipc.rkt"))

(define (round-trip value)
  (ipc:send "values" value)
  (ipc:message-value (ipc:receive "values" #:timeout soon)))

(define dtypes
  '((bool 1) (u8 1) (i8 1) (u16 2) (i16 2) (u32 4) (i32 4) (u64 8) (i64 8)
    (f16 2) (f32 4) (f64 8) (c64 8) (c128 16)))

;; The file that a place in memory belongs to, as the kernel says it.
(define (file-at place)
  (for/first ([line (in-list (file->lines "/proc/self/maps"))]
              #:when (let ([ends (string-split (car (string-split line)) "-")])
                       (<= (string->number (car ends) 16)
                           place
                           (sub1 (string->number (cadr ends) 16)))))
    line))

(run
 (test-suite
  "values"
  (test-case "structs have the size they have in C"
    (define names '("error" "value" "message" "options"))
    (define (print name) (format "printf(\"%zu \", sizeof(sipc_~a));" name))
    (define printed (string-append* (map print names)))
    (check-equal?
     (string-split
      (compile-and-run (string-append "#include <simpleipc.h>\n#include <stdio.h>\n"
                                      "int main(void) { " printed " return 0; }")))
     (map (lambda (type) (number->string (ctype-sizeof type)))
          (list c:_sipc-error c:_sipc-value c:_sipc-message c:_sipc-options))))
  (test-case "values arrive as what they were"
    (for ([value (list 'null #t #f 0 (- (expt 2 63)) (sub1 (expt 2 63)) 1.5 -0.0 +inf.0 +nan.0
                       "" "gr\u00fcn\0" #"" #"\377\0" '() '(1 (2.0 "x" null))
                       (ipc:uint 0) (ipc:uint (sub1 (expt 2 64)))
                       (ipc:opaque #"{}" "application/json")
                       (ipc:ordered-dict '())
                       (ipc:ordered-dict
                        `(("b" . 1) ("a" . (,(ipc:ordered-dict '(("k" . "v"))))))))])
      (check-equal? (round-trip value) value)))
  (test-case "what Racket has more of arrives as what comes nearest"
    (check-equal? (round-trip #(1 2)) '(1 2))
    (check-equal? (round-trip (hash 'k 1)) (ipc:ordered-dict '(("k" . 1))))
    (check-equal? (round-trip (hash "k" 1)) (ipc:ordered-dict '(("k" . 1))))
    (check-equal? (round-trip (expt 2 63)) (ipc:uint (expt 2 63))))
  (test-case "a map is a dictionary in its order"
    (define there (round-trip (ipc:ordered-dict '(("z" . 1) ("a" . 2) ("m" . 3)))))
    (check-equal? (dict-keys there) '("z" "a" "m"))
    (check-equal? (dict-ref there "a") 2)
    (check-equal? (dict-ref there "b" 'none) 'none)
    (check-exn exn:fail:contract? (lambda () (dict-ref there "b")))
    (check-equal? (dict->list (dict-remove (dict-set (dict-set there "a" 5) "n" 6) "z"))
                  '(("a" . 5) ("m" . 3) ("n" . 6)))
    (check-equal? (dict-count there) 3))
  (test-case "what cannot be sent is an error of Racket, and nothing is sent"
    (define deep (for/fold ([value '()]) ([_ 100]) (list value)))
    (check-refused (ipc:send "refused" (lambda () 1))
                   (ipc:send "refused" (void))
                   (ipc:send "refused" 'symbol)
                   (ipc:send "refused" 1/2)
                   (ipc:send "refused" (hash 1 2))
                   (ipc:send "refused" (list 1 (list (box 2))))
                   (ipc:send "refused" (expt 2 64))
                   (ipc:send "refused" (- -1 (expt 2 63)))
                   (ipc:send "refused" deep)
                   (ipc:send "refused" '(1 . 2))
                   (ipc:uint -1)
                   (ipc:uint (expt 2 64))
                   (ipc:opaque "text" "x")
                   (ipc:ordered-dict '((1 . 2))))
    (define long-label (ipc:opaque #"" (make-string 256 #\x)))
    (check-equal? (status-of (lambda () (ipc:send "refused" long-label))) ipc:status:bad-value)
    (check-equal? (status-of (lambda () (ipc:receive "refused" #:timeout 0))) ipc:status:timeout))
  (test-case "a tensor that does not fit its shape is refused"
    (check-refused (ipc:tensor 'u8 '(2 3) #"12345")
                   (ipc:tensor 'u8 '(-1) #"")
                   (ipc:tensor 'u8 '(1.0) #"1")
                   (ipc:tensor 'u8 '(1 1 1 1 1 1 1 1 1) #"1")
                   (ipc:tensor 'u9 '(1) #"1")
                   (ipc:tensor 'u8 '(2 2) #"12" #:strides '(2 1))
                   (ipc:tensor 'u8 '(2 2) #"1234" #:strides '(1))
                   (ipc:tensor-ref (ipc:tensor 'u8 '(2) #"12") 2)
                   (ipc:tensor-ref (ipc:tensor 'u8 '(2) #"12"))))
  (test-case "tensors of every type arrive"
    (for ([one (in-list dtypes)])
      (define data (apply bytes (for/list ([at (* 6 (cadr one))]) (modulo at 60))))
      (define there (round-trip (ipc:tensor (car one) '(2 3) data #:format "any")))
      (check-equal? (list (ipc:tensor-dtype there) (ipc:tensor-shape there)
                          (ipc:tensor-format there) (ipc:tensor-bytes there))
                    (list (car one) '(2 3) "any" data))))
  (test-case "a tensor is numbers in nested lists"
    (define (listed dtype shape . data)
      (ipc:tensor->list (ipc:tensor dtype shape (apply bytes data))))
    (check-equal? (listed 'bool '(2) 1 0) '(#t #f))
    (check-equal? (listed 'i8 '(2 1) 255 1) '((-1) (1)))
    (check-equal? (listed 'u16 '(1) 255 255) '(65535))
    (check-equal? (listed 'f32 '() 0 0 0 63) 0.5)
    (check-equal? (listed 'c64 '(1) 0 0 128 63 0 0 0 64) '(1.0+2.0i))
    (check-equal? (listed 'u8 '(2 0)) '(() ())))
  (test-case "a part of an image is sent by its strides"
    (define part (ipc:tensor 'u8 '(3 2) #"0123456789ab" #:strides '(4 1)))
    (check-equal? (ipc:tensor-bytes part) #"014589")
    (check-equal? (ipc:tensor-ref part 1 0) (char->integer #\4))
    (ipc:send "parts" part)
    (check-equal? (ipc:receive "parts" #:timeout soon
                               (lambda (message) (ipc:tensor-bytes (ipc:message-value message))))
                  #"014589"))
  (test-case "a tensor is looked at where it lies, until its message is released"
    (ipc:send "large" (ipc:tensor 'u8 '(100 100) (make-bytes 10000 97)))
    (define message (ipc:receive "large" #:timeout soon))
    (define tensor (ipc:message-value message))
    (define place (cast (ipc:tensor-pointer tensor) _pointer _intptr))
    (check-true (string-contains? (file-at place) (getenv "SIPC_DIR")))
    (check-equal? (remainder place 64) 0)
    (check-equal? (ipc:tensor-ref tensor 50 0) 97)
    (ipc:release message)
    (check-exn ipc:exn:fail:sipc:gone? (lambda () (ipc:tensor-ref tensor 0 0)))
    (check-exn ipc:exn:fail:sipc:gone? (lambda () (ipc:tensor-bytes tensor)))
    (check-exn ipc:exn:fail:sipc:gone? (lambda () (ipc:send "large" tensor))))
  (test-case "a tensor keeps its message"
    (define (take) (ipc:message-value (ipc:receive "kept" #:timeout soon)))
    (ipc:send "kept" (ipc:tensor 'u8 '(100000) (make-bytes 100000 120)))
    (define tensor (take))
    (collect-garbage)
    (for ([_ 3])
      (ipc:send "kept" (make-bytes 100000 121)))
    (check-equal? (ipc:tensor-bytes tensor) (make-bytes 100000 120))
    (for ([_ 3])
      (take)))))
