;;;; Services: methods of one program that others call; and plugins, programs that a host starts.

(in-package "SIMPLEIPC")

;;; Calling

(define-role client c:+role-call+ (handle) "Calls the methods of a service.")

(defclass call (taker)
  ((client :initarg :client :reader call-client)
   (number :initarg :number :reader call-number))
  (:documentation "A call in flight. One that nobody keeps is cancelled."))

(defconstant +room+ 5 "Seconds for which a call waits for room.")

(defun begin-call (client method arguments flags)
  (check-name method "a method")
  (cffi:with-foreign-object (number :uint64)
    (with-encoded (raw (or arguments :null))
      (patiently (ns +room+ (list client)) (c:call (raw client) method raw flags ns number)))
    (cffi:mem-ref number :uint64)))

(defun start (client method arguments &key idempotent)
  "Starts a call; 64 can be in flight. The arguments are a list, or a map if they have names, and
NIL if there are none. If it is idempotent, it goes to another server when the one that has it
dies."
  (sb-sys:without-interrupts
    (let* ((number (sb-sys:allow-with-interrupts
                     (begin-call client method arguments
                                 (if idempotent c:+call-idempotent+ 0))))
           (call (make-instance 'call :client client :number number)))
      (when-collected call client (canceller client number))
      call)))

(defun canceller (client number)
  (let ((channel (raw client)))
    (lambda () (c:cancel channel number))))

(defun call-one-way (client method arguments)
  "Calls a method, and does not ask what becomes of it."
  (begin-call client method arguments c:+call-one-way+)
  nil)

(defun call (client method arguments &key timeout idempotent)
  "The result of a method. What the server signals is a SERVICE-ERROR here; without a result within
the timeout the call is cancelled."
  (result (start client method arguments :idempotent idempotent) :timeout timeout))

(defun offers (client &key timeout)
  "What the service offers, as a list of maps."
  (coerce (call client ".methods" nil :timeout timeout) 'list))

(defun next-reply (call &key timeout)
  "The next reply, a message; if it is MORE-P it is one of a stream, else the result. After a
TIMEOUT one may ask again."
  (let* ((client (call-client call))
         (message (take call client timeout
                        (lambda (raw ns complaint)
                          (c:result (raw client) (call-number call) ns raw complaint)))))
    (when (message-is-failure message)
      (let ((told (value-of message)))
        (error 'service-error :code (gethash "code" told) :text (gethash "message" told)
                              :data (gethash "data" told))))
    message))

(defun value-of (message)
  "Its value; the message is kept only if that shows its memory."
  (let ((value (value message)))
    (unless (message-is-shown message) (release message))
    value))

(defun result (call &key timeout)
  "The result, after all replies of a stream, which are thrown away."
  (let ((finish (and timeout (+ (c:now-ns) (nanoseconds timeout)))))
    (handler-case
        (loop
          (let* ((left (and finish (/ (max 0 (- finish (c:now-ns))) 1000000000)))
                 (message (next-reply call :timeout left)))
            (unless (more-p message) (return (value-of message)))))
      (timeout (condition)
        (cancel call)
        (error condition)))))

(defmacro do-replies ((name call &rest options) &body body)
  "Runs BODY with the values of a stream, one by one, and returns the result."
  (let ((place (gensym)) (message (gensym)))
    `(let ((,place ,call))
       (loop
         (let ((,message (next-reply ,place ,@options)))
           (unless (more-p ,message) (return (value-of ,message)))
           (let ((,name (value-of ,message))) ,@body))))))

(defmethod cancel ((call call))
  (let* ((client (call-client call))
         (status (give-back client (canceller client (call-number call)))))
    (unless (= status c:+busy+) (check status))))

;;; Serving

(defclass request ()
  ((message :initarg :message :reader request-message)
   (method :initarg :method :reader request-method)
   (arguments :initarg :arguments :reader request-arguments
              :documentation "A vector, a map if they have names, or :NULL."))
  (:documentation
   "A call that was taken and is to be answered; if it is let go of unanswered, that is an error for
its client."))

(defvar *request* nil "The request that a method of a server answers.")

(defmethod release ((request request))
  (release (request-message request)))

(defmethod one-way-p ((request request))
  (with-raw (raw (request-message request))
    (logtest c:+message-one-way+ (cffi:foreign-slot-value raw '(:struct c:message) 'c:flags))))

(defun answer (request value flags)
  (let ((message (request-message request)))
    (with-encoded (raw value)
      (with-raw (struct message)
        (ask (c:reply struct raw flags))))))

(defun reply (request value) (answer request value 0))

(defun push-reply (request value)
  "One reply of a stream, before the result; a RETRY whose status is :CANCELLED if nobody waits."
  (answer request value c:+reply-more+))

(defun fail (request code text &optional (data :null))
  (answer request (map-of "code" code "message" text "data" data) c:+reply-error+))

(defun cancelled-p (request)
  "Whether nobody waits for the answer any more; to be asked in long work."
  (with-raw (raw (request-message request))
    (= c:+cancelled+ (c:cancelled raw))))

(defclass methodical (source)
  ((methods :initform (make-hash-table :test 'equal) :reader methods)
   (offers :initform nil :accessor server-offers)))

(defclass server (methodical) ()
  (:documentation
   "Answers the calls of a service; each goes to one of its servers. Give it methods by ON, and
SERVE; or take requests and answer them."))

(defmethod role ((server server)) c:+role-serve+)

(defun open-server (&optional name &rest options)
  "Without a name it is the server of the plugin which this program is."
  (open-handle (make-instance 'server) (if name (check-name name) (cffi:null-pointer)) options))

(defconstant +no-such-method+ -32601)
(defconstant +bad-arguments+ -32602)
(defconstant +broken+ -32603)

(defun parameters (function)
  "The required, optional and key parameters of a function, and whether it takes more listed ones,
or more with names."
  (let ((mode '&required) (required '()) (optional '()) (keys '()) (more nil) (others nil))
    (dolist (item (sb-kernel:%fun-lambda-list function))
      (let ((name (if (consp item) (first item) item)))
        (cond ((eq item '&allow-other-keys) (setf others t))
              ((member item lambda-list-keywords) (setf mode item))
              (t (ecase mode
                   (&required (push name required))
                   (&optional (push name optional))
                   (&rest (setf more t))
                   (&key (push (if (consp name) (first name)
                                   (intern (symbol-name name) "KEYWORD"))
                               keys))
                   (&aux))))))
    (values (reverse required) (reverse optional) (reverse keys) more others)))

(defun spelled (symbol)
  "The name of a parameter, as other languages would write it."
  (substitute #\_ #\- (string-downcase symbol)))

(defun on (server name function &key idempotent (about ""))
  "Makes a function a method of the service. What it gives to PUSH-REPLY of *REQUEST* is a stream of
replies; what it returns is the result. An idempotent one is done again by another server when this
one dies."
  (check-name name "a method")
  (let ((function (if (symbolp function) (fdefinition function) function)))
    (check-type function function)
    (multiple-value-bind (required optional keys) (parameters function)
      (let* ((arguments (map 'vector (lambda (symbol) (vector (spelled symbol) "any"))
                             (append required optional keys)))
             (offer (map-of "name" name "args" arguments "idempotent" (and idempotent t)
                            "about" about))
             (offers (append (server-offers server) (list offer))))
        (with-encoded (raw offers) (ask (c:describe (raw server) raw)))
        (setf (server-offers server) offers
              (gethash name (methods server)) function)))))

(defun bind (function arguments)
  "The arguments of a request, as the function takes them."
  (multiple-value-bind (required optional keys more others) (parameters function)
    (flet ((refuse ()
             (error 'service-error
                    :code +bad-arguments+
                    :text (format nil "the arguments are ~{~a~^, ~}"
                                  (mapcar #'spelled (append required optional keys))))))
      (typecase arguments
        (hash-table
         (let* ((taken 0)
                (places (loop for symbol in (append required optional)
                              for index from 0
                              for (value is-there) = (multiple-value-list
                                                      (gethash (spelled symbol) arguments))
                              while is-there
                              do (incf taken)
                              collect value))
                (named (loop for name being the hash-keys of arguments using (hash-value value)
                             for key = (find name keys :key #'spelled :test #'string=)
                             when key collect key and collect value)))
           (when (or (< taken (length required))
                     (and (not others)
                          (/= (+ taken (/ (length named) 2)) (hash-table-count arguments))))
             (refuse))
           (append places named)))
        (t
         (let ((listed (typecase arguments
                         ((eql :null) '())
                         (simple-vector (coerce arguments 'list))
                         (t (list arguments)))))
           (unless (and (<= (length required) (length listed))
                        (or (and more (null keys))
                            (<= (length listed) (+ (length required) (length optional)))))
             (refuse))
           listed))))))

(defmethod receive ((server server) &key (timeout (handle-timeout server)))
  (sb-sys:without-interrupts
    (let* ((message (sb-sys:allow-with-interrupts (take-next server timeout)))
           (value (value message)))
      (make-instance 'request :message message :method (aref value 0) :arguments (aref value 1)))))

(defun serve (server &key (timeout (handle-timeout server)))
  "Answers calls until the handle is closed or interrupted, or none comes within the timeout."
  (handler-case (do-messages (request server :timeout timeout)
                  (answer-by-method server request))
    (sipc-error (condition)
      (unless (member (status condition) '(:closed :interrupted)) (error condition)))))

(defun answer-by-method (server request)
  (let ((function (gethash (request-method request) (methods server)))
        (*request* request))
    (handler-case
        (if function
            (reply request (apply function (bind function (request-arguments request))))
            (fail request +no-such-method+
                  (format nil "there is no method ~a" (request-method request))))
      (service-error (condition)
        (fail request (code condition) (text condition) (data condition)))
      ((or error storage-condition) (condition)
        (unless (and (typep condition 'sipc-error) (eq (status condition) :cancelled))
          ;; If it has been answered, the client was told that the result is too large.
          (handler-case (fail request +broken+ (explain condition))
            (misuse () nil)))))))

(defun explain (condition)
  "What a condition says, as text that can be sent."
  (substitute-if #\? (complement #'text-char-p)
                 (format nil "~(~a~): ~a" (type-of condition)
                         (or (ignore-errors (princ-to-string condition)) ""))))

;;; Plugins

(defclass named (source) ((name :accessor host-name)))

(defclass host (named) ()
  (:documentation
   "Starts programs as plugins; plugin P of the host H serves H.P. What is received are events: maps
with event, plugin, pid and more."))

(defmethod role ((host host)) c:+role-host+)

(defun open-host (name &rest options)
  (let ((host (make-instance 'host)))
    (setf (host-name host) (check-name name))
    (open-handle host name options)))

(defun order (host &rest keys-and-values)
  (with-encoded (raw (apply #'map-of keys-and-values)) (ask (c:plugin (raw host) raw))))

(defun start-plugin (host name program arguments &key restarts within hang-after)
  "It is started again up to RESTARTS times WITHIN so many seconds, and killed when it takes no
call for HANG-AFTER seconds."
  (flet ((optional (key value) (and value (list key value)))
         (seconds (value) (and value (coerce value 'double-float))))
    (apply #'order host "name" name
           "program" (if (pathnamep program) (sb-ext:native-namestring program) program)
           "args" (coerce arguments 'vector)
           (append (optional "restarts" restarts)
                   (optional "seconds" (seconds within))
                   (optional "hang_after" (seconds hang-after))))))

(defun stop-plugin (host name) (order host "name" name "stop" t))

(defun plugin-client (host name &rest options)
  "A client of a plugin."
  (apply #'open-client (format nil "~a.~a" (host-name host) (check-name name)) options))
