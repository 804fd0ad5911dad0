#lang racket/base

;; What the driver does wrong, and how that ends.

(require racket/string
         (prefix-in ipc: "simpleipc.rkt"))

(provide misuse)

;; The answer to `misuse <kind> <id>`; the handle is that of the id, if there is one.
(define (misuse kind id handle)
  (case kind
    [("type") (refusal (lambda () (ipc:send handle (lambda () 1))))]
    [("range") (refusal (lambda () (ipc:send handle (expt 2 64))))]
    [("text") "impossible every string of Racket is Unicode"]
    [("closed") (refusal (lambda () (use-closed id)))]
    [("thread") (come-between handle)]
    [("forgotten") (forget handle)]
    [("handler") (serve-badly handle)]))

;; How it is refused.
(define (refusal do-wrong)
  (with-handlers ([exn:fail?
                   (lambda (raised)
                     (format "refused ~a" (string-replace (exn-message raised) "\n" " ")))])
    (do-wrong)
    "ok"))

(define (use-closed name)
  (define sender (ipc:open-sender name))
  (ipc:close sender)
  (ipc:close sender)
  (ipc:send sender 1))

;; Receives while another thread waits. One of both is refused; the other one tries again if it
;; comes in between.
(define (come-between receiver)
  (define (wait)
    (with-handlers ([(has-status? ipc:status:busy) (lambda (_) (wait))]
                    [(has-status? ipc:status:interrupted) void])
      (ipc:receive receiver)))
  (define waiting (thread wait))
  (define (try)
    (with-handlers ([(has-status? ipc:status:timeout) (lambda (_) (sleep) (try))]
                    [exn:fail? exn-message])
      (ipc:receive receiver #:timeout 0)
      #f))
  (define said (try))
  (ipc:interrupt receiver)
  (thread-wait waiting)
  (if said (format "refused ~a" said) "ok"))

(define ((has-status? status) raised)
  (and (ipc:exn:fail:sipc? raised) (= (ipc:exn:fail:sipc-status raised) status)))

(define (forget receiver)
  (ipc:receive receiver #:timeout 20)
  (collect-garbage)
  "ok")

;; One call, of a method that raises.
(define (serve-badly server)
  (ipc:on server "boom"
          (lambda (_)
            (ipc:interrupt server)
            (error "boom")))
  (ipc:serve server)
  "ok")
