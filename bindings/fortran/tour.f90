! Every pattern once, in one program; each part could be in a program of its own.
program tour
    use, intrinsic :: iso_c_binding, only: c_f_pointer
    use, intrinsic :: iso_fortran_env, only: int8, int64
    use simpleipc
    implicit none
    integer, parameter :: SOON = 20000

    call queue()
    call topic()
    call state()
    call signal()
    call lock()
    call service()

contains

    ! A queue: each message goes to one receiver.
    subroutine queue()
        type(sipc_receiver) :: receiver
        type(sipc_message) :: message
        type(sipc_item) :: value
        integer :: stat
        call sipc_send("tour.queue", "hello")
        call receiver%open("tour.queue")
        call receiver%take(message, SOON)
        value = message%value()
        print "(2a)", "queue: ", value%get_text()
        call receiver%take(message, 0, stat)
        if (stat == SIPC_STATUS_TIMEOUT) print "(a)", "queue: nothing more"
    end subroutine

    ! A topic: every subscriber gets every message. The frame is filled where it is read.
    subroutine topic()
        type(sipc_subscriber) :: subscriber
        type(sipc_publisher) :: publisher
        type(sipc_message) :: message
        type(sipc_item) :: value
        type(sipc_loan) :: loan
        integer(int8), pointer :: frame(:, :, :)
        call subscriber%open("tour.topic")
        call publisher%open("tour.topic")
        call publisher%put(42)
        call subscriber%take(message, SOON)
        value = message%value()
        print "(a, i0)", "topic: ", value%get_int()
        call publisher%loan(loan, SIPC_DTYPE_U8, [3, 6, 4], "rgb8")
        call c_f_pointer(loan%data(), frame, loan%shape())
        frame = 7
        call publisher%put_loan(loan, capture_time_ns=sipc_now_ns())
        call subscriber%take(message, SOON)
        value = message%value()
        call c_f_pointer(value%tensor(SIPC_DTYPE_U8), frame, value%shape())
        print "(a, 3(i0, 1x), a, 1x, i0)", "topic: ", shape(frame), value%label(), frame(1, 1, 1)
    end subroutine

    ! A state: the latest value, for whoever comes whenever.
    subroutine state()
        type(sipc_setter) :: setter
        type(sipc_watcher) :: watcher
        type(sipc_message) :: message
        type(sipc_item) :: value
        call setter%open("tour.state")
        call watcher%open("tour.state")
        call setter%put(30)
        call watcher%get(message)
        value = message%value()
        print "(a, i0)", "state: ", value%get_int()
        call setter%set_if(31, message%sequence()) ! CONFLICT if somebody else has set it since
        call watcher%take(message, SOON)
        value = message%value()
        print "(a, i0)", "state: ", value%get_int()
    end subroutine

    ! A signal: something has happened.
    subroutine signal()
        type(sipc_waiter) :: waiter
        call waiter%open("tour.signal")
        call sipc_notify("tour.signal")
        print "(a, i0)", "signal: ", waiter%wait(SOON)
    end subroutine

    ! A lock: one owner at a time, and free when it dies.
    subroutine lock()
        type(sipc_lock) :: held
        call held%open("tour.lock")
        call held%acquire()
        print "(a, i0)", "lock: died with it: ", held%abandoned
        call held%release()
    end subroutine

    ! A service; `server%add` and `server%serve` are the usual way to answer.
    subroutine service()
        type(sipc_server) :: server
        type(sipc_client) :: client
        type(sipc_request) :: request
        type(sipc_message) :: message
        type(sipc_item) :: value
        integer(int64) :: number
        call server%open("tour.service")
        call client%open("tour.service")
        call client%start("add", sipc_tensor([1, 2]), number)
        call server%request(request, SOON)
        value = request%args()
        print "(3a, i0)", "service: ", request%method(), " of ", value%shape()
        call request%reply(3)
        call client%result(number, message, SOON)
        value = message%value()
        print "(a, i0)", "service: ", value%get_int()
    end subroutine

end program
