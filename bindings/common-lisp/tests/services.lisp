(in-package "TESTS")

(defmacro serving ((client name &rest methods) &body body)
  "Runs BODY with a client of a server that serves in a thread of its own."
  `(ipc:with-open ((server (ipc:open-server ,name)) (,client (ipc:open-client ,name)))
     ,@(loop for (method function) in methods collect `(ipc:on server ,method ,function))
     (let ((thread (in-thread (ipc:serve server))))
       (unwind-protect (progn ,@body)
         (ipc:close server)
         (joined thread)))))

(define-test "a method is called with places or names"
  (flet ((add (a &optional (b 10)) (+ a b))
         (scale (a &key (scale-by 1)) (* a scale-by)))
    (serving (client "calc" ("add" #'add) ("scale" #'scale) ("list" #'list) ("one" (lambda (x) x))
                     ("none" (lambda () :null)))
      (flet ((call (method arguments) (ipc:call client method arguments :timeout +soon+)))
        (same 3 (call "add" '(1 2)))
        (same 11 (call "add" '(1)))
        (same 3 (call "add" (ipc:map-of "b" 1 "a" 2)))
        (same 30 (call "scale" (ipc:map-of "scale_by" 10 "a" 3)))
        (same 3 (call "scale" '(3)))
        (same (vector 1 "x") (call "list" '(1 "x")))
        (same (vector 1 2) (call "one" (list (vector 1 2))))
        (same 7 (call "one" 7))
        (same :null (call "none" nil))
        (dolist (wrong (list '(1 2 3) nil (ipc:map-of "b" 1) (ipc:map-of "a" 1 "c" 2)))
          (same ipc::+bad-arguments+
                (ipc:code (signals ipc:service-error (call "add" wrong)))))))))

(defun forever-deeper (number) (1+ (forever-deeper number)))

(define-test "a handler that fails is an error of its caller, and the server goes on"
  (serving (client "bank"
                   ("no" (lambda ()
                           (error 'ipc:service-error :code 17 :text "empty"
                                                     :data (ipc:map-of "left" 3))))
                   ("zero" (lambda () (/ 1 (parse-integer "0"))))
                   ("deep" (lambda () (forever-deeper 1)))
                   ("odd" (lambda () #'car))
                   ("text" (lambda () (error "~a" (code-char #xd800))))
                   ("fine" (lambda () 1)))
    (flet ((call (method) (ipc:call client method nil :timeout +soon+)))
      (let ((condition (signals ipc:service-error (call "no"))))
        (same 17 (ipc:code condition))
        (same "empty" (ipc:text condition))
        (same 3 (gethash "left" (ipc:data condition))))
      (dolist (method '("zero" "deep" "odd" "text"))
        (same ipc::+broken+ (ipc:code (signals ipc:service-error (call method)))))
      (same ipc::+no-such-method+ (ipc:code (signals ipc:service-error (call "unknown"))))
      (same 1 (call "fine")))))

(define-test "replies are streamed one by one"
  (serving (client "log" ("count" (lambda (to)
                                    (dotimes (number to) (ipc:push-reply ipc:*request* number))
                                    "the end")))
    (let ((seen '()))
      (same "the end" (ipc:do-replies (number (ipc:start client "count" '(3)) :timeout +soon+)
                        (push number seen)))
      (same '(2 1 0) seen)
      (same "the end" (ipc:call client "count" '(3) :timeout +soon+)))))

(define-test "a call can be cancelled, and the server learns it"
  (ipc:with-open ((server (ipc:open-server "long")) (client (ipc:open-client "long")))
    (let ((call (ipc:start client "work" nil)))
      (ipc:with-message (request (ipc:receive server :timeout +soon+))
        (is (not (ipc:cancelled-p request)))
        (signals ipc:timeout (ipc:next-reply call :timeout 0.01))
        (ipc:cancel call)
        (is (ipc:cancelled-p request))
        (same :cancelled (status-of ipc:retry (ipc:push-reply request 1))))
      (same :cancelled (status-of ipc:retry (ipc:next-reply call :timeout +soon+))))
    (signals ipc:timeout (ipc:call client "work" nil :timeout 0.01))))

(define-test "a call that nobody keeps is cancelled"
  (ipc:with-open ((server (ipc:open-server "forgotten")) (client (ipc:open-client "forgotten")))
    ;; In a thread of its own, of whose stack nothing is left.
    (joined (in-thread (ipc:start client "work" nil) nil))
    (ipc:with-message (request (ipc:receive server :timeout +soon+))
      (eventually (progn (sb-ext:gc :full t)
                         ;; It is done in the thread of the client, when that calls.
                         (ipc:call-one-way client "note" nil)
                         (ipc:cancelled-p request))))))

(define-test "a request that is let go of is an error"
  (ipc:with-open ((server (ipc:open-server "rude")) (client (ipc:open-client "rude")))
    (let ((call (ipc:start client "work" nil)))
      (ipc:with-message (request (ipc:receive server :timeout +soon+)))
      (same ipc::+broken+
            (ipc:code (signals ipc:service-error (ipc:next-reply call :timeout +soon+)))))
    (let ((call (ipc:start client "work" nil)) (request (ipc:receive server :timeout +soon+)))
      (ipc:reply request 1)
      (same :bad-argument (status-of ipc:misuse (ipc:reply request 2)))
      (dotimes (time 2) (ipc:release request))
      (signals ipc:gone (ipc:reply request 3))
      (same 1 (ipc:result call :timeout +soon+)))))

(define-test "a client is waited for beside others"
  (ipc:with-open ((server (ipc:open-server "slow")) (client (ipc:open-client "slow")))
    (let ((call (ipc:start client "work" nil)) (both (list client server)))
      (is (eq server (ipc:wait-any both :timeout +soon+)))
      (ipc:with-message (request (ipc:receive server :timeout +soon+)) (ipc:reply request 5))
      (is (eq client (ipc:wait-any both :timeout +soon+)))
      (same 5 (ipc:result call :timeout 0)))))

(define-test "one-way calls, and what there is"
  (ipc:with-open ((server (ipc:open-server "notes")) (client (ipc:open-client "notes")))
    (ipc:on server "note" (lambda (some-text) some-text) :idempotent t :about "Keeps it.")
    (same nil (ipc:call-one-way client "note" '("x")))
    (ipc:with-message (request (ipc:receive server :timeout +soon+))
      (is (ipc:one-way-p request))
      (same (vector "x") (ipc:request-arguments request)))
    (let ((thread (in-thread (ipc:serve server)))
          (offer (first (ipc:offers client :timeout +soon+))))
      (same (list "note" (vector (vector "some_text" "any")) t "Keeps it.")
            (mapcar (lambda (key) (gethash key offer)) '("name" "args" "idempotent" "about")))
      (ipc:interrupt server)
      (joined thread))
    (signals type-error (ipc:on server "x" 5))))

(define-child "dies" ()
  (ipc:with-open ((server (ipc:open-server "mortal")))
    (ipc:on server "do" (lambda () (say "called") (sb-posix:kill (sb-posix:getpid) 9)))
    (say "serving")
    (ipc:serve server)))

(define-test "a server that dies is said, and an idempotent call goes to another"
  (ipc:with-open ((client (ipc:open-client "mortal")))
    (let ((victim (start-child "dies")))
      (same :server-died (status-of ipc:gone (ipc:call client "do" nil :timeout +soon+)))
      (end-child victim sb-posix:sigkill))
    (let* ((victim (start-child "dies")) (call (ipc:start client "do" nil :idempotent t)))
      (same "serving" (hear victim))
      (same "called" (hear victim))
      (same nil (hear victim))
      (end-child victim sb-posix:sigkill)
      (ipc:with-open ((server (ipc:open-server "mortal")))
        (ipc:with-message (request (ipc:receive server :timeout +soon+))
          (ipc:reply request "another"))
        (same "another" (ipc:result call :timeout +soon+))))))

(define-child "plugin" ()
  (ipc:with-open ((server (ipc:open-server)))
    (ipc:on server "add" (lambda (a b) (+ a b)))
    (ipc:on server "crash" (lambda () (sb-posix:kill (sb-posix:getpid) 9)))
    (ipc:serve server)))

(define-test "a host starts plugins, and hears of their crashes"
  (ipc:with-open ((host (ipc:open-host "host" :timeout +soon+)))
    (ipc:start-plugin host "calc" sb-ext:*runtime-pathname* '("plugin") :restarts 3 :within 60)
    (ipc:with-open ((calc (ipc:plugin-client host "calc")))
      (same 5 (ipc:call calc "add" '(2 3) :timeout +soon+))
      (same :server-died (status-of ipc:gone (ipc:call calc "crash" nil :timeout +soon+)))
      (same '("started" "ready" "killed" "restarting")
            (loop for event = (gethash "event" (taken host))
                  collect event
                  until (string= event "restarting")))
      (same 5 (ipc:call calc "add" '(2 3) :timeout +soon+)))
    (ipc:stop-plugin host "calc")
    (loop until (member (gethash "event" (taken host)) '("ended" "killed") :test #'string=))
    (signals type-error (ipc:start-plugin host "calc" #'car '()))
    (signals ipc:misuse (ipc:start-plugin host "calc" "false" '() :restarts -1))
    (signals ipc:misuse (ipc:stop-plugin host "nobody")))
  (signals ipc:misuse (ipc:open-server)))
