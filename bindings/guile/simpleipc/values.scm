;;; What Guile has no type for, and how values become the library's and back.

(define-module (simpleipc values)
  #:use-module (ice-9 match)
  #:use-module (rnrs bytevectors)
  #:use-module (srfi srfi-1)
  #:use-module (srfi srfi-9)
  #:use-module (srfi srfi-9 gnu)
  #:use-module (system foreign)
  #:use-module ((simpleipc generated) #:prefix c:)
  #:use-module (simpleipc library)
  #:export (uint uint? uint-number opaque opaque? opaque-data opaque-type
            tensor tensor? tensor-dtype tensor-shape tensor-strides tensor-format tensor-data
            tensor-array tensor-bytes tensor-bytes-count item-size check-shape check-dtype
            dense-strides set-tensor-gate! encode fill-shape! decode capture-time-set!))

;; An integer that is sent, and was received, as an unsigned one.
(define-record-type <uint> (make-uint number) uint? (number uint-number))

(define (uint number)
  (unless (exact-integer? number) (wrong-type "integer" number))
  (unless (< -1 number (expt 2 64)) (out-of-range "unsigned integer of 64 bits" number))
  (make-uint number))

;; Bytes with a content type: (opaque bytes "application/json").
(define-record-type <opaque> (make-opaque data type) opaque? (data opaque-data) (type opaque-type))

(define (opaque data type)
  (unless (bytevector? data) (wrong-type "bytevector" data))
  (unless (string? type) (wrong-type "string" type))
  (make-opaque data type))

;;; Tensors

;; In the order of SIPC_DTYPE_*: the bytes of an element, and the type of an array of them. An f16
;; is left as its 16 bits.
(define dtypes
  '((bool 1 u8) (u8 1 u8) (i8 1 s8) (u16 2 u16) (i16 2 s16) (u32 4 u32) (i32 4 s32) (u64 8 u64)
    (i64 8 s64) (f16 2 u16) (f32 4 f32) (f64 8 f64) (c64 8 c32) (c128 16 c64)))

(define (item-size dtype) (second (assq dtype dtypes)))
(define (array-letters dtype) (third (assq dtype dtypes)))

(define (dtype-number dtype)
  (1+ (list-index (lambda (entry) (eq? dtype (first entry))) dtypes)))

(define (dtype-of-array type)
  (and=> (find (lambda (entry) (eq? type (third entry))) (cdr dtypes)) first))

;; An array of numbers: the type of its elements, a shape, bytes from one to the next, what it
;; means, as "rgb8", and the bytes. One that was received is not copied: it lies in shared memory,
;; read-only, until its message is released, which its gate tells.
(define-record-type <tensor> (make-tensor dtype shape strides format bytes start gate) tensor?
  (dtype tensor-dtype)
  (shape tensor-shape)
  (strides tensor-strides)
  (format tensor-format)
  (bytes tensor-memory)
  (start tensor-start)
  (gate tensor-gate set-tensor-gate!))

(set-record-type-printer! <tensor>
  (lambda (tensor port)
    (format port "#<tensor ~a ~a ~s>" (tensor-dtype tensor) (tensor-shape tensor)
            (tensor-format tensor))))

(define (check-dtype dtype)
  (unless (assq dtype dtypes) (out-of-range "dtype" dtype))
  dtype)

(define (check-shape shape)
  (unless (and (list? shape) (every exact-integer? shape)) (wrong-type "shape" shape))
  (unless (and (<= (length shape) c:dims-max) (every (lambda (size) (< -1 size (expt 2 62))) shape))
    (out-of-range "shape" shape))
  shape)

(define (dense-strides dtype shape)
  (let loop ((shape shape))
    (match shape
      (() '())
      ((_ . rest) (cons (apply * (item-size dtype) rest) (loop rest))))))

(define (reach dtype shape strides)
  "Bytes from the first element to the end of the last one."
  (if (memv 0 shape)
      0
      (apply + (item-size dtype) (map (lambda (size stride) (* (1- size) stride)) shape strides))))

(define (tensor-bytes-count tensor)
  (reach (tensor-dtype tensor) (tensor-shape tensor) (tensor-strides tensor)))

(define* (tensor data #:key dtype shape strides (format ""))
  "A tensor of the elements of a typed array, or of the bytes of a bytevector, which are not copied.
Strides are bytes."
  (unless (string? format) (wrong-type "string" format))
  (if (bytevector? data)
      (let* ((dtype (or dtype (dtype-of-array (array-type data)) 'u8))
             (has (bytevector-length data)))
        (check-dtype dtype)
        (let* ((shape (check-shape (or shape (list (quotient has (item-size dtype))))))
               (wanted (reach dtype shape (or strides (dense-strides dtype shape)))))
          (unless (and (or (not strides) (= (length strides) (length shape)))
                       (if strides (<= wanted has) (= wanted has)))
            (let ((what "tensor of ~a ~a, which has ~a bytes"))
              (out-of-range (simple-format #f what dtype shape wanted) has)))
          (make-tensor dtype shape (or strides (dense-strides dtype shape)) format data 0 #f)))
      (array->tensor data format)))

(define (array->tensor array format)
  (let ((dtype (and (array? array) (dtype-of-array (array-type array)))))
    (unless dtype (wrong-type "array of numbers" array))
    (let* ((size (item-size dtype))
           (strides (map (lambda (step) (* step size)) (shared-array-increments array)))
           (start (* size (shared-array-offset array))))
      (if (any negative? strides)
          (let ((copy (apply make-typed-array (array-type array) *unspecified*
                             (array-dimensions array))))
            (array-copy! array copy)
            (array->tensor copy format))
          (make-tensor dtype (array-dimensions array) strides format (shared-array-root array)
                       start #f)))))

(define (tensor-data tensor)
  "The bytes of a tensor, where they lie, from its first element on. After the release of the
message, or the put of the loan, they must not be looked at any more."
  (when (tensor-gate tensor) ((tensor-gate tensor)))
  (if (and (zero? (tensor-start tensor)) (eq? 'vu8 (array-type (tensor-memory tensor))))
      (tensor-memory tensor)
      (pointer->bytevector (bytevector->pointer (tensor-memory tensor) (tensor-start tensor))
                           (tensor-bytes-count tensor))))

(define (tensor-array tensor)
  "The elements as an array, where they lie. It does not keep the tensor, nor the message."
  (let* ((dtype (tensor-dtype tensor))
         (size (item-size dtype))
         (bytes (tensor-data tensor))
         (type (array-letters dtype))
         (shape (tensor-shape tensor))
         (steps (map (lambda (stride) (quotient stride size)) (tensor-strides tensor))))
    (if (memv 0 shape)
        (apply make-typed-array type *unspecified* shape)
        (let ((flat (pointer->bytevector (bytevector->pointer bytes)
                                         (quotient (tensor-bytes-count tensor) size) 0 type)))
          (apply make-shared-array flat
                 (lambda places (list (apply + (map * places steps))))
                 shape)))))

(define (tensor-bytes tensor)
  "A copy of all elements, row-major."
  (let* ((shape (tensor-shape tensor))
         (size (item-size (tensor-dtype tensor)))
         (from (tensor-data tensor))
         (to (make-bytevector (apply * size shape))))
    (let walk ((at 0) (start 0) (shape shape) (strides (tensor-strides tensor)))
      (if (or (memv 0 shape) (equal? strides (dense-strides (tensor-dtype tensor) shape)))
          (let ((count (apply * size shape)))
            (bytevector-copy! from start to at count)
            (+ at count))
          (let rows ((row 0) (at at))
            (if (= row (car shape))
                at
                (rows (1+ row)
                      (walk at (+ start (* row (car strides))) (cdr shape) (cdr strides)))))))
    to))

;;; To the library

(define depth-max 64)

(define (encode value)
  "The struct of a value, and what it points to, which has to be kept. Whatever cannot be sent is
found here, before anything is."
  (let ((raw (room c:value-bytes)))
    (let ((kept (fill! raw 0 value 0 '())))
      (values raw kept))))

(define (capture-time-set! raw time)
  (unless (exact-integer? time) (wrong-type "time in nanoseconds" time))
  (bytevector-s64-native-set! raw c:value-capture-time-ns time))

(define (fill! raw at value depth kept)
  "Writes a struct; KEPT with what it points to."
  (when (> depth depth-max) (out-of-range "value nested at most 64 deep" value))
  (let ((kind (lambda (kind) (bytevector-u32-native-set! raw (+ at c:value-kind) kind)))
        (u64 (lambda (field number) (bytevector-u64-native-set! raw (+ at field) number))))
    (define (data bytes count)
      (u64 c:value-data (address-of bytes))
      (u64 c:value-len count))
    (define (label text kept)
      (let ((bytes (string->utf8 text)))
        (u64 c:value-label (address-of bytes))
        (u64 c:value-label-len (bytevector-length bytes))
        (cons bytes kept)))
    (define (items count all)
      (let ((structs (room (* c:value-bytes (length all)))))
        (u64 c:value-items (address-of structs))
        (u64 c:value-count count)
        (let loop ((place 0) (all all) (kept (cons structs kept)))
          (if (null? all)
              kept
              (loop (+ place c:value-bytes) (cdr all)
                    (fill! structs place (car all) (1+ depth) kept))))))
    (bytevector-u32-native-set! raw (+ at c:value-size) c:value-bytes)
    (cond
     ((eq? value 'null) (kind c:kind-null) kept)
     ((boolean? value)
      (kind c:kind-bool)
      (u64 c:value-i (if value 1 0))
      kept)
     ((exact-integer? value)
      (cond ((<= (- (expt 2 63)) value (1- (expt 2 63)))
             (kind c:kind-int)
             (bytevector-s64-native-set! raw (+ at c:value-i) value))
            ((< 0 value (expt 2 64))
             (kind c:kind-uint)
             (u64 c:value-u value))
            (else (out-of-range "integer of 64 bits" value)))
      kept)
     ((uint? value) (kind c:kind-uint) (u64 c:value-u (uint-number value)) kept)
     ((and (real? value) (inexact? value))
      (kind c:kind-float)
      (bytevector-ieee-double-native-set! raw (+ at c:value-f) value)
      kept)
     ((string? value)
      (let ((bytes (string->utf8 value)))
        (kind c:kind-str)
        (data bytes (bytevector-length bytes))
        (cons bytes kept)))
     ((and (bytevector? value) (eq? 'vu8 (array-type value)))
      (kind c:kind-bytes)
      (data value (bytevector-length value))
      (cons value kept))
     ((and (list? value) (every (lambda (pair) (and (pair? pair) (string? (car pair)))) value))
      (kind c:kind-map)
      (items (length value) (append-map (lambda (pair) (list (car pair) (cdr pair))) value)))
     ((vector? value) (kind c:kind-list) (items (vector-length value) (vector->list value)))
     ((opaque? value)
      (kind c:kind-opaque)
      (data (opaque-data value) (bytevector-length (opaque-data value)))
      (label (opaque-type value) (cons value kept)))
     ((or (tensor? value) (and (array? value) (dtype-of-array (array-type value))))
      (let ((tensor (if (tensor? value) value (array->tensor value ""))))
        (when (tensor-gate tensor) ((tensor-gate tensor)))
        (fill-shape! raw at (tensor-dtype tensor) (tensor-shape tensor) (tensor-strides tensor))
        (let ((memory (tensor-memory tensor)) (count (tensor-bytes-count tensor)))
          (u64 c:value-data (if (zero? count) 0 (+ (room-address memory) (tensor-start tensor))))
          (u64 c:value-len count)
          (label (tensor-format tensor) (cons tensor kept)))))
     (else (wrong-type "value that can be sent; a list is a map, its elements pairs with a string"
                       value)))))

(define (fill-shape! raw at dtype shape strides)
  "All of a tensor but where its data and its format are."
  (let ((u32 (lambda (field number) (bytevector-u32-native-set! raw (+ at field) number))))
    (u32 c:value-kind c:kind-tensor)
    (u32 c:value-dtype (dtype-number dtype))
    (u32 c:value-ndim (length shape))
    (for-each (lambda (index size stride)
                (bytevector-u64-native-set! raw (+ at c:value-shape (* 8 index)) size)
                (bytevector-s64-native-set! raw (+ at c:value-strides (* 8 index)) stride))
              (iota (length shape)) shape strides)))

;;; From the library

(define (decode raw at gate)
  "The value of a struct of a message. GATE is called before a tensor is looked at; it keeps what
the library has lent."
  (let ((u64 (lambda (field) (bytevector-u64-native-ref raw (+ at field))))
        (u32 (lambda (field) (bytevector-u32-native-ref raw (+ at field)))))
    (define (memory data len)
      (if (zero? (u64 len))
          (make-bytevector 0)
          (pointer->bytevector (make-pointer (u64 data)) (u64 len))))
    (define (copy) (bytevector-copy (memory c:value-data c:value-len)))
    (define (label) (utf8->string (memory c:value-label c:value-label-len)))
    (define (items per-item)
      (let* ((count (* per-item (u64 c:value-count)))
             (structs (if (zero? count)
                          (make-bytevector 0)
                          (pointer->bytevector (make-pointer (u64 c:value-items))
                                               (* count c:value-bytes)))))
        (map (lambda (index) (decode structs (* index c:value-bytes) gate)) (iota count))))
    (define (sizes field ref)
      (map (lambda (index) (ref raw (+ at field (* 8 index)))) (iota (u32 c:value-ndim))))
    (let ((kind (u32 c:value-kind)))
      (cond
       ((= kind c:kind-null) 'null)
       ((= kind c:kind-bool) (not (zero? (u64 c:value-i))))
       ((= kind c:kind-int) (bytevector-s64-native-ref raw (+ at c:value-i)))
       ((= kind c:kind-uint) (make-uint (u64 c:value-u)))
       ((= kind c:kind-float) (bytevector-ieee-double-native-ref raw (+ at c:value-f)))
       ((= kind c:kind-str) (utf8->string (memory c:value-data c:value-len)))
       ((= kind c:kind-bytes) (copy))
       ((= kind c:kind-list) (list->vector (items 1)))
       ((= kind c:kind-map)
        (let loop ((all (items 2)))
          (match all
            (() '())
            ((key value . rest) (acons key value (loop rest))))))
       ((= kind c:kind-tensor)
        (make-tensor (first (list-ref dtypes (1- (u32 c:value-dtype))))
                     (sizes c:value-shape bytevector-u64-native-ref)
                     (sizes c:value-strides bytevector-s64-native-ref)
                     (label) (memory c:value-data c:value-len) 0 gate))
       ((= kind c:kind-opaque) (make-opaque (copy) (label)))
       (else (error (format #f "a value of kind ~a is none this program knows" kind)))))))
