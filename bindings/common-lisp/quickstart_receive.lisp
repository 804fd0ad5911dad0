;;;; Prints what arrives; ends when nothing came for 2 seconds.

(load (merge-pathnames "load.lisp" *load-truename*))

(ipc:with-open ((chat (ipc:open-receiver "chat" :timeout 2)))
  (ipc:do-messages (message chat)
    (let ((value (ipc:value message)))
      (if (hash-table-p value)
          (maphash (lambda (key item) (format t "~a: ~s~%" key item)) value)
          (format t "~s~%" value)))))
