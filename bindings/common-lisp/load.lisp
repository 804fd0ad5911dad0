;;;; Compiles what has changed and loads the binding: (load "PATH/load.lisp").

(require :asdf)
(asdf:load-asd (merge-pathnames "simpleipc.asd" *load-truename*))
(let ((*compile-verbose* nil))
  (asdf:load-system "simpleipc"))
