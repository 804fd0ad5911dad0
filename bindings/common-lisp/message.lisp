;;;; Messages that were taken, and how they are let go of.

(in-package "SIMPLEIPC")

(defconstant +message-size+ (cffi:foreign-type-size '(:struct c:message)))

;; Structs of messages that are not in use.
(defvar *raws* (list nil))

(defun new-raw ()
  (let ((raw (or (sb-ext:atomic-pop (car *raws*))
                 (cffi:foreign-alloc :uint8 :count +message-size+))))
    (cffi:foreign-funcall "memset" :pointer raw :int 0 :size +message-size+ :pointer)
    (setf (cffi:foreign-slot-value raw '(:struct c:message) 'c:size) +message-size+)
    raw))

(defun drop-raw (raw)
  "Lets go of the message in a struct, and of the struct."
  (c:release raw)
  (sb-ext:atomic-push raw (car *raws*)))

(defstruct (message (:constructor make-message (raw)) (:copier nil) (:predicate nil))
  "A message that was taken. In a queue it counts as done when it is released, by WITH-MESSAGE, by
RELEASE or by the garbage collector; that of a program that dies first comes again."
  raw (is-failure nil) (known nil) (is-known nil) (is-shown nil))

;; To the collector a message is small, however much it keeps. So it runs when the number of those
;; that nobody has released has doubled.
(defconstant +goal+ 64)
(defstruct unreleased (count 0 :type sb-ext:word) (goal +goal+ :type sb-ext:word))
(defvar *unreleased* (make-unreleased))

(defun collect-if-many ()
  (let ((count (unreleased-count *unreleased*)))
    (when (>= count (unreleased-goal *unreleased*))
      (setf (unreleased-goal *unreleased*) (* 2 count))
      (sb-ext:gc :gen 1)
      (setf (unreleased-goal *unreleased*)
            (max +goal+ (* 2 (unreleased-count *unreleased*)))))))

(defun message-of (raw)
  "A message in a struct that the library has filled."
  (let ((message (make-message raw)))
    (sb-ext:atomic-incf (unreleased-count *unreleased*))
    (sb-ext:finalize message
                     (lambda ()
                       (sb-ext:atomic-decf (unreleased-count *unreleased*))
                       (drop-raw raw))
                     :dont-save t)
    message))

(defgeneric release (message)
  (:documentation "Lets go of a message, or of a request; twice without harm. In a queue it is
done.")
  (:method ((nothing null)) nil)
  (:method ((message message))
    (sb-sys:without-interrupts
      (let ((raw (message-raw message)))
        (when (and raw (eq raw (sb-ext:compare-and-swap (message-raw message) raw nil)))
          (sb-ext:cancel-finalization message)
          (sb-ext:atomic-decf (unreleased-count *unreleased*))
          (drop-raw raw))))
    nil))

(defmethod check-held ((message message))
  (or (message-raw message) (gone "the message has been released")))

(defmacro with-raw ((raw message) &body body)
  "Runs BODY with the struct of a message, which the collector leaves alone meanwhile."
  `(let ((,raw (check-held ,message)))
     (sb-sys:with-pinned-objects (,message) ,@body)))

(defgeneric value (message)
  (:documentation "The value, which is copied, but for tensors, when it is asked for the first
time.")
  (:method ((message message))
    (unless (message-is-known message)
      (with-raw (raw message)
        (setf (message-known message)
              (decode (cffi:foreign-slot-pointer raw '(:struct c:message) 'c:value) message)
              (message-is-known message) t)))
    (message-known message)))

(macrolet ((fact (name slot documentation)
             `(defun ,name (message)
                ,documentation
                (with-raw (raw message)
                  (cffi:foreign-slot-value raw '(:struct c:message) ',slot))))
           (flag (name bit documentation)
             `(defun ,name (message)
                ,documentation
                (with-raw (raw message)
                  (logtest ,bit (cffi:foreign-slot-value raw '(:struct c:message) 'c:flags))))))
  (fact message-sequence c:sequence "Grows by one with each message of one sender.")
  (fact message-sender c:sender "Which handle it is from.")
  (fact missed c:missed "How many this subscriber has lost since the one before.")
  (fact publish-time c:publish-time-ns "When it was put, or 0 if its sender does not stamp.")
  (fact receive-time c:receive-time-ns "When it was taken, or 0.")
  (flag redelivered-p c:+message-redelivered+ "Whether an earlier receiver died with it.")
  (flag more-p c:+message-more+ "Of a reply: whether others follow."))

(defun capture-time (message)
  "When the content was captured, or 0."
  (with-raw (raw message)
    (field (cffi:foreign-slot-pointer raw '(:struct c:message) 'c:value) c:capture-time-ns)))

(defun age (message)
  "Seconds from putting to taking, or NIL if its sender does not stamp."
  (let ((published (publish-time message)))
    (unless (zerop published)
      (/ (- (receive-time message) published) 1d9))))

(defgeneric one-way-p (message)
  (:documentation "Of a request: whether nobody waits for a reply."))

(defmacro with-message ((name form) &body body)
  "Runs BODY with the message, or the request, that FORM takes; it is released then. No interrupt
comes between the taking and BODY."
  `(sb-sys:without-interrupts
     (let ((,name (sb-sys:allow-with-interrupts ,form)))
       (unwind-protect (sb-sys:with-local-interrupts ,@body)
         (release ,name)))))

(defmacro do-messages ((name handle &rest options) &body body)
  "Runs BODY with every message, or request, each released after it, until none comes within the
timeout, which is an option, else that of the handle."
  (let ((place (gensym)) (one (gensym)))
    `(let ((,place ,handle))
       (loop
         (with-message (,one (handler-case (receive ,place ,@options)
                               (timeout () nil)))
           (unless ,one (return))
           (let ((,name ,one)) (declare (ignorable ,name)) ,@body))))))

(defmethod print-object ((message message) stream)
  (print-unreadable-object (message stream :type t)
    (if (message-raw message)
        (format stream "~d of ~d" (message-sequence message) (message-sender message))
        (write-string "released" stream))))
