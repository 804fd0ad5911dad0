;;;; The values of testing/interop as words, and as Lisp has them.

(defpackage "NOTATION"
  (:use "CL")
  (:export "PARSE" "PRINTED" "TEXT-OF-HEX"))

(in-package "NOTATION")

(deftype octets () '(simple-array (unsigned-byte 8) (*)))

(defconstant +printed-bytes-max+ 64)

;;; Reading a word from the left

(defvar *word*)
(defvar *at*)

(defun field ()
  "Up to the next separator; a colon is passed over."
  (let* ((end (or (position-if (lambda (char) (find char ":,]}")) *word* :start *at*)
                  (length *word*)))
         (found (subseq *word* *at* end)))
    (setf *at* end)
    (skip #\:)
    found))

(defun is-next (char)
  (and (< *at* (length *word*)) (char= char (char *word* *at*))))

(defun skip (char)
  (when (is-next char) (incf *at*)))

(defun items (close)
  "Words and what is between them, up to the closing bracket."
  (loop until (is-next close)
        collect (word)
        do (or (skip #\,) (skip #\:))
        finally (incf *at*)))

(defun octets-of-hex (hex)
  (let ((octets (make-array (floor (length hex) 2) :element-type '(unsigned-byte 8))))
    (dotimes (index (length octets) octets)
      (setf (aref octets index)
            (parse-integer hex :start (* 2 index) :end (* 2 (1+ index)) :radix 16)))))

(defun text-of-hex (hex)
  (sb-ext:octets-to-string (octets-of-hex hex) :external-format :utf-8))

(defun pattern (size seed)
  (let ((octets (make-array size :element-type '(unsigned-byte 8))))
    (declare (fixnum size seed))
    (dotimes (index size octets)
      (setf (aref octets index) (logand 255 (+ seed (mod index 251)))))))

(defun text-pattern (size seed)
  (let ((text (make-string size)))
    (dotimes (index size text)
      (setf (char text index) (code-char (+ 97 (mod (+ seed (mod index 23)) 26)))))))

(defun double-of-hex (hex)
  (let ((bits (parse-integer hex :radix 16)))
    (sb-kernel:make-double-float (- (ldb (byte 32 32) bits) (* (ldb (byte 1 63) bits) (ash 1 32)))
                                 (ldb (byte 32 0) bits))))

(defun shape (text)
  (loop for start = 0 then (1+ end)
        for end = (position #\x text :start start)
        unless (string= text "")
          collect (parse-integer text :start start :end end)
        while end))

(defun dtype (text)
  (intern (string-upcase text) "KEYWORD"))

(defun tensor (data)
  "A tensor, whose bytes DATA makes of their number."
  (let* ((dtype (dtype (field)))
         (shape (shape (field)))
         (format (text-of-hex (field)))
         (size (reduce #'* shape :initial-value (ipc::item-size dtype))))
    (if shape
        (ipc:tensor (funcall data size) :dtype dtype :shape shape :format format)
        ;; Without a dimension: an array of rank 0 is one element, and so has to be made of it.
        (let* ((flat (ipc:tensor (funcall data size) :dtype dtype :shape '(1)))
               (type (array-element-type (ipc:tensor-array flat))))
          (ipc:tensor (make-array '() :element-type type
                                      :initial-element (ipc:tref flat 0))
                      :dtype dtype :format format)))))

(defun word ()
  (incf *at*)
  (ecase (char *word* (1- *at*))
    (#\n :null)
    (#\b (string= (field) "1"))
    (#\i (parse-integer (field)))
    (#\u (ipc:uint (parse-integer (field))))
    (#\d (double-of-hex (field)))
    (#\s (text-of-hex (field)))
    (#\x (octets-of-hex (field)))
    (#\[ (coerce (items #\]) 'vector))
    (#\{ (apply #'ipc:map-of (items #\})))
    (#\t (tensor (lambda (size) (declare (ignore size)) (octets-of-hex (field)))))
    (#\T (tensor (lambda (size) (pattern size (parse-integer (field))))))
    (#\o (let ((type (text-of-hex (field)))) (ipc:opaque (octets-of-hex (field)) type)))
    (#\X (let ((size (parse-integer (field)))) (pattern size (parse-integer (field)))))
    (#\S (let ((size (parse-integer (field)))) (text-pattern size (parse-integer (field)))))))

(defun parse (text)
  (let ((*word* text) (*at* 0))
    (word)))

;;; Writing

(defun hex (octets)
  (format nil "~(~{~2,'0x~}~)" (coerce octets 'list)))

(defun hex-of-text (text)
  (hex (sb-ext:string-to-octets text :external-format :utf-8)))

(declaim (type (simple-array (unsigned-byte 32) (256)) *remainders*))
(defparameter *remainders*
  (let ((table (make-array 256 :element-type '(unsigned-byte 32))))
    (dotimes (index 256 table)
      (let ((rest index))
        (dotimes (bit 8)
          (setf rest (logxor (ash rest -1) (if (oddp rest) #xedb88320 0))))
        (setf (aref table index) rest)))))

(defun crc-32 (octets)
  (declare (octets octets) (optimize speed))
  (let ((crc #xffffffff) (remainders *remainders*))
    (declare (type (unsigned-byte 32) crc))
    (loop for octet across octets
          do (setf crc (logxor (ash crc -8)
                               (aref remainders (logxor (logand crc 255) octet)))))
    (logxor crc #xffffffff)))

(defun digest (octets)
  (if (<= (length octets) +printed-bytes-max+)
      (hex octets)
      (format nil "#~d:~(~8,'0x~)" (length octets) (crc-32 octets))))

(defun printed (value)
  (etypecase value
    ((eql :null) "n")
    (null "b0")
    ((eql t) "b1")
    (integer (format nil "i~d" value))
    (ipc:uint (format nil "u~d" (ipc:uint-number value)))
    (double-float
     (format nil "d~(~8,'0x~8,'0x~)" (ldb (byte 32 0) (sb-kernel:double-float-high-bits value))
             (sb-kernel:double-float-low-bits value)))
    (string
     (format nil "s~a" (digest (sb-ext:string-to-octets value :external-format :utf-8))))
    (octets (format nil "x~a" (digest value)))
    (vector (format nil "[~{~a~^,~}]" (map 'list #'printed value)))
    (hash-table
     (format nil "{~{~a:~a~^,~}}"
             (loop for key being the hash-keys of value using (hash-value item)
                   collect (printed key) collect (printed item))))
    (ipc:tensor
     (format nil "t~(~a~):~{~d~^x~}:~a:~a" (ipc:dtype value) (ipc:shape value)
             (hex-of-text (ipc:tensor-format value)) (digest (ipc:octets value))))
    (ipc:opaque
     (format nil "o~a:~a" (hex-of-text (ipc:opaque-type value))
             (digest (ipc:opaque-data value))))))
