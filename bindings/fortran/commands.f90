! What the interop driver does for a line, and what it answers.
module commands
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64, input_unit, output_unit
    use simpleipc
    use loops
    use notation
    use misuse
    use opened
    implicit none
    private

    public :: answer, read_line, say

    integer, parameter :: PUT_MS = 10000

    type(sipc_message), target :: held ! of `hold`, until the next one
    type(sipc_request), target :: request ! of `serve`, until it is answered

contains

    subroutine say(text)
        character(len=*), intent(in) :: text
        write (output_unit, "(a)") text
        flush (output_unit)
    end subroutine

    ! False at the end of the input.
    logical function read_line(line)
        character(len=:), allocatable, intent(out) :: line
        character(len=4096) :: piece
        integer :: count, status
        line = ""
        do
            read (input_unit, "(a)", advance="no", size=count, iostat=status) piece
            line = line // piece(:count)
            if (status /= 0) exit
        end do
        read_line = is_iostat_eor(status)
    end function

    function flag(truth) result(text)
        logical, intent(in) :: truth
        character(len=1) :: text
        text = merge("1", "0", truth)
    end function

    function describe(message) result(text)
        class(sipc_message), intent(in) :: message
        character(len=:), allocatable :: text
        logical :: is_aged
        text = ""
        if (stat /= 0) return
        is_aged = 0 < message%publish_time_ns() .and. &
            message%publish_time_ns() <= message%receive_time_ns()
        text = "value " // show(message%value()) // " seq=" // decimal(message%sequence()) &
            // " missed=" // decimal(message%missed()) // " redelivered=" &
            // flag(message%redelivered()) // " capture=" // decimal(message%capture_time_ns()) &
            // " aged=" // flag(is_aged)
    end function

    subroutine put(words)
        type(word_of), intent(in) :: words(:)
        class(sipc_producer), pointer :: handle
        type(sipc_value) :: value
        integer(int64) :: capture
        capture = 0
        if (size(words) > 3) capture = number_of(words(4)%text(9:))
        call parse(words(3)%text, value)
        handle => producer(words(2)%text)
        call handle%put(value, capture, PUT_MS, stat, errmsg)
    end subroutine

    subroutine loan(id, word)
        character(len=*), intent(in) :: id, word
        class(sipc_producer), pointer :: handle
        type(sipc_value) :: value
        type(sipc_item) :: item
        type(sipc_loan) :: lent
        character(len=:), allocatable, target :: label
        character(kind=c_char), pointer :: from(:), to(:)
        call parse(word, value)
        item = value%view()
        handle => producer(id)
        if (item%kind() == SIPC_KIND_TENSOR) then
            label = item%label()
            call handle%loan(lent, item%dtype(), int(item%shape()), label, PUT_MS, stat, errmsg)
        else
            call handle%loan_bytes(lent, item%bytes(), PUT_MS, stat, errmsg)
        end if
        if (stat /= 0) return
        if (item%bytes() > 0) then
            call c_f_pointer(item%data(), from, [item%bytes()])
            call c_f_pointer(lent%data(), to, [item%bytes()])
            to = from
        end if
        call handle%put_loan(lent, timeout=PUT_MS, stat=stat, errmsg=errmsg)
    end subroutine

    function once(words) result(text)
        type(word_of), intent(in) :: words(:)
        character(len=:), allocatable :: text
        type(sipc_value) :: value
        type(sipc_message) :: message
        integer(int64) :: count
        text = "ok"
        associate (name => words(3)%text)
            select case (words(2)%text)
            case ("send")
                call parse(words(4)%text, value)
                call sipc_send(name, value, stat, errmsg)
            case ("publish")
                call parse(words(4)%text, value)
                call sipc_publish(name, value, stat, errmsg)
            case ("set")
                call parse(words(4)%text, value)
                call sipc_set(name, value, stat, errmsg)
            case ("get")
                call sipc_get(name, message, ms(words(4)%text), stat, errmsg)
                text = describe(message)
            case ("notify")
                call sipc_notify(name, stat, errmsg)
            case ("wait")
                count = sipc_wait(name, ms(words(4)%text), stat, errmsg)
                text = "count " // decimal(count)
            end select
        end associate
    end function

    function take(words) result(text)
        type(word_of), intent(in) :: words(:)
        character(len=:), allocatable :: text
        class(sipc_consumer), pointer :: handle
        handle => consumer(words(2)%text)
        call handle%take(held, ms(words(3)%text), stat, errmsg)
        text = describe(held)
        if (words(1)%text == "take") call held%release()
    end function

    ! The plurals.
    function repeated(words) result(text)
        type(word_of), intent(in) :: words(:)
        character(len=:), allocatable :: text
        type(sipc_value) :: value
        integer(int64) :: count, total
        count = number_of(words(size(words))%text)
        total = -1
        select type (handle => entries(slot(words(2)%text))%handle)
        class is (sipc_producer)
            if (words(1)%text == "puts") then
                call parse(words(3)%text, value)
                call put_many(handle, value, count, stat, errmsg)
            else
                call lend_many(handle, ms(words(3)%text), ms(words(4)%text), count, stat, errmsg)
            end if
        class is (sipc_client)
            call call_many(handle, count, total, stat, errmsg)
        class is (sipc_server)
            call serve_many(handle, count, stat, errmsg)
        class is (sipc_consumer)
            call take_many(handle, count, total, stat, errmsg)
        end select
        text = "ok"
        if (total >= 0) text = "sum " // decimal(total)
    end function

    ! What only one kind of handle does.
    function special(words) result(text)
        type(word_of), intent(in) :: words(:)
        character(len=:), allocatable :: text
        type(sipc_message) :: message
        type(sipc_value) :: value
        type(sipc_item) :: list
        integer(int64) :: expected, count
        text = "ok"
        select type (handle => entries(slot(words(2)%text))%handle)
        type is (sipc_watcher)
            call handle%get(message, ms(words(3)%text), stat, errmsg)
            text = describe(message)
        type is (sipc_setter)
            expected = SIPC_NO_VALUE
            if (words(4)%text /= "new") expected = number_of(words(4)%text)
            call parse(words(3)%text, value)
            call handle%set_if(value, expected, PUT_MS, stat, errmsg)
        type is (sipc_notifier)
            call handle%notify(stat, errmsg)
        type is (sipc_waiter)
            count = handle%wait(ms(words(3)%text), stat, errmsg)
            text = "count " // decimal(count)
        type is (sipc_lock)
            if (words(1)%text == "lock") then
                call handle%acquire(ms(words(3)%text), stat, errmsg)
                text = "ok abandoned=" // flag(handle%abandoned /= 0)
            else
                call handle%release(stat, errmsg)
            end if
        type is (sipc_host)
            if (words(1)%text == "start") then
                call parse("[" // words(4)%text // "," // words(5)%text // "]", value)
                list = value%view()
                list = list%item(1)
                call handle%start(words(3)%text, list%get_text(), argument_list(value), &
                    ms(words(6)%text), stat=stat, errmsg=errmsg)
            else
                call handle%stop(words(3)%text, stat, errmsg)
            end if
        end select
    end function

    function argument_list(value) result(item)
        type(sipc_value), intent(in) :: value
        type(sipc_item) :: item
        item = value%view()
        item = item%item(2)
    end function

    function call_method(words) result(text)
        type(word_of), intent(in) :: words(:)
        character(len=:), allocatable :: text, how
        type(sipc_client), pointer :: handle
        type(sipc_value) :: args
        integer(int64) :: number
        number = 0
        how = ""
        if (size(words) > 4) how = words(5)%text
        handle => client(words(2)%text)
        call parse(words(4)%text, args)
        if (how == "oneway") then
            call handle%send(words(3)%text, args, stat, errmsg)
        else
            call handle%start(words(3)%text, args, number, how == "idempotent", stat, errmsg)
        end if
        text = "call " // decimal(number)
    end function

    function outcome(words) result(text)
        type(word_of), intent(in) :: words(:)
        character(len=:), allocatable :: text
        type(sipc_client), pointer :: handle
        type(sipc_message) :: message
        type(sipc_item) :: map, code
        handle => client(words(2)%text)
        call handle%result(number_of(words(3)%text), message, ms(words(4)%text), stat, errmsg)
        text = ""
        if (stat == SIPC_STATUS_FAILED) then
            stat = 0
            map = message%value()
            code = map%find("code")
            text = "failed " // decimal(code%get_int()) // " " // show(map%find("message")) // " " &
                // show(map%find("data"))
        else if (stat == 0) then
            text = "reply " // show(message%value()) // " more=" // flag(message%more())
        end if
    end function

    function serve(words) result(text)
        type(word_of), intent(in) :: words(:)
        character(len=:), allocatable :: text
        text = ""
        select type (handle => entries(slot(words(2)%text))%handle)
        type is (sipc_server)
            call handle%request(request, ms(words(3)%text), stat, errmsg)
            if (stat == 0) text = "request " // request%method() // " " // show(request%args()) &
                // " oneway=" // flag(request%one_way())
        end select
    end function

    subroutine reply(words)
        type(word_of), intent(in) :: words(:)
        type(sipc_value) :: value, text
        type(sipc_item) :: item
        if (words(1)%text == "fail") then
            call parse(words(3)%text, text)
            call parse(words(4)%text, value)
            item = text%view()
            call request%fail(number_of(words(2)%text), item%get_text(), value, stat, errmsg)
            return
        end if
        call parse(words(2)%text, value)
        if (size(words) > 2) then
            call request%push(value, stat, errmsg)
        else
            call request%reply(value, stat, errmsg)
        end if
    end subroutine

    function text_at(map, key) result(text)
        type(sipc_item), intent(in) :: map
        character(len=*), intent(in) :: key
        character(len=:), allocatable :: text
        type(sipc_item) :: item
        item = map%find(key)
        text = item%get_text()
    end function

    function event(words) result(text)
        type(word_of), intent(in) :: words(:)
        character(len=:), allocatable :: text, fact
        class(sipc_consumer), pointer :: handle
        type(sipc_message) :: message
        type(sipc_item) :: map
        handle => consumer(words(2)%text)
        call handle%take(message, ms(words(3)%text), stat, errmsg)
        text = ""
        if (stat /= 0) return
        map = message%value()
        select case (text_at(map, "event"))
        case ("failed")
            fact = show(map%find("text"))
        case ("ready")
            fact = show(map%find("methods"))
        case ("output")
            fact = "[" // show(map%find("stream")) // "," // show(map%find("text")) // "]"
        case ("ended")
            fact = show(map%find("code"))
        case ("killed")
            fact = show(map%find("signal"))
        case ("restarting")
            fact = show(map%find("after_ms"))
        case default
            fact = "n"
        end select
        text = "event " // text_at(map, "event") // " " // text_at(map, "plugin") // " " // fact
    end function

    function peer(words) result(text)
        type(word_of), intent(in) :: words(:)
        character(len=:), allocatable :: text
        class(sipc_consumer), pointer :: handle
        type(sipc_message) :: message
        type(sipc_item) :: map, pid
        handle => consumer(words(2)%text)
        call handle%take(message, ms(words(3)%text), stat, errmsg)
        text = ""
        if (stat /= 0) return
        map = message%value()
        pid = map%find("pid")
        text = "peer " // text_at(map, "event") // " " // text_at(map, "role") // " " &
            // text_at(map, "language") // " " // decimal(pid%get_int())
    end function

    function answer(line) result(text)
        character(len=*), intent(in) :: line
        character(len=:), allocatable :: text
        type(word_of), allocatable :: words(:)
        type(sipc_client), pointer :: handle
        class(sipc_handle), pointer :: nobody
        words = split(line)
        stat = 0
        errmsg = ""
        text = "ok"
        select case (words(1)%text)
        case ("hello")
            text = "ok fortran " // sipc_version()
        case ("open")
            call open(words)
        case ("put")
            call put(words)
        case ("loan")
            call loan(words(2)%text, words(3)%text)
        case ("once")
            text = once(words)
        case ("take", "hold")
            text = take(words)
        case ("get", "put_if", "notify", "wait", "lock", "unlock", "start", "stop")
            text = special(words)
        case ("puts", "loans", "takes", "calls", "serves")
            text = repeated(words)
        case ("call")
            text = call_method(words)
        case ("result")
            text = outcome(words)
        case ("cancel")
            handle => client(words(2)%text)
            call handle%cancel(number_of(words(3)%text), stat, errmsg)
        case ("serve")
            text = serve(words)
        case ("reply", "fail")
            call reply(words)
        case ("cancelled")
            text = "cancelled " // flag(request%cancelled())
        case ("event")
            text = event(words)
        case ("peer")
            text = peer(words)
        case ("misuse")
            nobody => null()
            if (words(2)%text == "closed") then
                text = misused("closed", words(3)%text, nobody)
            else
                text = misused(words(2)%text, "", entries(slot(words(3)%text))%handle)
            end if
        case ("close")
            call close(words(2)%text)
        case default
            stat = SIPC_STATUS_BAD_ARGUMENT
            errmsg = "no command " // words(1)%text
        end select
        if (stat /= 0) text = "error " // decimal(int(stat, int64)) // " " // trim(errmsg)
    end function

end module
