#lang racket/base

;; What Racket has no type for, and how values become structs of the library and back.

(require ffi/unsafe
         racket/dict
         "calls.rkt"
         "generated.rkt")

(provide (struct-out uint)
         (struct-out opaque)
         (struct-out ordered-dict)
         tensor?
         tensor-dtype
         tensor-shape
         tensor-format
         tensor-strides
         (rename-out [make-tensor tensor])
         tensor-pointer
         tensor-bytes
         tensor-ref
         tensor->list
         dtype-bytes
         encode
         encode-blank
         text-memory
         decode)

;; An integer that is sent, and was received, as an unsigned one.
(struct uint (value)
  #:transparent
  #:guard (lambda (value name)
            (unless (and (exact-nonnegative-integer? value) (< value (expt 2 64)))
              (raise-argument-error name "(integer-in 0 (sub1 (expt 2 64)))" value))
            value))

;; Bytes with a content type: (opaque #"{}" "application/json").
(struct opaque (data content-type)
  #:transparent
  #:guard (lambda (data content-type name)
            (unless (bytes? data)
              (raise-argument-error name "bytes?" data))
            (unless (string? content-type)
              (raise-argument-error name "string?" content-type))
            (values data content-type)))

;; A map in its order, of pairs of a text and a value; a dictionary.
(struct ordered-dict (pairs)
  #:transparent
  #:guard (lambda (pairs name)
            (unless (and (list? pairs)
                         (for/and ([pair (in-list pairs)])
                           (and (pair? pair) (string? (car pair)))))
              (raise-argument-error name "(listof (cons/c string? any/c))" pairs))
            pairs)
  #:methods gen:dict
  [(define (dict-ref self key [default (lambda () (raise-missing self key))])
     (define found (assoc key (ordered-dict-pairs self)))
     (cond
       [found (cdr found)]
       [(procedure? default) (default)]
       [else default]))
   (define (dict-set self key value)
     (define pairs (ordered-dict-pairs self))
     (ordered-dict
      (if (assoc key pairs)
          (for/list ([pair (in-list pairs)])
            (if (equal? (car pair) key) (cons key value) pair))
          (append pairs (list (cons key value))))))
   (define (dict-remove self key)
     (ordered-dict
      (for/list ([pair (in-list (ordered-dict-pairs self))] #:unless (equal? (car pair) key))
        pair)))
   (define (dict-count self)
     (length (ordered-dict-pairs self)))
   (define (dict-iterate-first self)
     (iterate (ordered-dict-pairs self)))
   (define (dict-iterate-next self at)
     (iterate (cdr at)))
   (define (dict-iterate-key self at)
     (caar at))
   (define (dict-iterate-value self at)
     (cdar at))])

(define (iterate pairs)
  (and (pair? pairs) pairs))

(define (raise-missing self key)
  (raise-arguments-error 'dict-ref "there is no such key" "key" key "dictionary" self))

;; Of a dtype: its number, the bytes of an element, and how one is read, or the type of two.
(define dtypes
  (hasheq 'bool (list dtype:bool 1 _uint8)
          'u8 (list dtype:u8 1 _uint8)
          'i8 (list dtype:i8 1 _int8)
          'u16 (list dtype:u16 2 _uint16)
          'i16 (list dtype:i16 2 _int16)
          'u32 (list dtype:u32 4 _uint32)
          'i32 (list dtype:i32 4 _int32)
          'u64 (list dtype:u64 8 _uint64)
          'i64 (list dtype:i64 8 _int64)
          'f16 (list dtype:f16 2 _uint16)
          'f32 (list dtype:f32 4 _float)
          'f64 (list dtype:f64 8 _double)
          'c64 (list dtype:c64 8 _float)
          'c128 (list dtype:c128 16 _double)))

(define dtype-names
  (for/hasheqv ([(name facts) (in-hash dtypes)])
    (values (car facts) name)))

(define (dtype-bytes dtype)
  (cadr (hash-ref dtypes dtype)))

;; An array of numbers: the type of its elements, a shape, and where they lie. One that was received
;; lies in shared memory, read-only, until its message is released, which `check` looks for. Strides
;; are bytes from one element to the next; `held` is how many bytes there are at `place`.
(struct tensor (dtype shape format strides place held check))

;; Data is bytes, or a pointer that stays good; without strides it holds all elements, row-major.
(define (make-tensor dtype shape data
                     #:format [format ""]
                     #:strides [strides #f]
                     #:bytes [given #f])
  (check-shape 'tensor dtype shape)
  (unless (string? format)
    (raise-argument-error 'tensor "string?" format))
  (define wanted (if strides (reach dtype shape strides) (dense-bytes dtype shape)))
  (define held (or given (if (bytes? data) (bytes-length data) wanted)))
  (unless (if strides (>= held wanted) (= held wanted))
    (raise-arguments-error 'tensor "the data does not fit the shape"
                           "dtype" dtype "shape" shape "bytes" held "wanted" wanted))
  (define place (if (bytes? data) (bytes-memory data) data))
  (tensor dtype shape format (or strides (dense-strides dtype shape)) place held void))

(define (check-shape who dtype shape)
  (unless (hash-has-key? dtypes dtype)
    (raise-arguments-error who "there is no such dtype" "dtype" dtype))
  (unless (and (list? shape)
               (<= (length shape) dims-max)
               (andmap exact-nonnegative-integer? shape))
    (raise-argument-error who "a list of at most 8 natural numbers" shape)))

(define (dense-bytes dtype shape)
  (apply * (dtype-bytes dtype) shape))

(define (dense-strides dtype shape)
  (if (null? shape)
      '()
      (cons (dense-bytes dtype (cdr shape)) (dense-strides dtype (cdr shape)))))

;; From the first element to the end of the last one.
(define (reach dtype shape strides)
  (unless (and (list? strides)
               (= (length strides) (length shape))
               (andmap exact-nonnegative-integer? strides))
    (raise-arguments-error 'tensor "these are no strides of the shape"
                           "strides" strides "shape" shape))
  (if (memv 0 shape)
      0
      (for/fold ([end (dtype-bytes dtype)]) ([size (in-list shape)] [stride (in-list strides)])
        (+ end (* (sub1 size) stride)))))

;; Where the elements are. What is left of it after the release of its message must not be used.
(define (tensor-pointer self)
  ((tensor-check self))
  (tensor-place self))

;; A copy of all elements, row-major.
(define (tensor-bytes self)
  (define size (dense-bytes (tensor-dtype self) (tensor-shape self)))
  (define copy (make-bytes size))
  (define place (tensor-pointer self))
  (define width (dtype-bytes (tensor-dtype self)))
  (define strides (tensor-strides self))
  (cond
    [(zero? size) (void)]
    [(equal? strides (dense-strides (tensor-dtype self) (tensor-shape self)))
     (memcpy copy place size)]
    [else
     (let gather ([shape (tensor-shape self)] [strides strides] [from 0] [to 0])
       (cond
         [(null? shape)
          (memcpy copy to place from width _byte)
          (+ to width)]
         [else
          (for/fold ([to to]) ([row (in-range (car shape))])
            (gather (cdr shape) (cdr strides) (+ from (* row (car strides))) to))]))])
  copy)

;; An element, read where it lies; an f16 is left as its 16 bits.
(define (tensor-ref self . places)
  (define shape (tensor-shape self))
  (unless (and (= (length places) (length shape))
               (for/and ([place (in-list places)] [size (in-list shape)])
                 (and (exact-nonnegative-integer? place) (< place size))))
    (raise-arguments-error 'tensor-ref "there is no such element" "places" places "shape" shape))
  (element self (for/sum ([place (in-list places)] [stride (in-list (tensor-strides self))])
                  (* place stride))))

(define (element self at)
  (define type (caddr (hash-ref dtypes (tensor-dtype self))))
  (define (part at) (ptr-ref (tensor-pointer self) type 'abs at))
  (case (tensor-dtype self)
    [(bool) (not (zero? (part at)))]
    [(c64 c128) (make-rectangular (part at) (part (+ at (ctype-sizeof type))))]
    [else (part at)]))

;; A copy as nested lists of numbers.
(define (tensor->list self)
  (let nest ([shape (tensor-shape self)] [strides (tensor-strides self)] [at 0])
    (if (null? shape)
        (element self at)
        (for/list ([row (in-range (car shape))])
          (nest (cdr shape) (cdr strides) (+ at (* row (car strides))))))))

;; Memory that does not move, with a copy of bytes.
(define (bytes-memory data)
  (define memory (malloc (max 1 (bytes-length data)) 'atomic-interior))
  (memcpy memory data (bytes-length data))
  memory)

;; A text for a function of the library, or #f, which is NULL.
(define (text-memory who text)
  (when text
    (unless (string? text)
      (raise-argument-error who "string?" text))
    (for ([letter (in-string text)])
      (when (char=? letter #\nul)
        (raise-arguments-error who "a text here has no NUL" "text" text))))
  (and text (bytes-memory (bytes-append (string->bytes/utf-8 text) #"\0"))))

(define value-bytes (ctype-sizeof _sipc-value))
(define depth-max 64)
(define int-end (expt 2 63))
(define uint-end (expt 2 64))

;; The struct of a value, and a list of what has to live as long as it is used.
(define (encode who value [capture-time-ns 0])
  (define memory (allocate value-bytes))
  (define kept (fill who memory value '() 0))
  (unless (eqv? capture-time-ns 0)
    (unless (and (exact-integer? capture-time-ns) (< (- int-end) capture-time-ns int-end))
      (raise-argument-error who "an integer of 64 bits" capture-time-ns))
    (unsafe-set-sipc-value-capture-time-ns! memory capture-time-ns))
  (values memory kept))

;; The struct of what is to be lent: a tensor without data, or so many bytes.
(define (encode-blank who dtype shape format)
  (define memory (allocate value-bytes))
  (cond
    [(eq? dtype 'bytes)
     (unless (exact-nonnegative-integer? shape)
       (raise-argument-error who "exact-nonnegative-integer?" shape))
     (start memory kind:bytes)
     (unsafe-set-sipc-value-len! memory shape)
     (values memory '())]
    [else
     (check-shape who dtype shape)
     (values memory (fill-tensor memory dtype shape (map (lambda (_) 0) shape) format '()))]))

(define (start memory kind)
  (unsafe-set-sipc-value-size! memory value-bytes)
  (unsafe-set-sipc-value-kind! memory kind))

;; Writes a value; answers what is kept.
(define (fill who memory value kept depth)
  (when (> depth depth-max)
    (raise-arguments-error who (format "a value is nested more than ~a deep" depth-max)))
  (cond
    [(eq? value 'null) (start memory kind:null) kept]
    [(boolean? value)
     (start memory kind:bool)
     (unsafe-set-sipc-value-i! memory (if value 1 0))
     kept]
    [(exact-integer? value)
     (unless (< (- -1 int-end) value uint-end)
       (raise-arguments-error who "the integer does not fit 64 bits" "integer" value))
     (if (< value int-end)
         (begin (start memory kind:int) (unsafe-set-sipc-value-i! memory value))
         (begin (start memory kind:uint) (unsafe-set-sipc-value-u! memory value)))
     kept]
    [(uint? value)
     (start memory kind:uint)
     (unsafe-set-sipc-value-u! memory (uint-value value))
     kept]
    [(flonum? value)
     (start memory kind:float)
     (unsafe-set-sipc-value-f! memory value)
     kept]
    [(string? value)
     (start memory kind:str)
     (lend memory (string->bytes/utf-8 value) kept)]
    [(bytes? value)
     (start memory kind:bytes)
     (lend memory value kept)]
    [(list? value)
     (fill-items who memory kind:list (length value) value kept depth)]
    [(vector? value)
     (fill-items who memory kind:list (vector-length value) (vector->list value) kept depth)]
    [(ordered-dict? value)
     (define pairs (ordered-dict-pairs value))
     (fill-items who memory kind:map (length pairs) (flatten-pairs who pairs) kept depth)]
    [(hash? value)
     (define pairs (hash->list value))
     (fill-items who memory kind:map (length pairs) (flatten-pairs who pairs) kept depth)]
    [(opaque? value)
     (start memory kind:opaque)
     (label memory (opaque-content-type value) (lend memory (opaque-data value) kept))]
    [(tensor? value)
     (define place (tensor-pointer value))
     (unsafe-set-sipc-value-data! memory place)
     (unsafe-set-sipc-value-len! memory (tensor-held value))
     (fill-tensor memory (tensor-dtype value) (tensor-shape value) (tensor-strides value)
                  (tensor-format value) (list* value place kept))]
    [else (raise-argument-error who "a value that can be sent" value)]))

(define (lend memory data kept)
  (define copy (bytes-memory data))
  (unsafe-set-sipc-value-data! memory copy)
  (unsafe-set-sipc-value-len! memory (bytes-length data))
  (cons copy kept))

(define (label memory text kept)
  (define data (string->bytes/utf-8 text))
  (define copy (bytes-memory data))
  (unsafe-set-sipc-value-label! memory copy)
  (unsafe-set-sipc-value-label-len! memory (bytes-length data))
  (cons copy kept))

;; Keys are texts or symbols.
(define (flatten-pairs who pairs)
  (for/fold ([items '()] #:result (reverse items)) ([pair (in-list pairs)])
    (define key (car pair))
    (unless (or (string? key) (symbol? key))
      (raise-argument-error who "a key that is a string or symbol" key))
    (list* (cdr pair) (if (symbol? key) (symbol->string key) key) items)))

(define (fill-items who memory kind count items kept depth)
  (start memory kind)
  (define structs (allocate (* value-bytes (length items))))
  (unsafe-set-sipc-value-items! memory structs)
  (unsafe-set-sipc-value-count! memory count)
  (for/fold ([kept (cons structs kept)]) ([item (in-list items)] [at (in-naturals)])
    (fill who (ptr-add structs (* at value-bytes)) item kept (add1 depth))))

(define (fill-tensor memory dtype shape strides format kept)
  (start memory kind:tensor)
  (unsafe-set-sipc-value-dtype! memory (car (hash-ref dtypes dtype)))
  (unsafe-set-sipc-value-ndim! memory (length shape))
  (for ([size (in-list shape)] [stride (in-list strides)] [dim (in-naturals)])
    (ptr-set! memory _uint64 'abs (+ sipc-value-shape-offset (* 8 dim)) size)
    (ptr-set! memory _int64 'abs (+ sipc-value-strides-offset (* 8 dim)) stride))
  (label memory format kept))

;; The value of a struct of a message. A tensor asks `check` whether it may still be looked at.
(define (decode memory check)
  (define kind (unsafe-sipc-value-kind memory))
  (cond
    [(eqv? kind kind:null) 'null]
    [(eqv? kind kind:bool) (not (zero? (unsafe-sipc-value-i memory)))]
    [(eqv? kind kind:int) (unsafe-sipc-value-i memory)]
    [(eqv? kind kind:uint) (uint (unsafe-sipc-value-u memory))]
    [(eqv? kind kind:float) (unsafe-sipc-value-f memory)]
    [(eqv? kind kind:str) (bytes->string/utf-8 (copy-data memory))]
    [(eqv? kind kind:bytes) (copy-data memory)]
    [(eqv? kind kind:list) (decode-items memory 1 check)]
    [(eqv? kind kind:map)
     (ordered-dict
      (let pair-up ([items (decode-items memory 2 check)])
        (if (null? items)
            '()
            (cons (cons (car items) (cadr items)) (pair-up (cddr items))))))]
    [(eqv? kind kind:opaque) (opaque (copy-data memory) (copy-label memory))]
    [(eqv? kind kind:tensor)
     (define dims (unsafe-sipc-value-ndim memory))
     (define (numbers type offset)
       (for/list ([dim (in-range dims)])
         (ptr-ref memory type 'abs (+ offset (* 8 dim)))))
     (tensor (hash-ref dtype-names (unsafe-sipc-value-dtype memory))
             (numbers _uint64 sipc-value-shape-offset)
             (copy-label memory)
             (numbers _int64 sipc-value-strides-offset)
             (unsafe-sipc-value-data memory)
             (unsafe-sipc-value-len memory)
             check)]
    [else (raise-arguments-error 'receive "the value is of a kind this program does not know"
                                 "kind" kind)]))

(define (copy-data memory)
  (copy (unsafe-sipc-value-data memory) (unsafe-sipc-value-len memory)))

(define (copy-label memory)
  (bytes->string/utf-8
   (copy (unsafe-sipc-value-label memory) (unsafe-sipc-value-label-len memory))))

(define (copy place size)
  (define data (make-bytes size))
  (unless (zero? size)
    (memcpy data place size))
  data)

(define (decode-items memory per-item check)
  (define items (unsafe-sipc-value-items memory))
  (for/list ([at (in-range (* per-item (unsafe-sipc-value-count memory)))])
    (decode (ptr-add items (* at value-bytes)) check)))
