;;;; The verbs. Their first argument is a handle, or a name: then the channel stays open in this
;;;; process, and what puts waits for room for 5 seconds.

(in-package "SIMPLEIPC")

(defmacro define-putter (verb class once documentation)
  `(defgeneric ,verb (place value &key)
     (:documentation ,documentation)
     (:method ((handle ,class) value &rest options &key timeout capture-time)
       (declare (ignore timeout capture-time))
       (apply #'put handle value options))
     (:method ((name string) value &key)
       (check-name name)
       (with-encoded (raw value) (ask (,once name raw))))))

(define-putter send sender c:send "Puts into a queue: one receiver gets it.")
(define-putter publish publisher c:publish "Puts on a topic: all subscribers get it.")
(define-putter set setter c:set "Sets the value of a state, which stays.")

(defun take-once (name timeout function)
  (declare (function function))
  (check-name name)
  (take (make-instance 'taker) nil timeout
        (lambda (raw ns complaint) (funcall function name ns raw complaint))))

(defgeneric receive (place &key timeout)
  (:documentation "The next message, or the next request. Signals a TIMEOUT.")
  (:method ((source source) &key (timeout (handle-timeout source))) (take-next source timeout))
  (:method ((name string) &key timeout) (take-once name timeout #'c:receive)))

(defgeneric get (place &key timeout)
  (:documentation "The value of a state, as it is now; waits only if there is none yet.")
  (:method ((watcher watcher) &key (timeout (handle-timeout watcher)))
    (take watcher watcher timeout
          (lambda (raw ns complaint) (c:current (raw watcher) ns raw complaint))))
  (:method ((name string) &key timeout) (take-once name timeout #'c:get)))

(defgeneric notify (place)
  (:documentation "Says that something has happened, and waits for nobody.")
  (:method ((notifier notifier)) (put notifier :null))
  (:method ((name string)) (ask (c:notify (check-name name)))))

(defgeneric wait (place &key timeout)
  (:documentation "Waits for notifications; how many there were since the last time.")
  (:method ((waiter waiter) &key (timeout (handle-timeout waiter)))
    (with-message (message (take-next waiter timeout))
      (uint-number (value message))))
  (:method ((name string) &key timeout)
    (check-name name)
    (cffi:with-foreign-object (count :uint64)
      (patiently (ns timeout nil) (c:await name ns count))
      (cffi:mem-ref count :uint64))))
