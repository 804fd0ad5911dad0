;;;; The names of the binding, and the library.

;; The C surface.
(defpackage "SIMPLEIPC.C" (:use))

(defpackage "SIMPLEIPC"
  (:nicknames "IPC")
  (:use "CL")
  (:local-nicknames ("C" "SIMPLEIPC.C"))
  (:shadow "CLOSE" "GET" "SET")
  (:documentation
   "Any program talks to any other program on this machine, in any language; README.md shows how.
Three verbs have names of Common Lisp's, so the package is not for :USE: write ipc:send.

Timeouts are seconds; NIL waits for ever and 0 only tries. Times are nanoseconds of
CLOCK_MONOTONIC, the same in every process of the machine. A handle is for one thread.")
  (:export
   ;; Errors
   "SIPC-ERROR" "RETRY" "TIMEOUT" "GONE" "MISUSE" "CORRUPT" "SYSTEM" "SERVICE-ERROR"
   "STATUS" "STATUS-NUMBER" "OS-CODE" "TEXT" "CODE" "DATA"
   ;; Values
   "MAP-OF" "UINT" "UINT-NUMBER" "OPAQUE" "OPAQUE-DATA" "OPAQUE-TYPE" "TENSOR" "DTYPE" "SHAPE"
   "STRIDES" "TENSOR-FORMAT" "TREF" "POINTER" "OCTETS" "TENSOR-ARRAY"
   ;; Messages
   "MESSAGE" "VALUE" "MESSAGE-SEQUENCE" "MESSAGE-SENDER" "MISSED" "REDELIVERED-P" "MORE-P"
   "ONE-WAY-P" "CAPTURE-TIME" "PUBLISH-TIME" "RECEIVE-TIME" "AGE" "RELEASE" "WITH-MESSAGE"
   "DO-MESSAGES"
   ;; Handles
   "HANDLE" "PUBLISHER" "SUBSCRIBER" "SENDER" "RECEIVER" "SETTER" "WATCHER" "NOTIFIER" "WAITER"
   "LOCK" "CLIENT" "SERVER" "HOST" "PEER-WATCHER" "OPEN-PUBLISHER" "OPEN-SUBSCRIBER"
   "OPEN-SENDER" "OPEN-RECEIVER" "OPEN-SETTER" "OPEN-WATCHER" "OPEN-NOTIFIER" "OPEN-WAITER"
   "OPEN-LOCK" "OPEN-CLIENT" "OPEN-SERVER" "OPEN-HOST" "OPEN-PEER-WATCHER" "WITH-OPEN" "CLOSE"
   "INTERRUPT" "DESCRIPTOR" "PUT" "LOAN" "WITH-LOAN" "PUT-LOAN" "CANCEL" "WRITE-OCTETS" "TRY-LOCK"
   "UNLOCK" "WITH-LOCK" "ABANDONED-PID" "SET-IF"
   ;; Verbs, of which the first argument is a name or a handle
   "SEND" "PUBLISH" "RECEIVE" "SET" "GET" "NOTIFY" "WAIT"
   ;; Services
   "CALL" "START" "CALL-ONE-WAY" "OFFERS" "RESULT" "NEXT-REPLY" "DO-REPLIES" "REQUEST"
   "REQUEST-METHOD" "REQUEST-ARGUMENTS" "REPLY" "PUSH-REPLY" "FAIL" "CANCELLED-P" "ON" "SERVE"
   "START-PLUGIN" "STOP-PLUGIN" "PLUGIN-CLIENT" "*REQUEST*"
   ;; The rest
   "WAIT-ANY" "PEERS" "IDENTIFY" "AUDIT" "CLEAN" "NOW" "VERSION"))

(in-package "SIMPLEIPC")

(defun load-library ()
  "Loads the library from $SIPC_LIB_DIR, else from where the system looks."
  (let ((folder (sb-posix:getenv "SIPC_LIB_DIR")))
    ;; Not one of those that a saved image opens again by itself: that would not look at
    ;; $SIPC_LIB_DIR.
    (sb-alien:load-shared-object (if (member folder '(nil "") :test #'equal)
                                     "libsimpleipc.so"
                                     (concatenate 'string folder "/libsimpleipc.so"))
                                 :dont-save t)))

(load-library)
