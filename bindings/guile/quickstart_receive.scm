;;; Prints what arrives; ends when nothing came for 2 seconds.

(use-modules ((simpleipc) #:prefix ipc:))

(ipc:with-open ((chat (ipc:open-receiver "chat" #:timeout 2)))
  (ipc:for-each-message (lambda (message)
                          (write (ipc:value message))
                          (newline))
                        chat))
