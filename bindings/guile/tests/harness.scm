;;; What the tests have in common. $SIPC_DIR is theirs, $COMPILED where the binding is compiled.

(define-module (tests harness)
  #:use-module (ice-9 exceptions)
  #:use-module (ice-9 popen)
  #:use-module (ice-9 rdelim)
  #:use-module (ice-9 threads)
  #:use-module ((simpleipc) #:prefix ipc:)
  #:export (soon define-test run-tests is same raised raises status-of eventually elsewhere taken
            in-thread joined persisting start-child hear end-child child-pid command-of))

(define soon 20) ; seconds that are long enough on any machine

(define tests '())

(define (add-test! name test) (set! tests (acons name test tests)))

(define-syntax-rule (define-test name body ...)
  (add-test! name (lambda () body ...)))

(define (run-tests)
  (for-each (lambda (test)
              (with-exception-handler
                  (lambda (error)
                    (format #t "FAILED ~a: " (car test))
                    (print-exception (current-output-port) #f (exception-kind error)
                                     (exception-args error)))
                (lambda ()
                  ((cdr test))
                  (format #t "ok ~a\n" (car test)))
                #:unwind? #t)
              (force-output))
            (reverse tests)))

(define-syntax-rule (is form)
  (unless form (error "it is not so:" 'form)))

(define-syntax-rule (same wanted form)
  "Whether two values are alike."
  (let ((one wanted) (other form))
    (unless (equal? one other) (error "is not the same:" 'form other one))))

(define-syntax-rule (raised body ...)
  "The error that the body raises."
  (let ((result (with-exception-handler
                    (lambda (error) (list error))
                  (lambda () body ... #f)
                  #:unwind? #t)))
    (unless result (error "it raises nothing:" '(body ...)))
    (car result)))

(define-syntax-rule (raises kind body ...)
  "An error of Guile's own kind, as wrong-type-arg."
  (let ((error-raised (raised body ...)))
    (unless (eq? kind (exception-kind error-raised))
      (error "another kind of error:" '(body ...) (exception-kind error-raised)))))

(define-syntax-rule (status-of is-one body ...)
  "The status of an error of the binding's."
  (let ((error-raised (raised body ...)))
    (unless (is-one error-raised) (error "another error:" '(body ...) error-raised))
    (ipc:status error-raised)))

(define-syntax-rule (eventually form)
  (let ((finish (+ (ipc:now) (* soon 1000000000))))
    (let loop ()
      (unless form
        (when (> (ipc:now) finish) (error "it did not come to be:" 'form))
        (yield)
        (loop)))))

;; The collector takes what is left on stacks for something that is kept; this one is gone then.
(define-syntax-rule (elsewhere body ...)
  (joined (in-thread body ... #t)))

(define-syntax-rule (in-thread body ...)
  (call-with-new-thread (lambda () body ...)))

(define (joined thread)
  "What a thread returns, which is to end soon."
  (let ((value (join-thread thread (+ (current-time) soon) joined)))
    (when (eq? value joined) (error "it does not end:" thread))
    value))

(define-syntax-rule (persisting form)
  "The value of a wait in another thread, which is tried again when it finds us inside."
  (let loop ()
    (or (guard (error ((and (ipc:retry-error? error) (eq? 'busy (ipc:status error))) #f))
          form)
        (loop))))

(define* (taken place #:key (timeout soon))
  "The value of the next message."
  (ipc:with-message (message (ipc:receive place #:timeout timeout))
    (ipc:value message)))

;;; Programs of their own, as text

(define (command-of text)
  (list "--no-auto-compile" "-L" "." "-C" (getenv "COMPILED") "-c"
        (format #f "(use-modules ((simpleipc) #:prefix ipc:))
                    (define (say what) (display what) (newline) (force-output))
                    ~a" text)))

(define (start-child text)
  "Its output and its process."
  (call-with-values (lambda () (pipeline (list (cons "guile" (command-of text)))))
    (lambda (from to pids)
      (close-port to)
      (cons from (car pids)))))

(define (child-pid child) (cdr child))

(define (hear child)
  "The next line that a child says; #f at its end."
  (let ((line (read-line (car child))))
    (and (not (eof-object? line)) line)))

(define (end-child child signal)
  "How it ended: its status."
  (when signal (kill (cdr child) signal))
  (let ((status (cdr (waitpid (cdr child)))))
    (close-port (car child))
    status))
