#lang racket/base

(require racket/dict
         racket/file
         racket/string
         rackunit
         (only-in ffi/unsafe memcpy)
         (prefix-in c: "../simpleipc/calls.rkt")
         "harness.rkt"
         (prefix-in ipc: "../simpleipc.rkt"))

(define timeout? ipc:exn:fail:sipc:timeout?)

;; Whether another thread waits in the handle.
(define (in-use? receiver)
  (eqv? ipc:status:busy (status-of (lambda () (ipc:receive receiver #:timeout 0)))))

;; A thread that waits in a handle; what it ends with is the second value's.
(define (wait-beside receiver [act (lambda () (ipc:message-value (ipc:receive receiver)))])
  (define found (make-channel))
  (define waiting
    (thread (lambda ()
              (define status (with-handlers ([ipc:exn:fail:sipc? ipc:exn:fail:sipc-status]
                                             [exn:break? (lambda (_) 'broken)])
                               (act)))
              (channel-put found status))))
  (eventually (lambda () (in-use? receiver)))
  (values waiting (lambda () (sync/timeout soon found))))

(define (list-messages source)
  (for/list ([message source])
    (ipc:message-value message)))

(run
 (test-suite
  "channels"
  (test-case "a message says where it comes from"
    (ipc:with-handles ([sender (ipc:open-sender "facts")]
                       [receiver (ipc:open-receiver "facts" #:timeout soon)])
      (for ([_ 2])
        (ipc:send sender "x" #:capture-time-ns 7))
      (define first (ipc:receive receiver))
      (check-equal? (list (ipc:message-sequence first) (ipc:message-missed first)
                          (ipc:message-capture-time-ns first) (ipc:message-redelivered? first))
                    '(0 0 7 #f))
      (check-true (>= (ipc:message-age first) 0))
      (check-equal? (ipc:receive receiver ipc:message-sequence) 1)))
  (test-case "closing twice does no harm, and then nothing goes"
    (define sender (ipc:open-sender "closed"))
    (define receiver (ipc:open-receiver "closed" #:timeout soon))
    (ipc:send sender "still here")
    (define message (ipc:receive receiver))
    (define loan (ipc:lend sender 'bytes 8))
    (for ([_ 2])
      (ipc:close sender)
      (ipc:close receiver))
    (check-equal? (ipc:message-value message) "still here")
    (for ([_ 2])
      (ipc:release message))
    (for ([act (list (lambda () (ipc:send sender 1))
                     (lambda () (ipc:receive receiver))
                     (lambda () (sync receiver))
                     (lambda () (ipc:interrupt receiver))
                     (lambda () (ipc:loan-put loan)))])
      (check-equal? (status-of act ipc:exn:fail:sipc:gone?) ipc:status:closed))
    (ipc:loan-cancel loan))
  (test-case "wrong names, verbs and options are errors"
    (define (misuse act) (status-of act ipc:exn:fail:sipc:misuse?))
    (check-equal? (misuse (lambda () (ipc:send "a/b" 1))) ipc:status:bad-name)
    (ipc:with-handles ([publisher (ipc:open-publisher "a topic")])
      (check-equal? (misuse (lambda () (ipc:send "a topic" 1))) ipc:status:wrong-pattern)
      (check-refused (ipc:send publisher 1) (ipc:receive publisher) (ipc:wait publisher)))
    (check-refused (ipc:open-sender 5)
                   (ipc:open-sender "a\0b")
                   (ipc:open-sender "n" #:colour 1)
                   (ipc:open-sender "n" #:depth "16")
                   (ipc:open-sender "n" #:depth -1)
                   (ipc:open-sender "n" #:depth (expt 2 32))
                   (ipc:send "n" 1 #:timeout 1)
                   (ipc:identify "a\0b"))
    (check-equal? (misuse (lambda () (ipc:open-sender "n" #:depth 100))) ipc:status:bad-argument)
    (check-equal? (status-of (lambda () (ipc:open-sender "n" #:directory "/no/such/place"))
                             ipc:exn:fail:sipc:system?)
                  ipc:status:no-directory))
  (test-case "wrong timeouts are errors"
    (ipc:with-handles ([receiver (ipc:open-receiver "patience")] [lock (ipc:open-lock "patient")])
      (check-refused (ipc:receive receiver #:timeout "1")
                     (ipc:receive receiver #:timeout -1)
                     (ipc:receive receiver #:timeout +nan.0)
                     (ipc:lock lock #:timeout -1)
                     (ipc:open-receiver "patience" #:timeout 'long))
      (for ([seconds '(0 0.01 1/100)])
        (check-exn timeout? (lambda () (ipc:receive receiver #:timeout seconds))))))
  (test-case "iterating ends when nothing comes"
    (for ([number 5])
      (ipc:send "numbers" number))
    (ipc:with-handles ([receiver (ipc:open-receiver "numbers" #:timeout 0.01)])
      (check-equal? (for/list ([_ 2] [message receiver]) (ipc:message-value message)) '(0 1))
      (check-equal? (list-messages receiver) '(2 3 4))
      (check-equal? (list-messages receiver) '())))
  (test-case "a full queue is said after the timeout, and other threads may make room"
    (ipc:with-handles ([sender (ipc:open-sender "full" #:depth 16)]
                       [receiver (ipc:open-receiver "full" #:timeout soon)])
      (define (fill)
        (for ([number 16])
          (ipc:send sender number #:timeout 0.01)))
      (check-equal? (status-of (lambda () (fill) (fill)) ipc:exn:fail:sipc:retry?)
                    ipc:status:full)
      (define taking
        (thread (lambda () (for ([_ 17]) (ipc:receive receiver void)))))
      (ipc:send sender "the last" #:timeout soon)
      (check-not-false (sync/timeout soon taking))))
  (test-case "subscribers get what their options say"
    (ipc:with-handles ([publisher (ipc:open-publisher "options" #:history 2 #:depth 16)]
                       [tap (ipc:open-subscriber "options" #:tap? #t #:timeout soon)])
      (for ([number '(1 2 3)])
        (ipc:publish publisher number))
      (ipc:with-handles ([late (ipc:open-subscriber "options" #:history 2 #:timeout 0)]
                         [latest (ipc:open-subscriber "options" #:history 2 #:latest? #t
                                                      #:timeout 0)]
                         [lossless (ipc:open-subscriber "options" #:lossless? #t #:timeout 0)])
        (check-equal? (list-messages late) '(2 3))
        (check-equal? (list-messages latest) '(3))
        (for ([number 16])
          (ipc:publish publisher number))
        (check-equal? (status-of (lambda () (ipc:publish publisher 16 #:timeout 0.01)))
                      ipc:status:full)
        (check-equal? (length (list-messages lossless)) 16)
        (for ([number 100])
          (ipc:publish publisher number)
          (list-messages lossless))
        (check-true (> (ipc:receive late ipc:message-missed) 0))
        (check-true (exact-integer? (ipc:receive tap ipc:message-value))))))
  (test-case "a loan is filled in place"
    (ipc:with-handles ([publisher (ipc:open-publisher "loans")]
                       [subscriber (ipc:open-subscriber "loans" #:timeout soon)])
      (ipc:lend publisher 'u8 '(2 3) #:format "grey" #:capture-time-ns 9
                (lambda (loan)
                  (check-equal? (ipc:loan-size loan) 6)
                  (ipc:loan-write loan #"abc")
                  (ipc:loan-write loan #"def" 3)
                  (check-refused (ipc:loan-write loan #"g" 6) (ipc:loan-write loan #"g" -1))))
      (ipc:receive subscriber
                   (lambda (message)
                     (define tensor (ipc:message-value message))
                     (check-equal? (list (ipc:tensor-bytes tensor) (ipc:tensor-shape tensor)
                                         (ipc:tensor-format tensor)
                                         (ipc:message-capture-time-ns message))
                                   '(#"abcdef" (2 3) "grey" 9))))
      (define loan (ipc:lend publisher 'bytes 200))
      (memcpy (ipc:loan-pointer loan) (make-bytes 200 122) 200)
      (ipc:loan-put loan)
      (check-equal? (ipc:receive subscriber ipc:message-value) (make-bytes 200 122))
      (check-exn ipc:exn:fail:sipc:gone? (lambda () (ipc:loan-put loan)))
      (check-exn ipc:exn:fail:sipc:gone? (lambda () (ipc:loan-write loan #"late")))))
  (test-case "a loan that is not put goes back"
    (ipc:with-handles ([sender (ipc:open-sender "returned")])
      (define (lend) (ipc:lend sender 'bytes 100))
      (define loans (for/list ([_ 16]) (lend)))
      (check-exn ipc:exn:fail:sipc:misuse? lend)
      (for-each ipc:loan-cancel (append loans loans))
      (for ([_ 40])
        (check-exn #rx"no" (lambda () (ipc:lend sender 'bytes 100 (lambda (_) (error "no"))))))
      (check-refused (ipc:lend sender 'u9 '(1))
                     (ipc:lend sender 'u8 '(-1))
                     (ipc:lend sender 'bytes #f))
      ;; What nobody keeps is collected.
      (for ([_ 10])
        (for ([_ 8])
          (lend))
        (eventually
         (lambda ()
           (collect-garbage)
           (with-handlers ([ipc:exn:fail:sipc:misuse? (lambda (_) #f)])
             (for-each ipc:loan-cancel (for/list ([_ 8]) (lend)))
             #t))))))
  (test-case "ten thousand messages leave nothing, whoever releases them"
    (ipc:with-handles ([sender (ipc:open-sender "many" #:depth 16)]
                       [receiver (ipc:open-receiver "many" #:timeout soon)])
      (for ([number 10000])
        (ipc:send sender (if (odd? number) (make-bytes 300 120) number))
        (define message (ipc:receive receiver))
        (when (zero? (remainder number 3))
          (ipc:release message)))
      (eventually
       (lambda ()
         (collect-garbage)
         (<= (hash-ref (car (ipc:audit "many")) 'chunks_in_use) 1)))))
  (test-case "what is not released keeps no more than twice of what is needed"
    (ipc:with-handles ([publisher (ipc:open-publisher "forgotten" #:depth 16)]
                       [subscriber (ipc:open-subscriber "forgotten" #:timeout soon)])
      (define most
        (for/fold ([most 0]) ([_ 2000])
          (ipc:publish publisher (make-bytes 300 120))
          (ipc:receive subscriber)
          (max most (hash-ref (car (ipc:audit "forgotten")) 'chunks_in_use))))
      (check-true (< most 200) (number->string most))))
  (test-case "a message that was not released comes again"
    (ipc:send "again" "important")
    (define victim
      (start-program '(define message (ipc:receive (ipc:open-receiver "again")))
                     '(displayln "taken")
                     '(flush-output)
                     '(sync never-evt)))
    (check-equal? (read-answer victim) "taken")
    (kill-program victim)
    (ipc:receive "again" #:timeout soon
                 (lambda (message)
                   (check-equal? (ipc:message-value message) "important")
                   (check-true (ipc:message-redelivered? message)))))
  (test-case "a program that ends leaves nothing it had"
    (ipc:send "ended with" 1)
    (define done (start-program '(define message (ipc:receive "ended with"))
                                '(define lock (ipc:open-lock "ended lock"))
                                '(void (ipc:lock lock))))
    (check-equal? (wait-program done) 0)
    (check-exn timeout? (lambda () (ipc:receive "ended with" #:timeout 0)))
    (ipc:with-handles ([lock (ipc:open-lock "ended lock")])
      (check-false (ipc:lock lock #:timeout 0))))
  (test-case "a custodian closes its handles"
    (define custodian (make-custodian))
    (define receiver
      (parameterize ([current-custodian custodian]) (ipc:open-receiver "in custody")))
    (custodian-shutdown-all custodian)
    (check-equal? (status-of (lambda () (ipc:receive receiver))) ipc:status:closed))
  (test-case "a handle that nobody has is closed"
    (ipc:open-receiver "nobody's")
    (eventually
     (lambda ()
       (collect-garbage)
       (null? (ipc:peers "nobody's")))))
  (test-case "other threads run while one waits"
    (ipc:with-handles ([receiver (ipc:open-receiver "waited for")])
      (define-values (_ found) (wait-beside receiver))
      (ipc:send "waited for" "news")
      (check-equal? (found) "news")))
  (test-case "a handle in use is busy for others, and they can interrupt and close"
    (define receiver (ipc:open-receiver "busy"))
    (define-values (_ interrupted) (wait-beside receiver))
    (ipc:interrupt receiver)
    (check-equal? (interrupted) ipc:status:interrupted)
    (define-values (__ closed) (wait-beside receiver))
    (ipc:close receiver)
    (check-equal? (closed) ipc:status:closed)
    (define idle (ipc:open-receiver "idle"))
    (ipc:interrupt idle)
    (check-equal? (status-of (lambda () (ipc:receive idle))) ipc:status:interrupted)
    (check-exn timeout? (lambda () (ipc:receive idle #:timeout 0)))
    (ipc:close idle))
  (test-case "a break ends a wait and loses nothing"
    (ipc:with-handles ([receiver (ipc:open-receiver "broken")])
      (for ([round 50])
        (define-values (waiting found) (wait-beside receiver))
        (define sending (thread (lambda () (ipc:send "broken" round))))
        (break-thread waiting)
        (define first (found))
        (thread-wait sending)
        (check-equal? (if (eq? first 'broken)
                          (ipc:receive receiver ipc:message-value #:timeout soon)
                          first)
                      round))))
  (test-case "a break gives a lock back"
    (ipc:with-handles ([mine (ipc:open-lock "broken lock")] [other (ipc:open-lock "broken lock")])
      (for ([_ 20])
        (ipc:lock mine)
        (define waiting
          (thread (lambda ()
                    (with-handlers ([exn:break? void])
                      (ipc:lock other)
                      (ipc:unlock other)))))
        (sleep)
        (ipc:unlock mine)
        (break-thread waiting)
        (check-not-false (sync/timeout soon waiting)))
      (check-true (ipc:try-lock mine))))
  (test-case "Ctrl-C ends a program that waits"
    (ipc:with-handles ([held (ipc:open-lock "held")])
      (ipc:lock held)
      (for ([waits '((ipc:receive (ipc:open-receiver "c"))
                     (ipc:lock (ipc:open-lock "held"))
                     (ipc:receive "one-call")
                     (ipc:call (ipc:open-client "nobody") "m")
                     (let ([receiver (ipc:open-receiver "c")])
                       (let loop ()
                         (sync receiver)
                         (with-handlers ([ipc:exn:fail:sipc:timeout? void])
                           (ipc:receive receiver #:timeout 0))
                         (loop)))
                     (for ([_ (ipc:open-host "idle")]) (void)))])
        (define child
          (start-program `(with-handlers ([exn:break? (lambda (_) (displayln "broken"))])
                            (displayln "waiting")
                            (flush-output)
                            ,waits)))
        (check-equal? (read-answer child) "waiting")
        (subprocess-kill (program-process child) #f)
        (check-equal? (read-answer child) "broken" (format "~s" waits))
        (wait-program child))))
  (test-case "several handles, and events"
    (ipc:with-handles ([first (ipc:open-receiver "first")]
                       [second (ipc:open-waiter "second")]
                       [tap (ipc:open-subscriber "third" #:tap? #t)])
      (check-exn timeout? (lambda () (ipc:wait-any first second tap #:timeout 0.01)))
      (ipc:notify "second")
      (check-eq? (ipc:wait-any first second tap #:timeout soon) second)
      (check-equal? (ipc:wait second #:timeout 0) 1)
      (define sending (thread (lambda () (sleep) (ipc:send "first" 1))))
      ;; An event may be ready although nothing is there.
      (eventually
       (lambda ()
         (define ready (sync/timeout soon first second))
         (if (eq? ready first)
             (with-handlers ([timeout? (lambda (_) #f)])
               (equal? 1 (ipc:receive first ipc:message-value #:timeout 0)))
             (status-of (lambda () (ipc:wait second #:timeout 0)) (lambda (_) #f)))))
      (check-equal? (status-of (lambda () (ipc:wait-any #:timeout 0))) ipc:status:bad-argument)))
  (test-case "a state is there for whoever comes late"
    (check-exn timeout? (lambda () (ipc:get "speed" #:timeout 0)))
    (ipc:set "speed" 30)
    (check-equal? (ipc:get "speed" ipc:message-value) 30)
    (ipc:with-handles ([setter (ipc:open-setter "speed")] [watcher (ipc:open-watcher "speed")])
      (check-false (ipc:set-if setter 31 #f))
      (define seen (ipc:get watcher ipc:message-sequence))
      (check-true (ipc:set-if setter 31 seen))
      (check-false (ipc:set-if setter 32 seen))
      (ipc:set setter 33)
      (check-equal? (ipc:receive watcher ipc:message-value) 33)
      (check-equal? (ipc:get watcher ipc:message-value) 33)
      (check-exn timeout? (lambda () (ipc:receive watcher #:timeout 0)))
      (check-refused (ipc:set-if setter 1 -2) (ipc:get setter))))
  (test-case "notifications are counted"
    (ipc:with-handles ([waiter (ipc:open-waiter "bell" #:timeout 0)]
                       [notifier (ipc:open-notifier "bell")])
      (for ([_ 3])
        (ipc:notify notifier))
      (check-equal? (ipc:wait waiter) 3)
      (check-exn timeout? (lambda () (ipc:wait waiter)))
      (ipc:notify "bell")
      (check-equal? (for/list ([count waiter]) count) '(1)))
    (check-exn timeout? (lambda () (ipc:wait "bell" #:timeout 0)))
    (ipc:notify "bell")
    (check-equal? (ipc:wait "bell" #:timeout soon) 1))
  (test-case "a lock has one owner"
    (ipc:with-handles ([mine (ipc:open-lock "robot")] [other (ipc:open-lock "robot")])
      (check-equal? (ipc:call-with-lock mine (lambda (_) 5)) 5)
      (ipc:call-with-lock
       mine
       (lambda (_)
         (check-false (ipc:try-lock other))
         (check-exn timeout? (lambda () (ipc:lock other #:timeout 0.01)))
         (check-equal? (status-of (lambda () (ipc:lock mine))) ipc:status:bad-argument)
         (check-false (ipc:try-lock other))))
      (check-exn #rx"no" (lambda () (ipc:call-with-lock mine (lambda (_) (error "no")))))
      (check-true (ipc:try-lock other)))
    (define places (for/list ([_ 3]) (ipc:open-lock "places" #:permits 2)))
    (check-equal? (map ipc:try-lock places) '(#t #t #f))
    (for-each ipc:close places))
  (test-case "the next owner is told of a death"
    (define victim
      (start-program '(define lock (ipc:open-lock "mortal lock"))
                     '(void (ipc:lock lock))
                     '(displayln "locked")
                     '(flush-output)
                     '(sync never-evt)))
    (check-equal? (read-answer victim) "locked")
    (kill-program victim)
    (ipc:with-handles ([lock (ipc:open-lock "mortal lock")])
      (check-equal? (ipc:call-with-lock lock values #:timeout soon) (program-pid victim))
      (check-false (ipc:call-with-lock lock values))))
  (test-case "who comes and goes is told"
    (check-equal? (ipc:peers "visited") '())
    (ipc:with-handles ([watcher (ipc:open-peer-watcher "visited" #:timeout soon)])
      (define (told)
        (define event (ipc:receive watcher ipc:message-value))
        (list (dict-ref event "event") (dict-ref event "role")))
      (define child
        (start-program '(ipc:identify "guest")
                       '(define receiver (ipc:open-receiver "visited"))
                       '(displayln 1)
                       '(flush-output)
                       '(sync never-evt)))
      (read-answer child)
      (check-equal? (told) '("up" "receive"))
      (ipc:with-handles ([sender (ipc:open-sender "visited")])
        (check-equal? (told) '("up" "send"))
        (define facts
          (for/list ([peer (ipc:peers "visited")])
            (map (lambda (key) (dict-ref peer key)) '("role" "program" "language" "pid"))))
        (check-equal? (car facts) (list "receive" "guest" "racket" (program-pid child)))
        (check-equal? (caddr (cadr facts)) "racket"))
      (check-equal? (told) '("down" "send"))
      (kill-program child)
      (check-equal? (told) '("down" "receive")))
    (check-exn ipc:exn:fail:sipc:misuse? (lambda () (ipc:peers "a/b"))))
  (test-case "audit and clean"
    (ipc:with-handles ([sender (ipc:open-sender "seen")])
      (ipc:send sender "x")
      (check-not-false (member "seen" (map (lambda (one) (hash-ref one 'name)) (ipc:audit))))
      (check-equal? (hash-ref (car (ipc:audit "seen")) 'pattern) "queue"))
    (check-true (exact-integer? (ipc:clean #:age-max 0)))
    (check-equal? (ipc:audit "seen") '())
    (check-refused (ipc:clean #:age-max -1))
    (check-regexp-match #rx"^[0-9]+[.][0-9]+[.][0-9]+" (ipc:version))
    (check-true (> (ipc:now-ns) 0)))
  (test-case "an unknown status is an error of its class"
    (check-equal?
     (for/list ([status '(9 19 29 39 59 99)])
       (define raised (c:status->exn status 0 "x"))
       (for/first ([kind? (list ipc:exn:fail:sipc:retry? ipc:exn:fail:sipc:gone?
                                ipc:exn:fail:sipc:misuse? ipc:exn:fail:sipc:corrupt?
                                ipc:exn:fail:sipc:system? ipc:exn:fail:sipc?)]
                   [name '(retry gone misuse corrupt system other)]
                   #:when (kind? raised))
         name))
     '(retry gone misuse corrupt system other)))))
