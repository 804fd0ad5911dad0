#lang racket/base

;; Where the library is, and whether it is one this binding can talk to.

(require ffi/unsafe)

(provide load-library)

;; $SIPC_LIB_DIR names its folder; else the system looks.
(define (load-library ours)
  (define folder (getenv "SIPC_LIB_DIR"))
  (define library
    (ffi-lib (if folder (build-path folder "libsimpleipc.so") "libsimpleipc.so")))
  (define theirs ((get-ffi-obj "sipc_abi_version" library (_fun -> _uint32))))
  (unless (= theirs ours)
    (raise (exn:fail:unsupported
            (format "libsimpleipc speaks ABI ~a, this program ~a" theirs ours)
            (current-continuation-marks))))
  library)
