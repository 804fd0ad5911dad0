;;; The values of testing/interop as words, and as Guile has them.

(define-module (driver notation)
  #:use-module (ice-9 format)
  #:use-module (ice-9 match)
  #:use-module (rnrs bytevectors)
  #:use-module (system foreign)
  #:use-module (system foreign-library)
  #:use-module ((simpleipc) #:prefix ipc:)
  #:use-module ((simpleipc values) #:select (item-size))
  #:export (parse printed))

(define printed-bytes-max 64)

;;; Reading a word from the left

(define separators (string->char-set ":,]}"))

(define (parse text)
  (define at 0)
  (define (next? char)
    (and (< at (string-length text)) (char=? char (string-ref text at))))
  (define (skip char)
    (and (next? char) (begin (set! at (1+ at)) #t)))
  (define (field)
    ;; Up to the next separator; a colon is passed over.
    (let* ((end (or (string-index text separators at) (string-length text)))
           (found (substring text at end)))
      (set! at end)
      (skip #\:)
      found))
  (define (number) (string->number (field)))
  (define (items close)
    (if (skip close)
        '()
        (let ((item (word)))
          (or (skip #\,) (skip #\:))
          (cons item (items close)))))
  (define (tensor data)
    (let* ((dtype (string->symbol (field)))
           (sizes (field))
           (shape (if (string-null? sizes) '() (map string->number (string-split sizes #\x))))
           (format (text-of-hex (field))))
      (ipc:tensor (data (apply * (item-size dtype) shape))
                  #:dtype dtype #:shape shape #:format format)))
  (define (word)
    (set! at (1+ at))
    (match (string-ref text (1- at))
      (#\n 'null)
      (#\b (string=? (field) "1"))
      (#\i (number))
      (#\u (ipc:uint (number)))
      (#\d (let ((bits (make-bytevector 8)))
             (bytevector-u64-native-set! bits 0 (string->number (field) 16))
             (bytevector-ieee-double-native-ref bits 0)))
      (#\s (text-of-hex (field)))
      (#\x (bytes-of-hex (field)))
      (#\[ (list->vector (items #\])))
      (#\{ (let loop ((all (items #\})))
             (match all
               (() '())
               ((key value . rest) (acons key value (loop rest))))))
      (#\t (tensor (lambda (size) (bytes-of-hex (field)))))
      (#\T (tensor (lambda (size) (pattern size (number)))))
      (#\o (let ((type (text-of-hex (field)))) (ipc:opaque (bytes-of-hex (field)) type)))
      (#\X (let ((size (number))) (pattern size (number))))
      (#\S (let ((size (number))) (text-pattern size (number))))))
  (word))

(define (bytes-of-hex hex)
  (let ((bytes (make-bytevector (quotient (string-length hex) 2))))
    (do ((index 0 (1+ index))) ((= index (bytevector-length bytes)) bytes)
      (bytevector-u8-set! bytes index
                          (string->number (substring hex (* 2 index) (* 2 (1+ index))) 16)))))

(define (text-of-hex hex) (utf8->string (bytes-of-hex hex)))

(define (repeated block size)
  "The bytes of a block, over and over."
  (let ((bytes (make-bytevector size)))
    (let loop ((at 0))
      (if (= at size)
          bytes
          (let ((count (min (bytevector-length block) (- size at))))
            (bytevector-copy! block 0 bytes at count)
            (loop (+ at count)))))))

(define (pattern size seed)
  (repeated (u8-list->bytevector (map (lambda (index) (logand 255 (+ seed index))) (iota 251)))
            size))

(define (text-pattern size seed)
  (utf8->string
   (repeated (u8-list->bytevector
              (map (lambda (index) (+ 97 (modulo (+ seed index) 26))) (iota 23)))
             size)))

;;; Writing

(define (hex bytes)
  (string-concatenate (map (lambda (byte) (format #f "~2,'0x" byte)) (bytevector->u8-list bytes))))

(define (hex-of-text text) (hex (string->utf8 text)))

;; In Guile itself it would take seconds for the largest values.
(define crc-32
  (let ((crc32 (foreign-library-function "libz.so.1" "crc32" #:return-type unsigned-long
                                         #:arg-types (list unsigned-long '* unsigned-int))))
    (lambda (bytes) (crc32 0 (bytevector->pointer bytes) (bytevector-length bytes)))))

(define (digest bytes)
  (if (<= (bytevector-length bytes) printed-bytes-max)
      (hex bytes)
      (format #f "#~d:~8,'0x" (bytevector-length bytes) (crc-32 bytes))))

(define (printed value)
  (cond ((eq? value 'null) "n")
        ((boolean? value) (if value "b1" "b0"))
        ((exact-integer? value) (format #f "i~d" value))
        ((ipc:uint? value) (format #f "u~d" (ipc:uint-number value)))
        ((real? value)
         (let ((bits (make-bytevector 8)))
           (bytevector-ieee-double-native-set! bits 0 value)
           (format #f "d~16,'0x" (bytevector-u64-native-ref bits 0))))
        ((string? value) (string-append "s" (digest (string->utf8 value))))
        ((bytevector? value) (string-append "x" (digest value)))
        ((vector? value)
         (string-append "[" (string-join (map printed (vector->list value)) ",") "]"))
        ((list? value)
         (string-append "{" (string-join (map (match-lambda
                                                ((key . item)
                                                 (string-append (printed key) ":" (printed item))))
                                              value)
                                         ",")
                        "}"))
        ((ipc:tensor? value)
         (format #f "t~a:~a:~a:~a" (ipc:tensor-dtype value)
                 (string-join (map number->string (ipc:tensor-shape value)) "x")
                 (hex-of-text (ipc:tensor-format value)) (digest (ipc:tensor-bytes value))))
        ((ipc:opaque? value)
         (format #f "o~a:~a" (hex-of-text (ipc:opaque-type value))
                 (digest (ipc:opaque-data value))))))
