;;;; What the tests have in common. $SIPC_DIR is theirs.

(defpackage "TESTS"
  (:use "CL")
  (:export "MAIN"))

(in-package "TESTS")

(defconstant +soon+ 20 "Seconds that are long enough on any machine.")

(defvar *tests* '())
(defvar *children* '())

(defmacro define-test (name &body body)
  `(push (cons ,name (lambda () ,@body)) *tests*))

(defmacro is (form)
  `(unless ,form (error "it is not so: ~s" ',form)))

(defmacro same (wanted form)
  "Whether two values are alike, of one type."
  `(let ((wanted ,wanted) (found ,form))
     (unless (equalp wanted found) (error "~s is ~s, not ~s" ',form found wanted))))

(defmacro signals (type &body body)
  "The condition that BODY signals, which is to be of a type."
  `(handler-case (progn ,@body)
     (,type (condition) condition)
     (:no-error (&rest values) (error "~s signals nothing: ~s" ',body values))))

(defmacro status-of (type &body body)
  `(ipc:status (signals ,type ,@body)))

(defmacro eventually (form)
  `(loop with finish = (+ (ipc:now) (* +soon+ 1000000000))
         until ,form
         do (when (> (ipc:now) finish) (error "it did not come to be: ~s" ',form))
            (sb-thread:thread-yield)))

(defmacro taken (place &rest options)
  "The value of the next message."
  `(ipc:with-message (message (ipc:receive ,place ,@(or options '(:timeout +soon+))))
     (ipc:value message)))

(defmacro in-thread (&body body)
  `(sb-thread:make-thread
    (lambda () (handler-case (progn ,@body) (error (condition) condition)))))

(defun joined (thread &rest options)
  "What a thread returns, which is to end soon; or signals."
  (let ((value (apply #'sb-thread:join-thread thread :timeout +soon+ options)))
    (if (typep value 'error) (error value) value)))

;;; Programs of their own: this one, started again with the name of what it is to do.

(defmacro define-child (name lambda-list &body body)
  `(push (cons ,name (lambda ,lambda-list ,@body)) *children*))

(defun say (text)
  (write-line text)
  (finish-output))

(defun start-child (name &rest arguments)
  (sb-ext:run-program sb-ext:*runtime-pathname* (cons name arguments)
                      :wait nil :output :stream :error nil))

(defun hear (child)
  "The next line that a child says; NIL at its end."
  (read-line (sb-ext:process-output child) nil))

(defun end-child (child signal)
  "How it ended."
  (sb-ext:process-kill child signal)
  (sb-ext:process-wait child)
  (sb-ext:process-close child)
  (sb-ext:process-status child))

(defun main ()
  (destructuring-bind (name . arguments) (or (rest sb-ext:*posix-argv*) '(nil))
    (let ((child (cdr (assoc name *children* :test #'equal))))
      (if child
          (apply child arguments)
          (loop for (name . test) in (reverse *tests*)
                do (handler-case (progn (funcall test) (say (format nil "ok ~a" name)))
                     (serious-condition (condition)
                       (say (format nil "FAILED ~a: ~a" name condition)))))))))
