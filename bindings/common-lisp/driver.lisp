;;;; The Common Lisp side of testing/interop: a command a line on the input, an answer a line on the
;;;; output.

(defpackage "DRIVER"
  (:use "CL" "NOTATION")
  (:export "MAIN"))

(in-package "DRIVER")

(defconstant +room+ 10 "Seconds.")

;; Handles by their id, and calls by their number.
(defvar *handles* (make-hash-table :test 'equal))
(defvar *calls* (make-hash-table :test 'equal))
(defvar *held* nil)
(defvar *request* nil)

;; What comes with an event.
(defparameter *facts*
  '(("failed" "text") ("ready" "methods") ("output" "stream" "text") ("ended" "code")
    ("killed" "signal") ("restarting" "after_ms")))

(defun handle (id) (gethash id *handles*))

(defun seconds (milliseconds) (/ (parse-integer milliseconds) 1000))

(defun bit-of (truth) (if truth 1 0))

(defmacro define-command (name lambda-list &body body)
  `(setf (get ',(intern (format nil "COMMAND-~a" name)) 'command)
         (lambda ,lambda-list ,@body)))

(defun describe-message (message)
  (let ((published (ipc:publish-time message)))
    (format nil "value ~a seq=~d missed=~d redelivered=~d capture=~d aged=~d"
            (printed (ipc:value message)) (ipc:message-sequence message) (ipc:missed message)
            (bit-of (ipc:redelivered-p message)) (ipc:capture-time message)
            (bit-of (and (plusp published) (>= (ipc:receive-time message) published))))))

(defun let-go ()
  (when *held* (ipc:release *held*))
  (setf *held* nil))

(define-command hello () (format nil "ok common-lisp ~a" (ipc:version)))

(define-command open (id role name &rest options)
  (let ((open (case (intern (string-upcase role) "KEYWORD")
                (:publish #'ipc:open-publisher) (:subscribe #'ipc:open-subscriber)
                (:send #'ipc:open-sender) (:receive #'ipc:open-receiver)
                (:set #'ipc:open-setter) (:watch #'ipc:open-watcher)
                (:notify #'ipc:open-notifier) (:wait #'ipc:open-waiter)
                (:lock #'ipc:open-lock) (:call #'ipc:open-client) (:serve #'ipc:open-server)
                (:host #'ipc:open-host) (:peers #'ipc:open-peer-watcher))))
    (setf (gethash id *handles*)
          (apply open name
                 (loop for option in options
                       for place = (position #\= option)
                       collect (intern (string-upcase (subseq option 0 place)) "KEYWORD")
                       collect (or (null place)
                                   (parse-integer option :start (1+ place))))))
    nil))

(define-command put (id value &optional (capture "capture=0"))
  (ipc:put (handle id) (parse value) :timeout +room+
                                     :capture-time (parse-integer capture :start 8)))

(define-command loan (id word)
  (let* ((value (parse word)) (is-tensor (typep value 'ipc:tensor)))
    (ipc:with-loan (lent ((handle id)
                          (if is-tensor (ipc:dtype value) :bytes)
                          (if is-tensor (ipc:shape value) (length value))
                          :format (if is-tensor (ipc:tensor-format value) "")
                          :timeout +room+))
      (ipc:write-octets (if is-tensor (ipc:octets value) value) lent))
    nil))

(define-command once (verb name &optional word)
  (cond ((string= verb "send") (ipc:send name (parse word)) nil)
        ((string= verb "publish") (ipc:publish name (parse word)) nil)
        ((string= verb "set") (ipc:set name (parse word)) nil)
        ((string= verb "notify") (ipc:notify name) nil)
        ((string= verb "wait")
         (format nil "count ~d" (ipc:wait name :timeout (seconds word))))
        ((string= verb "get")
         (ipc:with-message (message (ipc:get name :timeout (seconds word)))
           (describe-message message)))))

(define-command take (id timeout)
  (let-go)
  (ipc:with-message (message (ipc:receive (handle id) :timeout (seconds timeout)))
    (describe-message message)))

(define-command hold (id timeout)
  (let-go)
  (setf *held* (ipc:receive (handle id) :timeout (seconds timeout)))
  (describe-message *held*))

(define-command get (id timeout)
  (ipc:with-message (message (ipc:get (handle id) :timeout (seconds timeout)))
    (describe-message message)))

(define-command put_if (id value expected)
  (unless (ipc:set-if (handle id) (parse value)
                      (if (string= expected "new") nil (parse-integer expected))
                      :timeout +room+)
    "error 5 the value is another one"))

(define-command notify (id) (ipc:notify (handle id)))

(define-command wait (id timeout)
  (format nil "count ~d" (ipc:wait (handle id) :timeout (seconds timeout))))

(define-command lock (id timeout)
  (let ((lock (ipc:lock (handle id) :timeout (seconds timeout))))
    (format nil "ok abandoned=~d" (bit-of (ipc:abandoned-pid lock)))))

(define-command unlock (id) (ipc:unlock (handle id)) nil)

(define-command call (id method word &optional manner)
  (let* ((value (parse word))
         (arguments (if (eq value :null) nil value)))
    (cond ((equal manner "oneway")
           (ipc:call-one-way (handle id) method arguments)
           "call 0")
          (t
           (let ((number (princ-to-string (1+ (hash-table-count *calls*)))))
             (setf (gethash number *calls*)
                   (ipc:start (handle id) method arguments :idempotent (and manner t)))
             (format nil "call ~a" number))))))

(define-command result (id number timeout)
  (declare (ignore id))
  (handler-case
      (let ((reply (ipc:next-reply (gethash number *calls*) :timeout (seconds timeout))))
        (format nil "reply ~a more=~d" (printed (ipc:value reply)) (bit-of (ipc:more-p reply))))
    (ipc:service-error (condition)
      (format nil "failed ~d ~a ~a" (ipc:code condition) (printed (ipc:text condition))
              (printed (ipc:data condition))))))

(define-command cancel (id number)
  (declare (ignore id))
  (ipc:cancel (gethash number *calls*)))

(define-command serve (id timeout)
  (when *request* (ipc:release *request*))
  (setf *request* (ipc:receive (handle id) :timeout (seconds timeout)))
  (format nil "request ~a ~a oneway=~d" (ipc:request-method *request*)
          (printed (ipc:request-arguments *request*)) (bit-of (ipc:one-way-p *request*))))

(define-command reply (value &optional more)
  (cond (more (ipc:push-reply *request* (parse value)))
        (t (ipc:reply *request* (parse value))
           (ipc:release *request*))))

(define-command fail (code text data)
  (ipc:fail *request* (parse-integer code) (parse text) (parse data))
  (ipc:release *request*))

(define-command cancelled ()
  (format nil "cancelled ~d" (bit-of (ipc:cancelled-p *request*))))

(define-command start (id plugin program arguments restarts)
  (ipc:start-plugin (handle id) plugin (parse program) (parse arguments)
                    :restarts (parse-integer restarts))
  nil)

(define-command stop (id plugin) (ipc:stop-plugin (handle id) plugin) nil)

(define-command event (id timeout)
  (ipc:with-message (message (ipc:receive (handle id) :timeout (seconds timeout)))
    (let* ((event (ipc:value message))
           (name (gethash "event" event))
           (facts (mapcar (lambda (key) (gethash key event))
                          (rest (assoc name *facts* :test #'string=)))))
      (format nil "event ~a ~a ~a" name (gethash "plugin" event)
              (printed (case (length facts)
                         (0 :null)
                         (1 (first facts))
                         (t (coerce facts 'vector))))))))

(define-command peer (id timeout)
  (ipc:with-message (message (ipc:receive (handle id) :timeout (seconds timeout)))
    (format nil "peer~{ ~a~}" (mapcar (lambda (key) (gethash key (ipc:value message)))
                                      '("event" "role" "language" "pid")))))

;;; Verbs many times, in loops to be measured from outside

(define-command puts (id value count)
  (let ((handle (handle id)) (value (parse value)))
    (dotimes (time (parse-integer count))
      (ipc:put handle value :timeout +room+))))

(define-command loans (id height width count)
  (let ((handle (handle id)) (shape (list (parse-integer height) (parse-integer width) 3)))
    (dotimes (time (parse-integer count))
      ;; Only the ends are written: what it costs to fill is not the library's.
      (ipc:with-loan (lent (handle :u8 shape :timeout +room+))
        (let ((pointer (ipc:pointer lent)))
          (setf (cffi:mem-ref pointer :uint8) 1
                (cffi:mem-ref pointer :uint8 (1- (reduce #'* shape))) 2))))))

(defun weigh (value)
  "Both ends of bytes, or of a tensor where it is."
  (if (typep value 'ipc:tensor)
      (let ((pointer (ipc:pointer value)) (size (reduce #'* (ipc:shape value))))
        (+ (cffi:mem-ref pointer :uint8) (cffi:mem-ref pointer :uint8 (1- size))))
      (+ (aref value 0) (aref value (1- (length value))))))

(define-command takes (id count)
  (let ((handle (handle id)) (sum 0))
    (dotimes (time (parse-integer count) (format nil "sum ~d" sum))
      (ipc:with-message (message (ipc:receive handle :timeout +room+))
        (incf sum (+ (ipc:message-sequence message) (weigh (ipc:value message))))))))

(define-command calls (id count)
  (let ((handle (handle id)))
    (format nil "sum ~d" (loop repeat (parse-integer count)
                               sum (ipc:call handle "add" '(2 3) :timeout +room+)))))

(define-command serves (id count)
  (let ((handle (handle id)))
    (dotimes (time (parse-integer count))
      (ipc:with-message (request (ipc:receive handle :timeout +room+))
        (ipc:reply request (reduce #'+ (ipc:request-arguments request)))))))

;;; What a program does wrong

(defmacro refused (&body body)
  "The answer to what has to signal an error."
  `(handler-case (progn ,@body "ok")
     (error (condition) (format nil "refused ~a" (one-line condition)))))

(defun use-from-two-threads (receiver)
  (let ((waiting
          (sb-thread:make-thread
           (lambda ()
             (loop
               (handler-case (ipc:receive receiver)
                 (ipc:retry (condition)
                   ;; It is busy while the other one looks.
                   (when (eq (ipc:status condition) :interrupted) (return)))))))))
    (prog1 (refused (loop (handler-case (ipc:receive receiver :timeout 0)
                            (ipc:timeout ()))))
      (ipc:interrupt receiver)
      (sb-thread:join-thread waiting))))

(define-command misuse (kind id)
  (let ((handle (handle id)))
    (ecase (intern (string-upcase kind) "KEYWORD")
      (:type (refused (ipc:send handle (lambda ()))))
      (:range (refused (ipc:send handle (ash 1 64))))
      (:text (refused (ipc:send handle (string (code-char #xd800)))))
      (:closed (refused (let ((sender (ipc:open-sender id)))
                          (ipc:close sender)
                          (ipc:close sender)
                          (ipc:send sender 1))))
      (:thread (use-from-two-threads handle))
      (:forgotten (ipc:receive handle :timeout +room+)
       (sb-sys:scrub-control-stack)
       (sb-ext:gc :full t)
       nil)
      (:handler
       (ipc:on handle "boom" (lambda (number)
                               (declare (ignore number))
                               (ipc:interrupt handle)
                               (error "boom")))
       (ipc:serve handle)
       nil))))

(define-command close (id)
  (ipc:close (handle id))
  (remhash id *handles*)
  nil)

(define-command quit ()
  (loop for handle being the hash-values of *handles* do (ipc:close handle)))

(defun one-line (condition)
  (substitute #\Space #\Newline (princ-to-string condition)))

(defun words (line)
  (loop for start = 0 then (1+ end)
        for end = (position #\Space line :start start)
        collect (subseq line start end)
        while end))

(defun answer (line)
  (destructuring-bind (command . words) (words line)
    (handler-case
        (let ((name (find-symbol (format nil "COMMAND-~a" (string-upcase command)) "DRIVER")))
          (or (apply (get name 'command) words) "ok"))
      (ipc:sipc-error (condition)
        (format nil "error ~d ~a" (ipc:status-number condition) (ipc:text condition)))
      (error (condition)
        (format nil "error 25 ~a: ~a" (type-of condition)
                (one-line condition))))))

(defun be-a-plugin ()
  "Serves `add` and `crash`, until its host ends it."
  (format t "hello from common-lisp~%")
  (finish-output)
  (ipc:with-open ((server (ipc:open-server)))
    (ipc:on server "add" (lambda (a b) (+ a b)))
    (ipc:on server "crash" (lambda ()
                             ;; SBCL's own handler would make it an exit.
                             (cffi:foreign-funcall "signal" :int sb-posix:sigabrt
                                                            :pointer (cffi:null-pointer)
                                                            :pointer)
                             (cffi:foreign-funcall "abort" :void)))
    (ipc:serve server)))

(defun main ()
  (if (equal (second sb-ext:*posix-argv*) "plugin")
      (be-a-plugin)
      (loop for line = (read-line *standard-input* nil)
            while line
            do (write-line (answer line))
               (finish-output)
            until (string= line "quit"))))
