;;;; What concerns this process and the machine, and not one handle.

(in-package "SIMPLEIPC")

(defun peers (name &key directory)
  "Who has a channel open now, of any pattern: a list of maps with pid, program, language, role,
since_ns and id."
  (check-name name)
  (with-options (options timeout (list :directory directory))
    (declare (ignore timeout))
    (with-message (message (take (make-instance 'taker) nil 0
                                 (lambda (raw ns complaint)
                                   (declare (ignore ns))
                                   (c:peers name options raw complaint))))
      (coerce (value message) 'list))))

(defun audit (&key name directory)
  "Describes one channel or all of a directory, as JSON; changes nothing."
  (when name (check-name name))
  (when directory (check-name directory "a directory"))
  (cffi:with-foreign-object (needed :uint64)
    (loop for size = 4096 then (cffi:mem-ref needed :uint64)
          do (cffi:with-foreign-pointer (text size)
               (ask (c:audit (or name (cffi:null-pointer)) (or directory (cffi:null-pointer))
                             text size needed))
               (when (<= (cffi:mem-ref needed :uint64) size)
                 (return (values (cffi:foreign-string-to-lisp text :encoding :utf-8))))))))

(defun clean (&key directory (age-max 86400))
  "Removes what nobody uses; queues of which nobody has a handle only if their newest message is
older than AGE-MAX seconds. How many channels."
  (when directory (check-name directory "a directory"))
  (cffi:with-foreign-object (count :uint64)
    (ask (c:clean (or directory (cffi:null-pointer)) (nanoseconds age-max) count))
    (cffi:mem-ref count :uint64)))

(defun identify (program)
  "Says what this program is called, to those who look for peers; \"\" for its executable's name."
  (ask (c:identify (check-name program) "common-lisp")))

(defun now () "The clock of all times, in nanoseconds." (c:now-ns))

(defun version () "The version of the library." (c:version))

;; A program that is saved as an image loads the library when it starts.
(defun begin ()
  (load-library)
  (greet-library))

(greet-library)
(pushnew 'begin sb-ext:*init-hooks*)
