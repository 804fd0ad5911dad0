(in-package "TESTS")

(defun round-trip (value)
  (ipc:send "values" value)
  (taken "values"))

(defun octets-of (&rest numbers)
  (coerce numbers '(vector (unsigned-byte 8))))

(define-test "structs have the size they have in C"
  (same (sb-posix:getenv "SIPC_SIZES")
        (format nil "~d ~d ~d ~d"
                (cffi:foreign-type-size '(:struct simpleipc.c:value))
                (cffi:foreign-type-size '(:struct simpleipc.c:message))
                (cffi:foreign-type-size '(:struct simpleipc.c:error))
                (cffi:foreign-type-size '(:struct simpleipc.c:options)))))

(define-test "values arrive as what they were"
  (dolist (value (list :null t nil 0 (- (ash 1 63)) (1- (ash 1 63)) 1.5d0 -0d0 ""
                       (format nil "gr~an~a" (code-char 252) (code-char 0))
                       (string (code-char #x1f600)) (octets-of 255 0) (octets-of)
                       (vector) (vector 1 (vector 2d0 "x" :null)) (ipc:map-of)
                       (ipc:map-of "b" 1 "a" (vector (ipc:map-of "k" "v")))))
    (let ((there (round-trip value)))
      (same value there)
      (same (format nil "~s" (class-of value)) (format nil "~s" (class-of there))))))

(define-test "lists are sent as vectors are, and a single float as a double"
  (same (vector 1 (vector 2 3)) (round-trip '(1 (2 3))))
  (same 0.5d0 (round-trip 0.5f0)))

(define-test "a map keeps its order"
  (let ((map (ipc:map-of "z" 1 "a" 2 "m" 3 "b" 4)))
    (same '("z" "a" "m" "b")
          (loop for key being the hash-keys of (round-trip map) collect key))))

(define-test "unsigned integers stay unsigned"
  (same (ipc:uint 5) (round-trip (ipc:uint 5)))
  (same (ipc:uint (1- (ash 1 64))) (round-trip (1- (ash 1 64)))))

(define-test "opaque values keep their content type"
  (let ((there (round-trip (ipc:opaque (octets-of 123 125) "application/json"))))
    (same (octets-of 123 125) (ipc:opaque-data there))
    (same "application/json" (ipc:opaque-type there))))

(define-test "vectors of octets are sent whatever they are made of"
  (let ((whole (octets-of 1 2 3 4 5)))
    (same (octets-of 2 3) (round-trip (make-array 2 :element-type '(unsigned-byte 8)
                                                    :displaced-to whole
                                                    :displaced-index-offset 1)))
    (same (octets-of 9) (round-trip (make-array 4 :element-type '(unsigned-byte 8)
                                                  :initial-element 9 :fill-pointer 1)))
    (same (vector (octets-of 2 3))
          (round-trip (list (make-array 2 :element-type '(unsigned-byte 8)
                                          :displaced-to whole :displaced-index-offset 1))))))

(define-test "what cannot be sent is an error of Lisp, and nothing is sent"
  (let ((deep '()) (round (list 1)) (half (string (code-char #xd800))))
    (dotimes (time 100) (setf deep (vector deep)))
    (setf (cdr round) round)
    (dolist (value (list #'car 'symbol 1/2 #c(1 2) #\a #*101 (make-array '(2 2)) (cons 1 2) round
                         (ash 1 64) (- (1+ (ash 1 63))) half (list half)
                         (ipc:map-of half 1) (ipc:map-of 1 2)))
      (signals type-error (ipc:send "refused" value)))
    (signals error (ipc:send "refused" deep))
    (signals type-error (ipc:uint (parse-integer "-1")))
    (signals type-error (ipc:uint (parse-integer "18446744073709551616")))
    (signals type-error (ipc:opaque (read-from-string "text") "a/b"))
    (signals type-error (ipc:send "refused" (ipc:opaque (octets-of) half)))
    (signals ipc:misuse
      (ipc:send "refused" (ipc:opaque (octets-of) (make-string 256 :initial-element #\x)))))
  (signals ipc:timeout (ipc:receive "refused" :timeout 0)))

(define-test "a tensor that does not fit its shape is refused"
  (let ((data (octets-of 1 2 3 4 5)))
    (signals error (ipc:tensor data :shape '(2 3)))
    (signals type-error (ipc:tensor data :shape '(-1)))
    (signals type-error (ipc:tensor data :shape '(1.0)))
    (signals type-error (ipc:tensor data :shape '(1 1 1 1 1 1 1 1 5)))
    (signals type-error (ipc:tensor data :dtype :u9))
    (signals type-error (ipc:tensor #(1 2)))
    (signals error (ipc:tensor data :shape '(2 2) :strides '(4 2)))
    (signals error (ipc:tensor data :shape '(2 2) :strides '(1)))))

(define-test "tensors of every type arrive"
  (loop for (dtype . size) in '((:bool . 1) (:u8 . 1) (:i8 . 1) (:u16 . 2) (:i16 . 2) (:u32 . 4)
                                (:i32 . 4) (:u64 . 8) (:i64 . 8) (:f16 . 2) (:f32 . 4) (:f64 . 8)
                                (:c64 . 8) (:c128 . 16))
        for octets = (make-array (* 6 size) :element-type '(unsigned-byte 8)
                                            :initial-element 7)
        do (ipc:send "tensors" (ipc:tensor octets :dtype dtype :shape '(2 3) :format "any"))
           (ipc:with-message (message (ipc:receive "tensors" :timeout +soon+))
             (let ((there (ipc:value message)))
               (same (list dtype '(2 3) "any" octets)
                     (list (ipc:dtype there) (ipc:shape there) (ipc:tensor-format there)
                           (ipc:octets there)))))))

(define-test "arrays of numbers are tensors, and back"
  (loop for (type . numbers) in '(((signed-byte 8) -1 1) ((unsigned-byte 16) 1 65535)
                                  ((signed-byte 64) -5 5) (single-float 0.5f0 -2f0)
                                  (double-float 0.5d0 -2d0)
                                  ((complex single-float) #c(1f0 2f0) #c(-1f0 0f0))
                                  ((complex double-float) #c(1d0 2d0) #c(-1d0 0d0))
                                  ((unsigned-byte 8) 7 8))
        for array = (make-array '(2 1) :element-type type
                                       :initial-contents (mapcar #'list numbers))
        do (ipc:send "arrays" array)
           (ipc:with-message (message (ipc:receive "arrays" :timeout +soon+))
             (let ((there (ipc:value message)))
               (same array (ipc:tensor-array there))
               (same type (array-element-type (ipc:tensor-array there)))
               (same (second numbers) (ipc:tref there 1 0))
               (signals error (ipc:tref there 2 0))
               (signals error (ipc:tref there 0))
               (signals type-error (setf (ipc:tref there 0 0) (first numbers)))))))

(define-test "a part of an image is sent by its strides"
  (let* ((image (apply #'octets-of (loop for number below 12 collect number)))
         (part (ipc:tensor image :shape '(3 2) :strides '(4 1))))
    (same (octets-of 0 1 4 5 8 9) (ipc:octets part))
    (same 9 (ipc:tref part 2 1))
    (ipc:send "parts" part)
    (ipc:send "parts" (list part))
    (ipc:with-message (message (ipc:receive "parts" :timeout +soon+))
      (same (octets-of 0 1 4 5 8 9) (ipc:octets (ipc:value message))))
    (ipc:with-message (message (ipc:receive "parts" :timeout +soon+))
      (same (octets-of 0 1 4 5 8 9) (ipc:octets (aref (ipc:value message) 0))))))

(defun file-of-address (address)
  "The file that is mapped where an address is."
  (with-open-file (maps "/proc/self/maps")
    (loop for line = (read-line maps nil)
          while line
          do (let* ((dash (position #\- line)) (space (position #\Space line)))
               (when (and (<= (parse-integer line :end dash :radix 16) address)
                          (< address (parse-integer line :start (1+ dash) :end space :radix 16)))
                 (return (subseq line (or (position #\/ line) (length line)))))))))

(define-test "a tensor is looked at where it lies"
  (ipc:send "large" (make-array '(100 100) :element-type '(unsigned-byte 8) :initial-element 97))
  (let* ((message (ipc:receive "large" :timeout +soon+))
         (tensor (ipc:value message))
         (address (cffi:pointer-address (ipc:pointer tensor))))
    (is (search (sb-posix:getenv "SIPC_DIR") (file-of-address address)))
    (same 0 (mod address 64))
    (same 97 (ipc:tref tensor 50 3))
    (ipc:release message)
    (signals ipc:gone (ipc:pointer tensor))
    (signals ipc:gone (ipc:tref tensor 0 0))
    (signals ipc:gone (ipc:octets tensor))))

(defun large-tensor (number)
  (make-array '(100000 1) :element-type '(unsigned-byte 8) :initial-element number))

(define-test "a tensor keeps its message"
  (ipc:send "kept" (large-tensor 1))
  (let ((tensor (ipc:value (ipc:receive "kept" :timeout +soon+))))
    (sb-ext:gc :full t)
    (dotimes (time 3) (ipc:send "kept" (large-tensor 2)))
    (is (every (lambda (octet) (= octet 1)) (ipc:octets tensor)))
    (dotimes (time 3) (taken "kept"))))

(define-test "a large map arrives"
  (let ((map (ipc:map-of "text" (make-string 3000 :initial-element (code-char 8364))
                         "numbers" (coerce (loop for number below 500 collect number) 'vector)
                         "image" (make-array '(2 2) :element-type 'double-float
                                                    :initial-element 0.25d0))))
    (ipc:send "maps" map)
    (ipc:with-message (message (ipc:receive "maps" :timeout +soon+))
      (let ((there (ipc:value message)))
        (same (gethash "text" map) (gethash "text" there))
        (same (gethash "numbers" map) (gethash "numbers" there))
        (same (gethash "image" map) (ipc:tensor-array (gethash "image" there)))))))
