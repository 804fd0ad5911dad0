;;;; Handles on queues, topics, states, signals and locks.

(in-package "SIMPLEIPC")

(defclass taker ()
  ((kept :initform nil :accessor kept :documentation "A message that an interrupt came behind.")))

(defclass handle (taker)
  ((raw :reader raw)
   (timeout :initform nil :accessor handle-timeout :documentation "Of waits that are given none.")
   (is-interrupted :initform nil :accessor is-interrupted)
   (leftovers :initform (list nil) :reader leftovers
              :documentation "What is to be given back, and could not be at once."))
  (:documentation
   "What all handles have. It is closed by CLOSE, by WITH-OPEN or by the garbage collector."))

(defgeneric role (handle))

(defmacro define-role (name role supers documentation)
  "A class of handles, and the function that opens one."
  (let ((open (intern (format nil "OPEN-~a" name))))
    `(progn
       (defclass ,name ,supers () (:documentation ,documentation))
       (defmethod role ((handle ,name)) ,role)
       (defun ,open (name &rest options)
         ,(format nil "~a Options are named as in sipc_options; TIMEOUT is that of all waits that ~
                       are given none." documentation)
         (open-handle (make-instance ',name) (check-name name) options)))))

(defmacro with-options ((raw timeout options) &body body)
  "Runs BODY with the struct of OPTIONS, a list of keywords and values."
  `(call-with-options ,options (lambda (,raw ,timeout) ,@body)))

(defun call-with-options (options function)
  (destructuring-bind (&key timeout lossless latest unstamped tap (history 0) (depth 0)
                         (pool-bytes-max 0) directory (signal 0) (permits 0))
      options
    (check-type history (unsigned-byte 32))
    (check-type depth (unsigned-byte 32))
    (check-type pool-bytes-max (unsigned-byte 64))
    (check-type signal (unsigned-byte 31))
    (check-type permits (unsigned-byte 32))
    (nanoseconds timeout)
    (when directory (check-name directory "a directory"))
    (cffi:with-foreign-string (place (or directory ""))
      (cffi:with-foreign-object (raw '(:struct c:options))
        (macrolet ((fill-in (&rest names-and-values)
                     `(setf ,@(loop for (name value) on names-and-values by #'cddr
                                    collect `(cffi:foreign-slot-value
                                              raw '(:struct c:options) ',name)
                                    collect value))))
          (fill-in c:size (cffi:foreign-type-size '(:struct c:options))
                   c:flags (logior (if lossless c:+option-lossless+ 0)
                                   (if latest c:+option-latest+ 0)
                                   (if unstamped c:+option-unstamped+ 0)
                                   (if tap c:+option-tap+ 0))
                   c:history history c:depth depth c:pool-bytes-max pool-bytes-max
                   c:directory (if directory place (cffi:null-pointer))
                   c:signal signal c:permits permits))
        (funcall function raw timeout)))))

(defun open-handle (handle name options)
  (with-options (options timeout options)
    (cffi:with-foreign-object (room :uintptr)
      (sb-sys:without-interrupts
        (ask (c:open name (role handle) options room))
        (let ((raw (cffi:mem-ref room :uintptr)))
          (setf (slot-value handle 'raw) raw
                (handle-timeout handle) timeout)
          (sb-ext:finalize handle (lambda () (c:close raw)) :dont-save t)))))
  handle)

(defun close (handle)
  "Messages that were taken stay good. A wait of another thread in this handle ends. Twice without
harm."
  (sb-sys:without-interrupts
    (sb-ext:cancel-finalization handle)
    (c:close (raw handle)))
  nil)

(defmacro with-open (bindings &body body)
  "Binds handles one after the other, as LET* does, and closes them after BODY, however that ends:
(ipc:with-open ((cats (ipc:open-receiver \"cats\"))) ...)."
  (if (null bindings)
      `(progn ,@body)
      (destructuring-bind ((name form) . others) bindings
        `(sb-sys:without-interrupts
           (let ((,name (sb-sys:allow-with-interrupts ,form)))
             (unwind-protect (sb-sys:with-local-interrupts (with-open ,others ,@body))
               (close ,name)))))))

(defun interrupt (handle)
  "Ends the wait that goes on in this handle, or else the next one, by a RETRY whose status is
:INTERRUPTED. For other threads."
  (setf (is-interrupted handle) t)
  (check (c:interrupt (raw handle))))

(defun take-interrupt (handle)
  "Whether a wait ended for INTERRUPT, and not for any signal; said once."
  (shiftf (is-interrupted handle) nil))

(defun descriptor (handle)
  "A descriptor of what takes and of clients, readable as long as there may be something to take
with a timeout of 0 until TIMEOUT. It is not to be read or closed."
  (cffi:with-foreign-object (room :int32)
    (ask (c:fd (raw handle) room))
    (cffi:mem-ref room :int32)))

(defun give-back (handle action)
  "Calls ACTION, which answers the status of it; if another thread is inside the handle, so does the
next call in it, or the next slice of the wait there."
  (sb-sys:without-interrupts
    (let ((status (funcall action)))
      (when (= status c:+busy+)
        (sb-ext:atomic-push action (car (leftovers handle))))
      status)))

(defun tidy-up (handle)
  "Gives back what is left over, as far as that goes."
  (sb-sys:without-interrupts
    (loop for action = (and (car (leftovers handle)) (sb-ext:atomic-pop (car (leftovers handle))))
          until (or (null action) (= c:+busy+ (give-back handle action))))))

;; Not by the collector's own thread: two threads in one handle would be one too many.
(defun when-collected (one handle action)
  (let ((leftovers (leftovers handle)))
    (sb-ext:finalize one (lambda () (sb-ext:atomic-push action (car leftovers))) :dont-save t)))

;;; What puts

(defclass producer (handle) ())

(defgeneric put (producer value &key timeout capture-time)
  (:documentation "Waits for room until the timeout, then signals a RETRY whose status is :FULL. The
capture time is in nanoseconds of NOW.")
  (:method ((producer producer) value &key (timeout (handle-timeout producer)) (capture-time 0))
    (with-encoded (raw value capture-time)
      (patiently (ns timeout (list producer)) (c:put (raw producer) raw ns)))
    nil))

(define-role publisher c:+role-publish+ (producer) "Puts on a topic: all subscribers get it.")
(define-role sender c:+role-send+ (producer) "Puts into a queue: one receiver gets it.")
(define-role setter c:+role-set+ (producer) "Sets the value of a state, which stays.")
(define-role notifier c:+role-notify+ (producer) "Says that something has happened.")

(defun set-if (setter value expected &key (timeout (handle-timeout setter)) (capture-time 0))
  "Compare and set: only if the value is still the one with the sequence EXPECTED; NIL: if there is
none yet. Whether it was set."
  (check-type expected (or null (unsigned-byte 64)))
  (with-encoded (raw value capture-time)
    (= c:+ok+ (patiently (ns timeout (list setter) c:+conflict+)
                  (c:put-if (raw setter) raw (or expected (1- (ash 1 64))) ns)))))

;;; What takes

(defclass source (handle) ())

(defun take (taker handle timeout function)
  "The message with which FUNCTION fills a struct: it is given that, nanoseconds to wait, and room
for a complaint."
  (declare (function function))
  (or (shiftf (kept taker) nil)
      (let ((raw (new-raw)) (is-filled nil))
        (flet ((try (ns complaint)
                 (let ((status (funcall function raw ns complaint)))
                   (when (or (= status c:+ok+) (= status c:+failed+))
                     (setf is-filled t
                           (kept taker) (message-of raw)
                           (message-is-failure (kept taker)) (= status c:+failed+)))
                   status)))
          (declare (dynamic-extent #'try))
          (unwind-protect
               (call-patiently timeout (and handle (list handle)) #'try (list c:+failed+))
            (unless is-filled (drop-raw raw))))
        (collect-if-many)
        ;; An interrupt that came behind it and ended this would have left it to the next take.
        (shiftf (kept taker) nil))))

(defun take-next (source timeout)
  (take source source timeout
        (lambda (raw ns complaint) (c:take (raw source) ns raw complaint))))

(define-role subscriber c:+role-subscribe+ (source) "Gets what is put on a topic.")
(define-role receiver c:+role-receive+ (source) "Takes messages out of a queue.")
(define-role watcher c:+role-watch+ (source)
  "Looks at a state: RECEIVE is for the newest value not yet taken, GET for that of now.")
(define-role waiter c:+role-wait+ (source)
  "Waits for notifications; none is missed from its opening on. The option SIGNAL is the number of
one that is to be raised in this process instead.")
(define-role peer-watcher c:+role-peers+ (source)
  "Watches who has a channel open, without being on it. What is received are events: maps with event
(up, down), pid, program, language, role, since_ns and id.")

(defun wait-any (handles &key timeout)
  "Waits until one of several handles has something to take, and answers that one."
  (let ((count (length handles)))
    (cffi:with-foreign-objects ((all :uintptr (max 1 count)) (index :uint32))
      (loop for handle in handles
            for place from 0
            do (setf (cffi:mem-aref all :uintptr place) (raw handle)))
      (let ((kept (find-if #'kept handles)))
        (or kept
            (progn
              (patiently (ns timeout handles) (c:wait all count ns index))
              (nth (cffi:mem-ref index :uint32) handles)))))))

;;; Memory of a channel

(defclass loan (tensor)
  ((producer :initarg :producer :reader loan-producer)
   (kind :initarg :kind :reader loan-kind)
   (is-lent :initform t :accessor is-lent))
  (:documentation
   "Memory that a producer has lent, 64-byte aligned, to be filled through POINTER, TREF or
WRITE-OCTETS. It is put once, or cancelled."))

(defmethod check-held ((loan loan))
  (or (is-lent loan) (gone "the loan has been put or cancelled")))

(defmacro with-loan-struct ((raw loan data) &body body)
  `(call-with-loan-struct ,loan ,data (lambda (,raw) ,@body)))

(defun call-with-loan-struct (loan data function)
  (cffi:with-foreign-objects ((raw '(:struct c:value)) (label :uint8 1024))
    (fill-value raw :null raw nil)
    (cond ((eq (loan-kind loan) :bytes)
           (setf (field raw c:kind) c:+kind-bytes+))
          (t
           (fill-shape raw loan)
           (unless (<= (text-size (tensor-format loan)) 255)
             (error "a format has at most 255 bytes"))
           (write-text (tensor-format loan) label)
           (setf (field raw c:label) label
                 (field raw c:label-len) (text-size (tensor-format loan)))))
    (setf (field raw c:len) (tensor-reach loan)
          (field raw c:data) data)
    (funcall function raw)))

(defun loan (producer dtype shape &key (format "") (timeout (handle-timeout producer)))
  "Memory for a tensor, or for bytes, if the dtype is :BYTES and the shape their number."
  (let ((like (if (eq dtype :bytes)
                  (list :dtype :u8 :shape (check-shape (list shape)) :strides '(1))
                  (progn (check-type dtype dtype)
                         (list :dtype dtype :shape (check-shape shape)
                               :strides (dense-strides dtype shape)))))
        (channel (raw producer)))
    (check-type format text)
    (let ((loan (apply #'make-instance 'loan :kind dtype :format format :producer producer like)))
      (setf (slot-value loan 'owner) loan)
      (with-loan-struct (raw loan (cffi:null-pointer))
        (sb-sys:without-interrupts
          (sb-sys:allow-with-interrupts
            (patiently (ns timeout (list producer)) (c:loan channel raw ns)))
          (let ((place (field raw c:data)))
            (setf (slot-value loan 'place) place)
            (when-collected loan producer (lambda () (c:unloan channel place))))))
      loan)))

(defun put-loan (loan &key (timeout (handle-timeout (loan-producer loan))) (capture-time 0))
  (check-held loan)
  (check-type capture-time (signed-byte 64))
  (let ((producer (loan-producer loan)))
    (with-loan-struct (raw loan (pointer loan))
      (setf (field raw c:capture-time-ns) capture-time)
      (sb-sys:without-interrupts
        (sb-sys:allow-with-interrupts
          (patiently (ns timeout (list producer)) (c:put (raw producer) raw ns)))
        (leave loan)))))

(defun leave (loan)
  (sb-ext:cancel-finalization loan)
  (setf (is-lent loan) nil))

(defgeneric cancel (loan)
  (:documentation "Gives a loan back, and does nothing after a put; or ends a call, which a server
that works on it sees. If another thread waits in the handle, it is done within a second.")
  (:method ((loan loan))
    (when (is-lent loan)
      (let* ((producer (loan-producer loan))
             (channel (raw producer))
             (place (slot-value loan 'place)))
        (sb-sys:without-interrupts
          (give-back producer (lambda () (c:unloan channel place)))
          (leave loan))))
    nil))

(defmacro with-loan ((name (producer dtype shape &rest options) &rest put-options) &body body)
  "Runs BODY with a loan, which is put after it, or given back if BODY is left otherwise:
(ipc:with-loan (frame (camera :u8 '(4 6 3) :format \"rgb8\")) ...)."
  `(let ((,name (loan ,producer ,dtype ,shape ,@options)))
     (unwind-protect (multiple-value-prog1 (progn ,@body)
                       (put-loan ,name ,@put-options))
       (cancel ,name))))

(defun write-octets (octets loan &optional (at 0))
  "Copies octets to a place in a loan."
  (check-type octets octets)
  (unless (and (typep at '(integer 0)) (<= (+ at (length octets)) (tensor-reach loan)))
    (error "~d bytes at ~d are not within ~d" (length octets) at (tensor-reach loan)))
  (let ((vector (storage-vector octets)))
    (sb-sys:with-pinned-objects (vector)
      (copy-memory (cffi:inc-pointer (pointer loan) at) (sb-sys:vector-sap vector)
                   (length octets))))
  nil)

(defun (setf tref) (number loan &rest indices)
  (check-type loan loan "a loan; what was received is read-only")
  (setf (element (cffi:inc-pointer (pointer loan) (offset loan indices)) (dtype loan)) number))

;;; Locks

(defclass lockable (handle)
  ((abandoned-pid :initform nil :reader abandoned-pid
                  :documentation "The process that died with it, if its last owner did, else NIL;
what it protects may be half done.")))

(define-role lock c:+role-lock+ (lockable)
  "A lock of the machine, free at once when its owner dies; a semaphore with the option PERMITS.")

(defun lock (lock &key (timeout (handle-timeout lock)))
  "Waits until it is this handle's."
  (cffi:with-foreign-object (pid :uint64)
    (setf (cffi:mem-ref pid :uint64) 0)
    (sb-sys:without-interrupts
      (sb-sys:allow-with-interrupts
        (patiently (ns timeout (list lock)) (c:lock (raw lock) ns pid)))
      (let ((pid (cffi:mem-ref pid :uint64)))
        (setf (slot-value lock 'abandoned-pid) (and (plusp pid) pid)))))
  lock)

(defun try-lock (lock)
  "Whether it is free, and now this handle's."
  (handler-case (and (lock lock :timeout 0) t)
    (timeout () nil)))

(defun unlock (lock)
  (ask (c:unlock (raw lock))))

(defmacro with-lock ((lock &rest options) &body body)
  "Runs BODY while the lock is this handle's. The option is TIMEOUT."
  (let ((place (gensym)))
    `(let ((,place ,lock))
       (sb-sys:without-interrupts
         (sb-sys:allow-with-interrupts (lock ,place ,@options))
         (unwind-protect (sb-sys:with-local-interrupts ,@body)
           (unlock ,place))))))
