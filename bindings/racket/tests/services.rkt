#lang racket/base

(require racket/dict
         rackunit
         "harness.rkt"
         (prefix-in ipc: "../simpleipc.rkt"))

;; Serves in a thread of its own while the procedure runs, which gets a client.
(define (serving name use . methods)
  (define server (ipc:open-server name))
  (for ([one (in-list methods)])
    (keyword-apply ipc:on (if (pair? (cddr one)) '(#:args) '()) (cddr one)
                   (list server (car one) (cadr one))))
  (define thread-of-server (thread (lambda () (ipc:serve server))))
  (ipc:with-handles ([client (ipc:open-client name)])
    (use client))
  (ipc:close server)
  (check-not-false (sync/timeout soon thread-of-server)))

;; The code of the error that a call ends with.
(define (code-of act)
  (with-handlers ([ipc:exn:fail:sipc:failed? ipc:exn:fail:sipc:failed-code])
    (act)))

(define no-such-method -32601)
(define bad-arguments -32602)
(define broken -32603)

(run
 (test-suite
  "services"
  (test-case "a method is called with places or names"
    (define (add a [b 10] #:scale [scale 1]) (* scale (+ a b)))
    (serving
     "calc"
     (lambda (client)
       (define (call method #:named [named #f] . args)
         (apply ipc:call client method args #:named named #:timeout soon))
       (check-equal? (call "add" 1 2) 3)
       (check-equal? (call "add" 1) 11)
       (check-equal? (call "add" #:named (hash 'a 1 'b 2 'scale 10)) 30)
       (check-equal? (call "add" #:named (hash 'scale 2 'a 1)) 22)
       (check-equal? (call "one" '(1 2)) '(1 2))
       (check-equal? (dict-ref (call "one" (hash "k" 1)) "k") 1)
       (check-equal? (call "none") 'null)
       (check-equal? (call "all" 1 2 3) '(1 2 3))
       (for ([bad (list (lambda () (call "add" 1 2 3))
                        (lambda () (call "add"))
                        (lambda () (call "add" #:named (hash 'b 1)))
                        (lambda () (call "add" #:named (hash 'a 1 'c 2)))
                        (lambda () (call "one")))])
         (check-equal? (code-of bad) bad-arguments))
       (check-refused (call "add" 1 #:named (hash 'b 2))
                      (call "add" (void))
                      (ipc:call client 5 #:timeout soon)))
     (list "add" add '("a" "b"))
     (list "one" (lambda (value) value))
     (list "none" (lambda () 'null))
     (list "all" list)))
  (test-case "a handler that raises is an error of its caller, and the server goes on"
    (serving
     "bank"
     (lambda (client)
       (define (call method) (ipc:call client method #:timeout soon))
       (define refused
         (with-handlers ([ipc:exn:fail:sipc:failed? values])
           (call "no")))
       (check-equal? (ipc:exn:fail:sipc:failed-code refused) 17)
       (check-equal? (exn-message refused) "empty")
       (check-equal? (dict-ref (ipc:exn:fail:sipc:failed-data refused) "left") 3)
       (for ([method '("zero" "odd" "five")])
         (check-equal? (code-of (lambda () (call method))) broken))
       (check-equal? (code-of (lambda () (call "unknown"))) no-such-method)
       (check-equal? (call "fine") 1))
     (list "no" (lambda () (ipc:raise-failed 17 "empty" (hash 'left 3))))
     (list "zero" (lambda () (quotient 1 0)))
     (list "odd" void)
     (list "five" (lambda () (raise 5)))
     (list "fine" (lambda () 1))))
  (test-case "replies are streamed one by one"
    (define ((count to) push)
      (for ([number to])
        (push number))
      "the end")
    (serving
     "log"
     (lambda (client)
       (define seen '())
       (define (see value) (set! seen (cons value seen)))
       (check-equal? (ipc:call-for-each see (ipc:start-call client "count" 3) #:timeout soon)
                     "the end")
       (check-equal? seen '(2 1 0))
       (check-equal? (ipc:call client "count" 3 #:timeout soon) "the end"))
     (list "count" (lambda (to) (ipc:replies (count to))))))
  (test-case "a call can be cancelled, and the server learns it"
    (ipc:with-handles ([server (ipc:open-server "long" #:timeout soon)]
                       [client (ipc:open-client "long")])
      (define call (ipc:start-call client "work"))
      (ipc:receive server
                   (lambda (request)
                     (check-false (ipc:cancelled? request))
                     (check-exn ipc:exn:fail:sipc:timeout?
                                (lambda () (ipc:call-reply call #:timeout 0.01)))
                     (ipc:call-cancel call)
                     (check-true (ipc:cancelled? request))
                     (check-equal? (status-of (lambda () (ipc:push request 1)))
                                   ipc:status:cancelled)))
      (check-equal? (status-of (lambda () (ipc:call-reply call #:timeout soon)))
                    ipc:status:cancelled)
      (check-exn ipc:exn:fail:sipc:timeout? (lambda () (ipc:call client "work" #:timeout 0.01)))))
  (test-case "a call that nobody keeps is cancelled"
    (ipc:with-handles ([server (ipc:open-server "forgotten" #:timeout soon)]
                       [client (ipc:open-client "forgotten")])
      (void (ipc:start-call client "work"))
      (ipc:receive server
                   (lambda (request)
                     (eventually
                      (lambda ()
                        (collect-garbage)
                        (ipc:cancelled? request)))))))
  (test-case "a request that is let go of is an error"
    (ipc:with-handles ([server (ipc:open-server "rude" #:timeout soon)]
                       [client (ipc:open-client "rude")])
      (define ignored (ipc:start-call client "work"))
      (ipc:receive server void)
      (check-equal? (code-of (lambda () (ipc:call-reply ignored #:timeout soon))) broken)
      (define call (ipc:start-call client "work"))
      (define request (ipc:receive server))
      (ipc:reply request 1)
      (check-equal? (status-of (lambda () (ipc:reply request 2))) ipc:status:bad-argument)
      (for ([_ 2])
        (ipc:release request))
      (check-exn ipc:exn:fail:sipc:gone? (lambda () (ipc:reply request 3)))
      (check-exn ipc:exn:fail:sipc:gone? (lambda () (ipc:cancelled? request)))
      (check-equal? (ipc:call-result call #:timeout soon) 1)))
  (test-case "a client is waited for beside others"
    (ipc:with-handles ([server (ipc:open-server "slow" #:timeout soon)]
                       [client (ipc:open-client "slow")])
      (define call (ipc:start-call client "work"))
      (check-eq? (ipc:wait-any client server #:timeout soon) server)
      (ipc:receive server (lambda (request) (ipc:reply request 5)))
      (check-eq? (ipc:wait-any client server #:timeout soon) client)
      (check-eq? (sync/timeout soon client) client)
      (check-equal? (ipc:call-result call #:timeout 0) 5)))
  (test-case "a break cancels a call"
    (ipc:with-handles ([server (ipc:open-server "broken" #:timeout soon)]
                       [client (ipc:open-client "broken")])
      (define calling
        (thread (lambda () (with-handlers ([exn:break? void]) (ipc:call client "work")))))
      (ipc:receive server
                   (lambda (request)
                     (break-thread calling)
                     (check-not-false (sync/timeout soon calling))
                     (check-true (ipc:cancelled? request))))))
  (test-case "one-way calls, requests as a sequence, and what there is"
    (ipc:with-handles ([server (ipc:open-server "notes")] [client (ipc:open-client "notes")])
      (ipc:on server "note" values #:args '("text") #:idempotent? #t #:about "Keeps it.")
      (ipc:call-one-way client "note" "x")
      (for ([_ 1] [request server])
        (check-true (ipc:request-one-way? request))
        (check-equal? (ipc:request-args request) '("x")))
      (define serving (thread (lambda () (ipc:serve server))))
      (check-equal? (map dict->list (ipc:offers client #:timeout soon))
                    '((("name" . "note") ("args" . (("text" "any"))) ("idempotent" . #t)
                                         ("about" . "Keeps it."))))
      (ipc:interrupt server)
      (check-not-false (sync/timeout soon serving))
      (check-refused (ipc:on server "x" 5))
      (ipc:serve server #:timeout 0)))
  (test-case "a server that dies is said, and an idempotent call goes to another"
    (define (start-victim)
      (start-program '(define server (ipc:open-server "mortal"))
                     '(ipc:on server "do"
                              (lambda ()
                                (displayln "called")
                                (flush-output)
                                (sync never-evt)))
                     '(displayln "open")
                     '(flush-output)
                     '(ipc:serve server)))
    (ipc:with-handles ([client (ipc:open-client "mortal")])
      (define (die victim)
        (check-equal? (read-answer victim) "open")
        (check-equal? (read-answer victim) "called")
        (kill-program victim))
      (define first (ipc:start-call client "do"))
      (die (start-victim))
      (check-equal? (status-of (lambda () (ipc:call-result first #:timeout soon))
                               ipc:exn:fail:sipc:gone?)
                    ipc:status:server-died)
      (define again (ipc:start-call client "do" #:idempotent? #t))
      (die (start-victim))
      (ipc:with-handles ([server (ipc:open-server "mortal" #:timeout soon)])
        (ipc:receive server (lambda (request) (ipc:reply request "another")))
        (check-equal? (ipc:call-result again #:timeout soon) "another"))))
  (test-case "a host starts plugins and hears of their crashes"
    (define library (path->string (build-path (current-directory) "simpleipc.rkt")))
    (define plugin
      (format "~s"
              `(begin
                 (require (prefix-in ipc: (file ,library)) ffi/unsafe)
                 (define server (ipc:open-server))
                 (ipc:on server "add" +)
                 (ipc:on server "crash" (get-ffi-obj "abort" #f (_fun -> _void)))
                 (ipc:serve server))))
    (ipc:with-handles ([host (ipc:open-host "host" #:timeout soon)])
      (ipc:start-plugin host "calc" (find-executable-path "racket") "-l" "racket/base" "-e" plugin
                        #:restarts 3 #:within 60)
      (define (next) (dict-ref (ipc:receive host ipc:message-value) "event"))
      (ipc:with-handles ([calc (ipc:plugin-client host "calc")])
        (check-equal? (ipc:call calc "add" 2 3 #:timeout soon) 5)
        (check-equal? (status-of (lambda () (ipc:call calc "crash" #:timeout soon))
                                 ipc:exn:fail:sipc:gone?)
                      ipc:status:server-died)
        (check-equal? (for/list ([_ 4]) (next)) '("started" "ready" "killed" "restarting"))
        (check-equal? (ipc:call calc "add" 2 3 #:timeout soon) 5))
      (ipc:stop-plugin host "calc")
      (eventually (lambda () (member (next) '("ended" "killed"))))
      (check-refused (ipc:start-plugin host "calc" (lambda () 1)))
      (check-exn ipc:exn:fail:sipc:misuse? (lambda () (ipc:start-plugin host "calc" 5)))
      (check-exn ipc:exn:fail:sipc:misuse?
                 (lambda () (ipc:start-plugin host "calc" "false" #:restarts -1)))
      (check-exn ipc:exn:fail:sipc:misuse? (lambda () (ipc:stop-plugin host "nobody"))))
    (check-exn ipc:exn:fail:sipc:misuse? (lambda () (ipc:open-server))))))
