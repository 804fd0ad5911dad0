;;;; The system: what is compiled, and in which order.

(defsystem "simpleipc"
  :description "Any program talks to any other program on this machine, in any language."
  :license "MIT OR Apache-2.0"
  :depends-on ("cffi" (:require "sb-posix"))
  :serial t
  :components ((:file "package") (:file "generated") (:file "library") (:file "tensor")
               (:file "message") (:file "values") (:file "channels") (:file "verbs")
               (:file "services") (:file "process")))
