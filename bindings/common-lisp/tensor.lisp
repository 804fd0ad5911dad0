;;;; Tensors: arrays of numbers with a shape, in memory of Lisp or where they lie in a channel.

(in-package "SIMPLEIPC")

(deftype octets () "Bytes." '(vector (unsigned-byte 8)))

;; In the order of SIPC_DTYPE_*: the bytes of an element, the type of an array of them, and how one
;; is looked at. An F16 is left as its 16 bits; a complex number is two of what is named.
(eval-when (:compile-toplevel :load-toplevel :execute)
(defparameter *elements*
  '((:bool 1 (unsigned-byte 8) :uint8) (:u8 1 (unsigned-byte 8) :uint8)
    (:i8 1 (signed-byte 8) :int8) (:u16 2 (unsigned-byte 16) :uint16)
    (:i16 2 (signed-byte 16) :int16) (:u32 4 (unsigned-byte 32) :uint32)
    (:i32 4 (signed-byte 32) :int32) (:u64 8 (unsigned-byte 64) :uint64)
    (:i64 8 (signed-byte 64) :int64) (:f16 2 (unsigned-byte 16) :uint16)
    (:f32 4 single-float :float) (:f64 8 double-float :double)
    (:c64 8 (complex single-float) :float) (:c128 16 (complex double-float) :double))))

(deftype dtype () `(member ,@(mapcar #'first *elements*)))

(defun dtype-number (dtype)
  (1+ (position dtype *elements* :key #'first)))

(defun dtype-of-number (number)
  (first (nth (1- number) *elements*)))

(defun item-size (dtype)
  (second (assoc dtype *elements*)))

(defun array-dtype (array)
  "The dtype of an array's elements; NIL if there is none."
  (let ((type (array-element-type array)))
    (and (not (eq type t))
         (first (find type (rest *elements*) :key #'third :test #'equal)))))

(deftype numbers () "Arrays that are sent as tensors." '(and array (satisfies array-dtype)))

(defun dense-strides (dtype shape)
  (loop for (nil . rest) on shape
        collect (reduce #'* rest :initial-value (item-size dtype))))

(defun reach (dtype shape strides)
  "Bytes from the first element to the end of the last one."
  (if (find 0 shape)
      0
      (reduce #'+ (mapcar (lambda (size stride) (* (1- size) stride)) shape strides)
              :initial-value (item-size dtype))))

(defclass tensor ()
  ((dtype :initarg :dtype :reader dtype)
   (shape :initarg :shape :reader shape)
   (strides :initarg :strides :reader strides :documentation "Bytes from one to the next.")
   (format :initarg :format :reader tensor-format :documentation "What it means, as \"rgb8\".")
   (place :initarg :place :documentation "A simple vector of numbers, or a pointer.")
   (owner :initarg :owner :initform nil :documentation "The message whose memory it is."))
  (:documentation
   "An array of numbers. One that was received is not copied: it lies in shared memory, read-only,
until its message is released."))

(defun check-shape (shape)
  (unless (and (typep shape 'list)
               (<= (length shape) c:+dims-max+)
               (every (lambda (size) (typep size '(unsigned-byte 62))) shape))
    (error 'type-error :datum shape :expected-type 'shape))
  shape)

(deftype shape () "At most eight sizes." 'list)

(defun tensor (array &key dtype shape strides (format ""))
  "A tensor of the elements of an array of numbers, which is not copied. With a dtype and a shape it
is the memory of the array that counts, so they can be octets. Strides are bytes."
  (check-type array numbers)
  (let* ((dtype (or dtype (array-dtype array)))
         (shape (if shape (check-shape shape) (array-dimensions array)))
         (place (storage-vector array)))
    (check-type dtype dtype)
    (check-type format string)
    (let ((has (* (length place) (item-size (array-dtype place))))
          (wanted (reach dtype shape (or strides (dense-strides dtype shape)))))
      (unless (and (or (null strides) (= (length strides) (length shape)))
                   (if strides (<= wanted has) (= wanted has)))
        (error "~(~a~) ~a has ~d bytes, not ~d" dtype shape wanted has)))
    (make-instance 'tensor :dtype dtype :shape shape :format format :place place
                           :strides (or strides (dense-strides dtype shape)))))

(defun storage-vector (array)
  "The elements of an array, row-major, as a simple vector: its own, if it is not displaced."
  (if (array-displacement array)
      (let ((copy (make-array (array-total-size array)
                              :element-type (array-element-type array))))
        (dotimes (index (length copy) copy)
          (setf (aref copy index) (row-major-aref array index))))
      (sb-ext:array-storage-vector array)))

(defmacro with-pointer ((pointer tensor) &body body)
  "Runs BODY with where the first element is; it neither moves nor goes meanwhile."
  `(call-with-pointer ,tensor (lambda (,pointer) ,@body)))

(defun call-with-pointer (tensor function)
  (with-slots (place owner) tensor
    (typecase place
      (vector (sb-sys:with-pinned-objects (place) (funcall function (sb-sys:vector-sap place))))
      (t (sb-sys:with-pinned-objects (tensor owner) (funcall function (pointer tensor)))))))

(defgeneric check-held (owner)
  (:documentation "Signals an error if what lent its memory has let go of it."))

(defun pointer (tensor)
  "Where the elements of a received tensor, or of a loan, are, for CFFI. What is left of it after
the release of the message, or the put of the loan, must not be used any more."
  (with-slots (place owner) tensor
    (check-type place cffi:foreign-pointer "in a channel; WITH-POINTER is for what Lisp has")
    (when owner (check-held owner))
    place))

(defun offset (tensor indices)
  (let ((shape (shape tensor)))
    (unless (and (= (length indices) (length shape)) (every #'< indices shape)
                 (notany #'minusp indices))
      (error "~a is no place in a tensor of shape ~a" indices shape))
    (reduce #'+ (mapcar #'* indices (strides tensor)))))

(defun element (pointer dtype)
  (let ((type (fourth (assoc dtype *elements*))))
    (if (member dtype '(:c64 :c128))
        (complex (cffi:mem-aref pointer type 0) (cffi:mem-aref pointer type 1))
        (cffi:mem-ref pointer type))))

(defun (setf element) (number pointer dtype)
  (destructuring-bind (lisp-type type) (cddr (assoc dtype *elements*))
    (unless (typep number lisp-type)
      (error 'type-error :datum number :expected-type lisp-type))
    (if (complexp number)
        (setf (cffi:mem-aref pointer type 0) (realpart number)
              (cffi:mem-aref pointer type 1) (imagpart number))
        (setf (cffi:mem-ref pointer type) number))))

(defun tref (tensor &rest indices)
  "An element, looked at where it lies."
  (let ((at (offset tensor indices)))
    (with-pointer (pointer tensor)
      (element (cffi:inc-pointer pointer at) (dtype tensor)))))

(defun copy-memory (to from size)
  (cffi:foreign-funcall "memcpy" :pointer to :pointer from :size size :pointer))

(defun octets (tensor)
  "A copy of all elements, row-major."
  (let* ((size (reduce #'* (shape tensor) :initial-value (item-size (dtype tensor))))
         (copy (make-array size :element-type '(unsigned-byte 8))))
    (with-pointer (pointer tensor)
      (sb-sys:with-pinned-objects (copy)
        (gather tensor pointer (sb-sys:vector-sap copy))))
    copy))

(defun tensor-array (tensor)
  "A copy of all elements, as an array."
  (let* ((type (third (assoc (dtype tensor) *elements*)))
         (copy (make-array (shape tensor) :element-type type))
         (place (sb-ext:array-storage-vector copy)))
    (with-pointer (pointer tensor)
      (sb-sys:with-pinned-objects (place)
        (gather tensor pointer (sb-sys:vector-sap place))))
    copy))

(defun gather (tensor from to)
  "Copies the elements at FROM to where they lie row-major; as many at once as lie together."
  (let* ((dtype (dtype tensor))
         (dense (dense-strides dtype (shape tensor)))
         (at 0))
    (labels ((walk (from shape strides dense)
               (if (equal strides dense)
                   (let ((size (reduce #'* shape :initial-value (item-size dtype))))
                     (copy-memory (cffi:inc-pointer to at) from size)
                     (incf at size))
                   (dotimes (row (first shape))
                     (walk (cffi:inc-pointer from (* row (first strides)))
                           (rest shape) (rest strides) (rest dense))))))
      (walk from (shape tensor) (strides tensor) dense))))

(defmethod print-object ((tensor tensor) stream)
  (print-unreadable-object (tensor stream :type t)
    (format stream "~(~a~) ~a ~a" (dtype tensor) (shape tensor) (tensor-format tensor))))
