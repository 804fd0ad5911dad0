#lang racket/base

;; The values of testing/interop as words, and as Racket has them.

(require racket/string
         (prefix-in ipc: "simpleipc.rkt"))

(provide parse
         print-value
         data->hex)

(define printed-bytes-max 64)

(define (hex->bytes hex)
  (define data (make-bytes (quotient (string-length hex) 2)))
  (for ([at (in-range (bytes-length data))])
    (bytes-set! data at (string->number (substring hex (* 2 at) (+ 2 (* 2 at))) 16)))
  data)

(define (data->hex data)
  (apply string-append (for/list ([byte (in-bytes data)]) (pad (number->string byte 16) 2))))

(define (pad digits width)
  (string-append (make-string (max 0 (- width (string-length digits))) #\0) digits))

(define (hex->text hex) (bytes->string/utf-8 (hex->bytes hex)))

;; Reads a word from the left.
(define (parse word)
  (define at 0)
  (define (here) (and (< at (string-length word)) (string-ref word at)))
  (define (step) (set! at (add1 at)))
  (define (skip letter) (when (eqv? (here) letter) (step)))
  ;; Up to the next separator; a colon is passed over.
  (define (field)
    (define start at)
    (let loop ()
      (unless (memv (here) '(#\: #\, #\] #\} #f))
        (step)
        (loop)))
    (begin0 (substring word start at)
            (skip #\:)))
  (define (items end read)
    (define all
      (let loop ()
        (cond
          [(eqv? (here) end) '()]
          [else
           (define item (read))
           (skip #\,)
           (cons item (loop))])))
    (step)
    (skip #\:)
    all)
  (define (read-pair)
    (define key (read-value))
    (cons key (read-value)))
  (define (read-tensor read-data)
    (define dtype (string->symbol (field)))
    (define shape (map string->number (string-split (field) "x")))
    (define format (hex->text (field)))
    (define size (ipc:dtype-bytes dtype))
    (ipc:tensor dtype shape (read-data (apply * size shape)) #:format format))
  (define (read-value)
    (define letter (here))
    (step)
    (case letter
      [(#\n) 'null]
      [(#\b) (equal? (field) "1")]
      [(#\i) (string->number (field))]
      [(#\u) (ipc:uint (string->number (field)))]
      [(#\d) (floating-point-bytes->real (hex->bytes (field)) #t)]
      [(#\s) (hex->text (field))]
      [(#\x) (hex->bytes (field))]
      [(#\[) (items #\] read-value)]
      [(#\{) (ipc:ordered-dict (items #\} read-pair))]
      [(#\t) (read-tensor (lambda (_) (hex->bytes (field))))]
      [(#\T) (read-tensor (lambda (size) (pattern size (string->number (field)))))]
      [(#\o)
       (define type (hex->text (field)))
       (ipc:opaque (hex->bytes (field)) type)]
      [(#\X)
       (define size (string->number (field)))
       (pattern size (string->number (field)))]
      [(#\S)
       (define size (string->number (field)))
       (text-pattern size (string->number (field)))]
      [else (error 'parse "there is no such value: ~a" word)]))
  (read-value))

(define (pattern size seed)
  (define data (make-bytes size))
  (for ([at (in-range size)])
    (bytes-set! data at (bitwise-and 255 (+ seed (remainder at 251)))))
  data)

(define (text-pattern size seed)
  (build-string size
                (lambda (at)
                  (integer->char (+ 97 (remainder (+ seed (remainder at 23)) 26))))))

(define (print-value value)
  (cond
    [(eq? value 'null) "n"]
    [(boolean? value) (if value "b1" "b0")]
    [(exact-integer? value) (format "i~a" value)]
    [(ipc:uint? value) (format "u~a" (ipc:uint-value value))]
    [(flonum? value)
     (string-append "d" (data->hex (real->floating-point-bytes value 8 #t)))]
    [(string? value) (string-append "s" (print-data (string->bytes/utf-8 value)))]
    [(bytes? value) (string-append "x" (print-data value))]
    [(list? value) (format "[~a]" (string-join (map print-value value) ","))]
    [(ipc:ordered-dict? value)
     (define pairs
       (for/list ([pair (in-list (ipc:ordered-dict-pairs value))])
         (format "~a:~a" (print-value (car pair)) (print-value (cdr pair)))))
     (format "{~a}" (string-join pairs ","))]
    [(ipc:tensor? value)
     (format "t~a:~a:~a:~a"
             (ipc:tensor-dtype value)
             (string-join (map number->string (ipc:tensor-shape value)) "x")
             (text->hex (ipc:tensor-format value))
             (print-data (ipc:tensor-bytes value)))]
    [(ipc:opaque? value)
     (format "o~a:~a"
             (text->hex (ipc:opaque-content-type value))
             (print-data (ipc:opaque-data value)))]
    [else (error 'print-value "no notation for ~e" value)]))

(define (text->hex text) (data->hex (string->bytes/utf-8 text)))

(define (print-data data)
  (if (<= (bytes-length data) printed-bytes-max)
      (data->hex data)
      (format "#~a:~a" (bytes-length data) (pad (number->string (crc-32 data) 16) 8))))

(define crc-table
  (for/vector #:length 256 ([byte (in-range 256)])
    (for/fold ([rest byte]) ([_ (in-range 8)])
      (define half (arithmetic-shift rest -1))
      (if (odd? rest) (bitwise-xor #xEDB88320 half) half))))

(define (crc-32 data)
  (bitwise-xor
   #xFFFFFFFF
   (for/fold ([rest #xFFFFFFFF]) ([byte (in-bytes data)])
     (bitwise-xor (vector-ref crc-table (bitwise-and 255 (bitwise-xor rest byte)))
                  (arithmetic-shift rest -8)))))
