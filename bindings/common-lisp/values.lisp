;;;; What Lisp has no type for, and how values become the library's and back.

(in-package "SIMPLEIPC")

(defstruct (uint (:constructor uint (number)) (:copier nil))
  "An integer that is sent, and was received, as an unsigned one."
  (number 0 :type (unsigned-byte 64)))

(defstruct (opaque (:constructor opaque (data type)) (:copier nil))
  "Bytes with a content type: (ipc:opaque octets \"application/json\")."
  (data nil :type octets)
  (type "" :type string))

(defun map-of (&rest keys-and-values)
  "A map, which is a hash table: (ipc:map-of \"x\" 1.5d0 \"ok\" t)."
  (loop with table = (make-hash-table :test 'equal)
        for (key value) on keys-and-values by #'cddr
        do (setf (gethash key table) value)
        finally (return table)))

(deftype value ()
  "What can be sent: NIL and T are bools, :NULL is null, vectors and other lists are lists, vectors
of octets are bytes, other arrays of numbers are tensors, and hash tables with text as keys maps."
  '(or null (eql t) (eql :null) (integer #.(- (ash 1 63)) #.(1- (ash 1 64))) uint single-float
    double-float text octets cons (vector t) hash-table opaque tensor numbers))

;;; Text

(defun text-char-p (char)
  "Whether UTF-8 has it; it does not have what stands for half a character."
  (not (<= #xd800 (char-code char) #xdfff)))

(defun text-p (string) (every #'text-char-p string))

(deftype text () "Strings that UTF-8 has." '(and string (satisfies text-p)))

(defun text-size (string)
  "Its bytes as UTF-8."
  (unless (text-p string) (error 'type-error :datum string :expected-type 'text))
  (loop for char across string
        for code = (char-code char)
        sum (cond ((< code #x80) 1) ((< code #x800) 2) ((< code #x10000) 3) (t 4))
          of-type fixnum))

(defun write-text (string pointer)
  (let ((at 0))
    (declare (fixnum at))
    (flet ((add (octet)
             (setf (cffi:mem-ref pointer :uint8 at) octet)
             (incf at))
           (part (code shift) (logior #x80 (ldb (byte 6 shift) code))))
      (declare (inline add part))
      (loop for char across string
            for code of-type (unsigned-byte 21) = (char-code char)
            do (cond ((< code #x80) (add code))
                     ((< code #x800) (add (logior #xc0 (ash code -6))) (add (part code 0)))
                     ((< code #x10000)
                      (add (logior #xe0 (ash code -12))) (add (part code 6)) (add (part code 0)))
                     (t (add (logior #xf0 (ash code -18))) (add (part code 12))
                        (add (part code 6)) (add (part code 0))))))))

;;; To the library. The struct of a value lies at the beginning of a room, and what it points to
;;; behind it; but the data of one that is large and alone stays where it is.

(defconstant +depth-max+ 64)
(defconstant +value-size+ (cffi:foreign-type-size '(:struct c:value)))

(defun whole (size)
  "So many bytes, that what comes behind them is aligned."
  (* 16 (ceiling size 16)))

(defun as-tensor (value)
  (if (typep value 'tensor) value (tensor value)))

(defun measure (value depth in-place)
  "Bytes of the room for a value. Whatever cannot be sent is found here, before anything is."
  (when (> depth +depth-max+) (error "a value is nested more than ~d deep" +depth-max+))
  (flet ((items (count items)
           (reduce #'+ items :key (lambda (item) (measure item (1+ depth) nil))
                             :initial-value (- (* (1+ count) +value-size+)
                                               (* count +value-size+))))
         (reject (&optional (datum value) (type 'value))
           (error 'type-error :datum datum :expected-type type)))
    (typecase value
      ((or null (eql t) (eql :null) uint single-float double-float) +value-size+)
      (integer (unless (<= (- (ash 1 63)) value (1- (ash 1 64))) (reject)) +value-size+)
      (string (+ +value-size+ (whole (text-size value))))
      (octets (+ +value-size+ (if in-place 0 (whole (length value)))))
      (cons (items (or (list-length value) (reject)) value))
      ((vector t) (items (length value) value))
      (hash-table
       (loop for key being the hash-keys of value using (hash-value item)
             do (unless (stringp key) (reject key 'text))
             sum (measure key (1+ depth) nil) into size
             sum (measure item (1+ depth) nil) into size
             finally (return (+ +value-size+ size))))
      (opaque (+ +value-size+ (whole (length (opaque-data value)))
                 (whole (text-size (opaque-type value)))))
      ((or tensor numbers)
       (let ((tensor (as-tensor value)))
         (+ +value-size+ (whole (text-size (tensor-format tensor)))
            (if in-place 0 (whole (tensor-reach tensor))))))
      (t (reject)))))

(defun tensor-reach (tensor)
  (reach (dtype tensor) (shape tensor) (strides tensor)))

(defun fill-value (raw value room in-place)
  "Fills the struct at RAW, with what it points to at ROOM; where the room goes on."
  (cffi:foreign-funcall "memset" :pointer raw :int 0 :size +value-size+ :pointer)
  (setf (field raw c:size) +value-size+)
  (labels ((kind (kind) (setf (field raw c:kind) kind))
           (data (size) (setf (field raw c:data) room (field raw c:len) size))
           (behind (size) (setf room (cffi:inc-pointer room (whole size))))
           (bytes (octets)
             (data (length octets))
             (let ((vector (storage-vector octets)))
               (cond (in-place (setf (field raw c:data) (sb-sys:vector-sap vector)))
                     (t (sb-sys:with-pinned-objects (vector)
                          (copy-memory room (sb-sys:vector-sap vector) (length octets)))
                        (behind (length octets))))))
           (label (text)
             (let ((size (text-size text)))
               (write-text text room)
               (setf (field raw c:label) room (field raw c:label-len) size)
               (behind size)))
           (items (kind count items)
             (kind kind)
             (setf (field raw c:items) room
                   (field raw c:count) (if (= kind c:+kind-map+) (/ count 2) count))
             (let ((place room))
               (behind (* count +value-size+))
               (map nil (lambda (item)
                          (setf room (fill-value place item room nil))
                          (cffi:incf-pointer place +value-size+))
                    items))))
    (etypecase value
      ((eql :null) (kind c:+kind-null+))
      ((or null (eql t)) (kind c:+kind-bool+) (setf (field raw c:i) (if value 1 0)))
      ((signed-byte 64) (kind c:+kind-int+) (setf (field raw c:i) value))
      (integer (kind c:+kind-uint+) (setf (field raw c:u) value))
      (uint (kind c:+kind-uint+) (setf (field raw c:u) (uint-number value)))
      (float (kind c:+kind-float+) (setf (field raw c:f) (coerce value 'double-float)))
      (string
       (kind c:+kind-str+)
       (data (text-size value))
       (write-text value room)
       (behind (field raw c:len)))
      (octets (kind c:+kind-bytes+) (bytes value))
      (cons (items c:+kind-list+ (length value) value))
      ((vector t) (items c:+kind-list+ (length value) value))
      (hash-table
       (items c:+kind-map+ (* 2 (hash-table-count value))
              (loop for key being the hash-keys of value using (hash-value item)
                    collect key collect item)))
      (opaque (kind c:+kind-opaque+) (bytes (opaque-data value)) (label (opaque-type value)))
      ((or tensor numbers)
       (let ((tensor (as-tensor value)))
         (fill-shape raw tensor)
         (data (tensor-reach tensor))
         (with-pointer (pointer tensor)
           (cond (in-place (setf (field raw c:data) pointer))
                 (t (copy-memory room pointer (field raw c:len))
                    (behind (field raw c:len)))))
         (label (tensor-format tensor)))))
    room))

(defun fill-shape (raw tensor)
  "All of a tensor but where its data and its format are."
  (setf (field raw c:kind) c:+kind-tensor+
        (field raw c:dtype) (dtype-number (dtype tensor))
        (field raw c:ndim) (length (shape tensor)))
  (flet ((write-all (name type numbers)
           (loop with place = (cffi:foreign-slot-pointer raw '(:struct c:value) name)
                 for number in numbers
                 for index from 0
                 do (setf (cffi:mem-aref place type index) number))))
    (write-all 'c:shape :uint64 (shape tensor))
    (write-all 'c:strides :int64 (strides tensor))))

(defconstant +stack-room+ 4096)

(defmacro with-encoded ((raw value &optional (capture-time 0)) &body body)
  "Runs BODY with the struct of a value."
  `(flet ((use (,raw) ,@body))
     (declare (dynamic-extent #'use))
     (call-with-encoded ,value ,capture-time #'use)))

(defun call-with-encoded (value capture-time function)
  (declare (function function))
  (check-type capture-time (signed-byte 64))
  (let* ((alone (typecase value (octets value) (numbers (tensor value)) (t value)))
         (vector (typecase alone
                   (octets (storage-vector alone))
                   (tensor (slot-value alone 'place))))
         (value (if (and (typep value 'octets) (array-displacement value)) vector alone))
         (size (measure value 0 vector)))
    (flet ((use (room)
             (fill-value room value (cffi:inc-pointer room +value-size+) vector)
             (setf (field room c:capture-time-ns) capture-time)
             (funcall function room)))
      (sb-sys:with-pinned-objects (vector alone)
        (if (<= size +stack-room+)
            (cffi:with-foreign-object (room :uint64 (/ +stack-room+ 8)) (use room))
            (let ((room (cffi:foreign-alloc :uint8 :count size)))
              (unwind-protect (use room)
                (cffi:foreign-free room))))))))

;;; From the library

(defun read-octets (pointer size)
  (let ((copy (make-array size :element-type '(unsigned-byte 8))))
    (sb-sys:with-pinned-objects (copy)
      (copy-memory (sb-sys:vector-sap copy) pointer size))
    copy))

(defun read-text (pointer size)
  (if (zerop size)
      ""
      (values (cffi:foreign-string-to-lisp pointer :count size :encoding :utf-8))))

(defun read-list (pointer type count)
  (loop for index below count collect (cffi:mem-aref pointer type index)))

(defun decode (raw owner)
  "The value of a struct in a message, which a tensor keeps."
  (flet ((item (index)
           (decode (cffi:inc-pointer (field raw c:items) (* index +value-size+)) owner))
         (data () (read-octets (field raw c:data) (field raw c:len)))
         (label () (read-text (field raw c:label) (field raw c:label-len)))
         (sizes (name type)
           (read-list (cffi:foreign-slot-pointer raw '(:struct c:value) name) type
                      (field raw c:ndim))))
    (let ((kind (field raw c:kind)))
      (cond
        ((= kind c:+kind-null+) :null)
        ((= kind c:+kind-bool+) (/= 0 (field raw c:i)))
        ((= kind c:+kind-int+) (field raw c:i))
        ((= kind c:+kind-uint+) (uint (field raw c:u)))
        ((= kind c:+kind-float+) (field raw c:f))
        ((= kind c:+kind-str+) (read-text (field raw c:data) (field raw c:len)))
        ((= kind c:+kind-bytes+) (data))
        ((= kind c:+kind-list+)
         (let ((items (make-array (field raw c:count))))
           (dotimes (index (length items) items)
             (setf (aref items index) (item index)))))
        ((= kind c:+kind-map+)
         (let ((table (make-hash-table :test 'equal)))
           (dotimes (pair (field raw c:count) table)
             (setf (gethash (item (* 2 pair)) table) (item (1+ (* 2 pair)))))))
        ((= kind c:+kind-tensor+)
         (setf (message-is-shown owner) t)
         (make-instance 'tensor :dtype (dtype-of-number (field raw c:dtype))
                                :shape (sizes 'c:shape :uint64)
                                :strides (sizes 'c:strides :int64)
                                :format (label) :place (field raw c:data) :owner owner))
        ((= kind c:+kind-opaque+) (opaque (data) (label)))
        (t (error "a value of kind ~d is none this program knows" kind))))))
