(define-module (tests values)
  #:use-module (rnrs bytevectors)
  #:use-module (ice-9 rdelim)
  #:use-module (srfi srfi-4)
  #:use-module (system foreign)
  #:use-module ((simpleipc generated) #:prefix c:)
  #:use-module ((simpleipc) #:prefix ipc:)
  #:use-module (tests harness))

(define (round-trip value)
  (ipc:send "values" value)
  (taken "values"))

(define-test "structs have the size they have in C"
  (same (getenv "SIPC_SIZES")
        (string-join (map number->string
                          (list c:value-bytes c:message-bytes c:error-bytes c:options-bytes)))))

(define-test "values arrive as what they were"
  (for-each (lambda (value) (same value (round-trip value)))
            (list 'null #t #f 0 (- (expt 2 63)) (1- (expt 2 63)) 1.5 -0.0 (inf) ""
                  "gr\xfcn\0" "\U01f600" #vu8(255 0) #vu8() #() #(1 #(2.0 "x" null)) '()
                  '(("b" . 1) ("a" . #((("k" . "v"))))))))

(define-test "a map keeps its order"
  (let ((map '(("z" . 1) ("a" . 2) ("m" . 3) ("b" . 4))))
    (same map (round-trip map))))

(define-test "unsigned integers stay unsigned"
  (same (ipc:uint 5) (round-trip (ipc:uint 5)))
  (same (ipc:uint (1- (expt 2 64))) (round-trip (1- (expt 2 64)))))

(define-test "opaque values keep their content type"
  (let ((json (ipc:opaque #vu8(123 125) "application/json")))
    (same json (round-trip json))))

(define-test "what cannot be sent is an error of Guile, and nothing is sent"
  (let ((round (list (cons "a" 1))))
    (set-cdr! round round)
    (for-each (lambda (value) (raises 'wrong-type-arg (ipc:send "refused" value)))
              (list car 'symbol 1/2 1+2i #\a #*101 (list 1 2) (cons "a" 1) '((1 . 2)) round
                    (make-array 0 2 2) (vector 1 car) #:keyword (current-output-port))))
  (let ((deep (let loop ((count 100)) (if (zero? count) 1 (vector (loop (1- count)))))))
    (for-each (lambda (value) (raises 'out-of-range (ipc:send "refused" value)))
              (list (expt 2 64) (- -1 (expt 2 63)) (vector (expt 2 70)) deep)))
  (raises 'out-of-range (ipc:uint -1))
  (raises 'out-of-range (ipc:uint (expt 2 64)))
  (raises 'wrong-type-arg (ipc:uint 1.0))
  (raises 'wrong-type-arg (ipc:opaque "text" "a/b"))
  (same 'bad-value (status-of ipc:misuse-error?
                              (ipc:send "refused" (ipc:opaque #vu8() (make-string 256 #\x)))))
  (is (ipc:timeout-error? (raised (ipc:receive "refused" #:timeout 0)))))

(define-test "a tensor that does not fit its shape is refused"
  (let ((data #vu8(1 2 3 4 5)))
    (raises 'out-of-range (ipc:tensor data #:shape '(2 3)))
    (raises 'out-of-range (ipc:tensor data #:shape '(-1)))
    (raises 'wrong-type-arg (ipc:tensor data #:shape '(1.0)))
    (raises 'out-of-range (ipc:tensor data #:shape '(1 1 1 1 1 1 1 1 5)))
    (raises 'out-of-range (ipc:tensor data #:dtype 'u9))
    (raises 'wrong-type-arg (ipc:tensor #(1 2)))
    (raises 'out-of-range (ipc:tensor data #:shape '(2 2) #:strides '(4 2)))
    (raises 'out-of-range (ipc:tensor data #:shape '(2 2) #:strides '(1)))))

(define-test "tensors of every type arrive"
  (for-each
   (lambda (dtype size)
     (let ((bytes (make-bytevector (* 6 size) 7)))
       (ipc:send "tensors" (ipc:tensor bytes #:dtype dtype #:shape '(2 3) #:format "any"))
       (ipc:with-message (message (ipc:receive "tensors" #:timeout soon))
         (let ((there (ipc:value message)))
           (same (list dtype '(2 3) "any" bytes)
                 (list (ipc:tensor-dtype there) (ipc:tensor-shape there)
                       (ipc:tensor-format there) (ipc:tensor-bytes there)))
           (same '(2 3) (array-dimensions (ipc:tensor-array there)))))))
   '(bool u8 i8 u16 i16 u32 i32 u64 i64 f16 f32 f64 c64 c128)
   '(1 1 1 2 2 4 4 8 8 2 4 8 8 16)))

(define-test "typed arrays are tensors, and back"
  (for-each (lambda (array)
              (ipc:send "arrays" array)
              (ipc:with-message (message (ipc:receive "arrays" #:timeout soon))
                (is (array-equal? array (ipc:tensor-array (ipc:value message))))))
            (list #2u8((1 2 3) (4 5 6)) #2f64((1.5) (2.5)) #s16(-1 1) #f32(0.5 -2.0)
                  #2c64((1.0+2.0i 3.0-1.0i)) #3s32(((1 2) (3 4)) ((5 6) (7 8)))
                  (make-typed-array 'f64 2.5))))

(define-test "a part of an array is sent by its strides, without a copy"
  (let* ((image #2u8((0 1 2 3) (4 5 6 7) (8 9 10 11)))
         (part (make-shared-array image (lambda (row column) (list row (1+ column))) 3 2))
         (upside-down (make-shared-array image (lambda (row column) (list (- 2 row) column)) 3 4)))
    (same #vu8(1 2 5 6 9 10) (ipc:tensor-bytes (ipc:tensor part)))
    (for-each (lambda (array)
                (ipc:send "parts" array)
                (ipc:send "parts" (vector array))
                (ipc:with-message (message (ipc:receive "parts" #:timeout soon))
                  (is (array-equal? array (ipc:tensor-array (ipc:value message)))))
                (ipc:with-message (message (ipc:receive "parts" #:timeout soon))
                  (is (array-equal? array (ipc:tensor-array (vector-ref (ipc:value message) 0))))))
              (list part upside-down))))

(define (file-of-address address)
  "The file that is mapped where an address is."
  (call-with-input-file "/proc/self/maps"
    (lambda (maps)
      (let loop ((line (read-line maps)))
        (let* ((dash (string-index line #\-)) (space (string-index line #\space)))
          (if (and (<= (string->number (substring line 0 dash) 16) address)
                   (< address (string->number (substring line (1+ dash) space) 16)))
              line
              (loop (read-line maps))))))))

(define-test "a tensor is looked at where it lies"
  (ipc:send "large" (make-typed-array 'u8 97 100 100))
  (let* ((message (ipc:receive "large" #:timeout soon))
         (tensor (ipc:value message))
         (address (pointer-address (bytevector->pointer (ipc:tensor-data tensor)))))
    (is (string-contains (file-of-address address) (getenv "SIPC_DIR")))
    (same 0 (modulo address 64))
    (same 97 (array-ref (ipc:tensor-array tensor) 50 3))
    (same address (pointer-address
                   (bytevector->pointer (shared-array-root (ipc:tensor-array tensor)))))
    (ipc:release message)
    (is (ipc:gone-error? (raised (ipc:tensor-data tensor))))
    (is (ipc:gone-error? (raised (ipc:tensor-array tensor))))
    (is (ipc:gone-error? (raised (ipc:send "large" tensor))))))

(define-test "a tensor keeps its message"
  (ipc:send "kept" (make-typed-array 'u8 1 100000 1))
  (let ((tensor (ipc:value (ipc:receive "kept" #:timeout soon))))
    (gc)
    (do ((time 0 (1+ time))) ((= time 3))
      (ipc:send "kept" (make-typed-array 'u8 2 100000 1)))
    (same (make-bytevector 100000 1) (ipc:tensor-bytes tensor))
    (do ((time 0 (1+ time))) ((= time 3)) (taken "kept"))))

(define-test "tensors that nobody keeps let go of their messages"
  (define (chunks)
    (let* ((text (ipc:audit #:name "tensors"))
           (place (+ (string-contains text "\"chunks_in_use\":") 16)))
      (string->number (substring text place (string-skip text char-set:digit place)))))
  (elsewhere
   (for-each (lambda (index)
               (ipc:send "tensors" (make-typed-array 'u8 3 1000 1))
               (ipc:tensor-array (ipc:value (ipc:receive "tensors" #:timeout soon))))
             (iota 300)))
  ;; The collector may take a number somewhere for one of them.
  (eventually (begin (gc) (<= (chunks) 20))))

(define-test "a large map arrives"
  (let ((map `(("text" . ,(make-string 3000 #\x20ac)) ("numbers" . ,(list->vector (iota 500)))
               ("bytes" . ,(make-bytevector 5000 3)))))
    (same map (round-trip map))))
