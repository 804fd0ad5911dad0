#lang racket/base

;; What the tests have in common. $SIPC_DIR is theirs.

(require racket/file
         racket/port
         racket/runtime-path
         racket/system
         rackunit
         rackunit/text-ui
         (prefix-in ipc: "../simpleipc.rkt"))

(provide soon
         run
         check-refused
         status-of
         eventually
         compile-and-run
         start-program
         (struct-out program)
         kill-program
         wait-program
         read-answer)

;; Seconds that are long enough on any machine.
(define soon 20)

(define-runtime-path library "../simpleipc.rkt")
(define-runtime-path headers "../../../include")

(define (run suite)
  (exit (if (zero? (run-tests suite)) 0 1)))

;; That each of these is refused with an error of Racket's own, and not of the library.
(define-syntax-rule (check-refused expression ...)
  (begin
    (check-exn (lambda (raised)
                 (and (exn:fail:contract? raised) (not (ipc:exn:fail:sipc? raised))))
               (lambda () expression)
               (format "~s" 'expression))
    ...))

;; The status of the error that a procedure ends with.
(define (status-of act [kind? ipc:exn:fail:sipc?])
  (with-handlers ([kind? ipc:exn:fail:sipc-status])
    (act)
    #f))

;; Waits until the procedure says something.
(define (eventually ask)
  (define end (+ (current-inexact-milliseconds) (* 1000 soon)))
  (let loop ()
    (or (ask)
        (cond
          [(> (current-inexact-milliseconds) end) (error "it did not come to be")]
          [else (sleep 0.001) (loop)]))))

;; The output of a C program that sees simpleipc.h.
(define (compile-and-run text)
  (define folder (make-temporary-file "sipc-racket-~a" 'directory))
  (define source (build-path folder "program.c"))
  (define built (build-path folder "program"))
  (display-to-file text source)
  (define include (or (getenv "SIPC_INCLUDE") headers))
  (begin0
      (and (system* (find-executable-path "cc") (format "-I~a" include) source "-o" built)
           (with-output-to-string (lambda () (system* built))))
    (delete-directory/files folder)))

;; A program that uses the library; what it prints can be read.
(struct program (process out pid))

(define (start-program . forms)
  (define text (format "~s" `(begin (require (prefix-in ipc: (file ,(path->string library))))
                                    ,@forms)))
  (define-values (process out in _)
    (subprocess #f #f (current-error-port) (find-executable-path "racket")
                "-l" "racket/base" "-e" text))
  (close-output-port in)
  (program process out (subprocess-pid process)))

(define (read-answer one) (read-line (program-out one)))

(define (kill-program one)
  (subprocess-kill (program-process one) #t)
  (wait-program one))

(define (wait-program one)
  (subprocess-wait (program-process one))
  (close-input-port (program-out one))
  (subprocess-status (program-process one)))
