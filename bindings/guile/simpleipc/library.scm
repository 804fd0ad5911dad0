;;; The loaded library: errors, and waiting.

(define-module (simpleipc library)
  #:use-module (ice-9 exceptions)
  #:use-module (ice-9 threads)
  #:use-module (rnrs bytevectors)
  #:use-module (srfi srfi-1)
  #:use-module (system foreign)
  #:use-module (system foreign-library)
  #:use-module ((simpleipc generated) #:prefix c:)
  #:export (c room room-address text-address address-of touch check ask nanoseconds
            call-patiently wrong-type out-of-range gone-error
            sipc-error? retry-error? timeout-error? gone-error? misuse-error? corrupt-error?
            system-error? service-error? status status-number os-code service-error-code
            service-error-data service-error error-of identify now)
  #:replace (version))

;;; Errors

(define &sipc-error (make-exception-type '&sipc-error &error '(status-number os-code)))
(define &retry (make-exception-type '&retry &sipc-error '()))
(define &timeout (make-exception-type '&timeout &retry '()))
(define &gone (make-exception-type '&gone &sipc-error '()))
(define &misuse (make-exception-type '&misuse &sipc-error '()))
(define &corrupt (make-exception-type '&corrupt &sipc-error '()))
(define &system (make-exception-type '&system &sipc-error '()))
(define &service-error (make-exception-type '&service-error &misuse '(code data)))

(define sipc-error? (exception-predicate &sipc-error))
;; Nothing is wrong; the same call may succeed later.
(define retry-error? (exception-predicate &retry))
;; Nothing arrived within the time given.
(define timeout-error? (exception-predicate &timeout))
;; The handle, or the message, is of no use any more.
(define gone-error? (exception-predicate &gone))
;; The call cannot succeed as it stands; mend it.
(define misuse-error? (exception-predicate &misuse))
;; The channel's file is damaged, or of another version.
(define corrupt-error? (exception-predicate &corrupt))
;; The operating system refused; os-code says why.
(define system-error? (exception-predicate &system))
;; What a server answers with when its program says no.
(define service-error? (exception-predicate &service-error))

(define (accessor type field) (exception-accessor type (record-accessor type field)))
(define status-number (accessor &sipc-error 'status-number))
(define os-code (accessor &sipc-error 'os-code))
(define service-error-code (accessor &service-error 'code))
(define service-error-data (accessor &service-error 'data))

(define (status error)
  "The name of an error's status, as full; its number if this program does not know it."
  (let ((number (status-number error)))
    (or (assv-ref c:statuses number) number)))

(define (error-of number code text)
  "The error for a status: that of the class in which its number lies."
  (let* ((class (find (lambda (class) (<= number (third class))) c:classes))
         (type (case (and class (first class))
                 ((retry) (if (= number c:status-timeout) &timeout &retry))
                 ((gone) &gone)
                 ((misuse) &misuse)
                 ((corrupt) &corrupt)
                 ((system) &system)
                 (else &sipc-error))))
    (make-exception ((record-constructor type) number code) (make-exception-with-message text))))

(define* (service-error code text #:optional (data 'null))
  "What a method raises to say no, and its caller gets."
  (make-exception ((record-constructor &service-error) c:status-failed 0 code data)
                  (make-exception-with-message text)))

(define (gone-error text)
  (raise-exception (error-of c:status-closed 0 text)))

(define (wrong-type what value)
  (scm-error 'wrong-type-arg #f "Wrong type argument: ~S is no ~A" (list value what) (list value)))

(define (out-of-range what value)
  (scm-error 'out-of-range #f "Value out of range: ~S is no ~A" (list value what) (list value)))

;;; Loading

(define library
  (let ((folder (getenv "SIPC_LIB_DIR")))
    (load-foreign-library (if (member folder '(#f ""))
                              "libsimpleipc.so"
                              (string-append folder "/libsimpleipc.so")))))

(define types
  `((int32 . ,int32) (uint32 . ,uint32) (int64 . ,int64) (uint64 . ,uint64) (double . ,double)
    (void . ,void) (* . *)))

(define (c name)
  "A function of the library."
  (let ((kinds (map (lambda (word) (assq-ref types word)) (assq-ref c:functions name)))
        (symbol (string-map (lambda (char) (if (char=? char #\-) #\_ char))
                            (symbol->string name))))
    (foreign-library-function library (string-append "sipc_" symbol)
                              #:return-type (first kinds) #:arg-types (cdr kinds))))

(let ((theirs ((c 'abi-version))))
  (unless (= theirs c:abi-version)
    (error (format #f "libsimpleipc speaks ABI ~a, this program ~a" theirs c:abi-version))))

;;; Memory. The collector moves nothing, so an address is good as long as something keeps what is
;;; there.

(define (room size)
  "Memory for the library to write to, all zero."
  (make-bytevector size 0))

(define (room-address bytes) (pointer-address (bytevector->pointer bytes)))

(define (address-of bytes)
  (if (zero? (bytevector-length bytes)) 0 (room-address bytes)))

(define* (text-address text #:optional (what "text"))
  "A text as the library reads it, which ends at the first NUL; a pointer that keeps it."
  (unless (string? text) (wrong-type what text))
  (when (string-index text #\nul) (out-of-range (string-append what " without NUL") text))
  (string->pointer text "UTF-8"))

;; Keeps what it is given until it is called: the compiler does not see that it does nothing.
(define touch #f)
(set! touch (lambda things #t))

;;; Calling

(define complaints (make-thread-local-fluid #f))

(define (complaint)
  "Where the library writes what it has to say of an error: a struct of this thread's."
  (or (fluid-ref complaints)
      (let ((bytes (room c:error-bytes)))
        (bytevector-u32-native-set! bytes c:error-size c:error-bytes)
        (fluid-set! complaints bytes)
        bytes)))

(define (told number)
  "What the library has said of an error. To be asked before asyncs run, which may call it, too."
  (let* ((bytes (complaint))
         (text (make-pointer (+ (room-address bytes) c:error-message))))
    (error-of number (bytevector-s32-native-ref bytes c:error-os-code)
              (pointer->string text -1 "UTF-8"))))

(define c-status-text (c 'status-text))

(define (check number)
  "Raises an error for a status of a function that has no more to say."
  (unless (= number c:status-ok)
    (raise-exception (error-of number 0 (pointer->string (c-status-text number))))))

(define (ask function . arguments)
  "Calls a function of the library that does not wait; its last argument, the error, is added."
  (let* ((all (append arguments (list (bytevector->pointer (complaint)))))
         (error (call-with-blocked-asyncs
                 (lambda ()
                   (let ((number (apply function all)))
                     (and (not (= number c:status-ok)) (told number)))))))
    (when error (raise-exception error))))

;; Nanoseconds after which a wait looks for what Guile has to do: asyncs run in no foreign function.
(define slice 1000000000)
(define forever (- (expt 2 63) 1))

(define (nanoseconds seconds)
  (cond ((not seconds) forever)
        ((not (real? seconds)) (wrong-type "timeout: seconds, or #f" seconds))
        ((or (nan? seconds) (negative? seconds))
         (out-of-range "timeout of 0 or more seconds" seconds))
        ((> seconds 9000000000) forever)
        (else (inexact->exact (ceiling (* (inexact->exact seconds) 1000000000))))))

(define c-now (c 'now-ns))

(define (call-patiently timeout was-interrupted? try accepted)
  "Calls TRY with how many nanoseconds to wait, at most a second, and where a complaint goes, until
the status is final. Between two tries asyncs run; what TRY does is not interrupted by them. Raises
an error unless the status is one of ACCEPTED."
  (let* ((limit (nanoseconds timeout))
         (start (and (< 0 limit forever) (c-now)))
         (place (bytevector->pointer (complaint))))
    (let loop ((left limit))
      (let ((answer (call-with-blocked-asyncs
                     (lambda ()
                       (let ((number (try (min left slice) place)))
                         (if (or (= number c:status-ok) (memv number accepted))
                             number
                             (told number)))))))
        (cond ((number? answer) answer)
              ((case (status answer)
                 ((interrupted) (not (was-interrupted?)))
                 ((timeout full) (> left slice))
                 (else #f))
               (loop (if start (max 0 (- limit (- (c-now) start))) left)))
              (else (raise-exception answer)))))))

(define c-identify (c 'identify))

(define (identify program)
  "Says what this program is called, to those who look for peers; \"\" for its executable's name."
  (ask c-identify (text-address program) (string->pointer "guile")))

(define (now) "The clock of all times, in nanoseconds." (c-now))

(define c-version (c 'version))
(define (version) "The version of the library." (pointer->string (c-version)))

(identify (basename (car (command-line))))
