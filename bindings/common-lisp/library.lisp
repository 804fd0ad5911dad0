;;;; The loaded library: errors, and waiting.

(in-package "SIMPLEIPC")

;;; Errors

(define-condition sipc-error (error)
  ((status-number :initarg :status-number :initform 0 :reader status-number)
   (os-code :initarg :os-code :initform 0 :reader os-code
            :documentation "The number of the operating system's error, or 0.")
   (text :initarg :text :reader text))
  (:report (lambda (condition stream) (write-string (text condition) stream)))
  (:documentation "What can go wrong. The number of a status tells its class, also of one added
later."))

(define-condition retry (sipc-error) ()
  (:documentation "Nothing is wrong; the same call may succeed later. So does the restart RETRY."))
(define-condition timeout (retry) ()
  (:documentation "Nothing arrived within the time given."))
(define-condition gone (sipc-error) ()
  (:documentation "The handle, or the message, is of no use any more."))
(define-condition misuse (sipc-error) ()
  (:documentation "The call cannot succeed as it stands; mend it."))
(define-condition corrupt (sipc-error) ()
  (:documentation "The channel's file is damaged, or of another version."))
(define-condition system (sipc-error) ()
  (:documentation "The operating system refused; OS-CODE says why."))

(define-condition service-error (misuse)
  ((code :initarg :code :reader code)
   (data :initarg :data :initform :null :reader data))
  (:default-initargs :status-number c:+failed+)
  (:documentation "What a server answers with when its program says no; a method signals one to do
so: (error 'ipc:service-error :code 7 :text \"not today\")."))

(defun status (condition)
  "The keyword of a status, as :FULL; its number if this program does not know it."
  (let ((number (status-number condition)))
    (or (cdr (assoc number c:*statuses*)) number)))

(defun error-of (number os-code text)
  "The condition for a status: that of the class in which its number lies."
  (let* ((class (first (find-if (lambda (class) (<= number (third class))) c:*classes*)))
         (type (case class
                 (:retry (if (= number c:+timeout+) 'timeout 'retry))
                 (:gone 'gone) (:misuse 'misuse) (:corrupt 'corrupt) (:system 'system)
                 (t 'sipc-error))))
    (make-condition type :status-number number :os-code os-code :text text)))

(defun gone (text)
  (error 'gone :status-number c:+closed+ :text text))

;;; Loading

(defun greet-library ()
  "Refuses a library of another ABI, and says to it who this is."
  (let ((theirs (c:abi-version)))
    (unless (= theirs c:+abi-version+)
      (error "libsimpleipc speaks ABI ~d, this program ~d" theirs c:+abi-version+)))
  (c:identify (program-name) "common-lisp" (cffi:null-pointer)))

(defun program-name ()
  "What this program is called by those who look for peers: the script, else the executable."
  (let ((words sb-ext:*posix-argv*))
    (file-namestring (or (second (member "--script" words :test #'equal))
                         (second (member "--load" words :test #'equal))
                         (first words)
                         ""))))

;;; Calling. A signal that came in the middle of a function of the library, and whose handler left
;;; it by a transfer of control, would leave the handle in use for ever; so handlers run between
;;; calls.

(defmacro field (raw name)
  `(cffi:foreign-slot-value ,raw '(:struct c:value) ',name))

(defmacro with-complaint ((place) &body body)
  "Runs BODY with room for what the library has to say of an error."
  `(cffi:with-foreign-object (,place '(:struct c:error))
     (setf (cffi:foreign-slot-value ,place '(:struct c:error) 'c:size)
           (cffi:foreign-type-size '(:struct c:error)))
     ,@body))

(defun complain (status complaint)
  "Signals what the library has said."
  (let ((os-code (cffi:foreign-slot-value complaint '(:struct c:error) 'c:os-code))
        (text (cffi:foreign-string-to-lisp
               (cffi:foreign-slot-pointer complaint '(:struct c:error) 'c:message)
               :encoding :utf-8)))
    (sb-sys:with-interrupts
      (error (error-of status os-code text)))))

(defmacro ask ((function &rest arguments))
  "Calls a function of the library that does not wait; its last argument, the error, is added."
  `(with-complaint (complaint)
     (let ((status (sb-sys:without-interrupts (,function ,@arguments complaint))))
       (unless (= status c:+ok+) (complain status complaint)))))

(defun check (status)
  "Signals an error for a status of a function that has no more to say."
  (unless (= status c:+ok+)
    (error (error-of status 0 (c:status-text status)))))

(defconstant +slice+ 1000000000 "Nanoseconds after which a wait looks for interrupts.")
(defconstant +forever+ (1- (ash 1 63)))

(defun nanoseconds (seconds)
  (check-type seconds (or null (real 0)) "0 or more seconds, or NIL")
  (if (or (null seconds) (> seconds 9000000000))
      +forever+
      (values (ceiling (* (rational seconds) 1000000000)))))

(defun call-patiently (timeout handles try accepted)
  "Calls TRY with how many nanoseconds to wait, at most a second, and room for a complaint, until
the status is final. Between two tries interrupts run. What is left over in the HANDLES goes back
before each. Signals an error unless it is one of ACCEPTED."
  (declare (dynamic-extent handles) (function try))
  (let* ((limit (nanoseconds timeout))
         (start (if (< 0 limit +forever+) (c:now-ns) 0)))
    (with-complaint (complaint)
      (loop
        (let ((status
                (sb-sys:without-interrupts
                  (loop with left = limit
                        for status = (progn (mapc #'tidy-up handles)
                                            (funcall try (min left +slice+) complaint))
                        do (cond ((= status c:+interrupted+)
                                  (when (some #'take-interrupt handles) (return status)))
                                 ((or (= status c:+timeout+) (= status c:+full+))
                                  (when (<= left +slice+) (return status)))
                                 (t (return status)))
                           (sb-sys:with-local-interrupts nil)
                           (when (< 0 limit +forever+)
                             (setf left (max 0 (- limit (- (c:now-ns) start)))))))))
          (when (or (= status c:+ok+) (member status accepted))
            (return status))
          (restart-case (complain status complaint)
            (retry ()
              :report "Try again, for as long as before."
              (when (< 0 limit +forever+) (setf start (c:now-ns))))))))))

(defmacro patiently ((ns timeout handles &rest accepted) (function &rest arguments))
  "Calls a function of the library that waits, for which NS is bound to how long; the error is
added."
  `(flet ((try (,ns complaint) (,function ,@arguments complaint)))
     (declare (dynamic-extent #'try))
     (call-patiently ,timeout ,handles #'try (list ,@accepted))))

(defun check-name (name &optional (what "a name"))
  "A text for the library, which ends at the first NUL."
  (check-type name string)
  (when (find (code-char 0) name) (error "~a holds a NUL: ~s" what name))
  (text-size name)
  name)
