! The tests: what interop cannot try.
module methods
    use simpleipc
    use, intrinsic :: iso_fortran_env, only: int64
    implicit none
    logical :: is_over = .false.

contains

    subroutine add(request)
        type(sipc_request), intent(inout) :: request
        type(sipc_item) :: args, first, second
        integer :: stat
        args = request%args()
        first = args%item(1, stat)
        second = args%item(2, stat)
        if (stat /= 0) return
        call request%reply(first%get_int() + second%get_int())
    end subroutine

    subroutine own(request)
        type(sipc_request), intent(inout) :: request
        call request%fail(7_int64, "not today", "noon")
    end subroutine

    subroutine count(request)
        type(sipc_request), intent(inout) :: request
        call request%push(1)
        call request%push(2)
        call request%reply("done")
    end subroutine

    subroutine unsendable(request)
        type(sipc_request), intent(inout) :: request
        integer :: stat
        call request%reply(achar(255), stat)
    end subroutine

    subroutine silent(request)
        type(sipc_request), intent(inout) :: request
        if (request%one_way()) is_over = .true.
    end subroutine

end module

program run
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int8, int32, int64, real32, real64, output_unit
    use simpleipc
    use methods
    implicit none
    integer, parameter :: SOON = 20000
    integer :: stat
    character(len=256) :: argument, errmsg

    if (command_argument_count() == 1) then
        call get_command_argument(1, argument)
        if (argument == "sizes") call say_sizes()
        if (argument == "error") call sipc_send("a/b", 1)
        if (argument /= "sizes") call serve(argument)
        stop
    end if
    call values()
    call arrays()
    call refusals()
    call loans()
    call ten_thousand()
    call closing()
    call several()
    call states_and_locks()
    call services()
    call plugins()
    call presence()

contains

    subroutine check(name, truth)
        character(len=*), intent(in) :: name
        logical, intent(in) :: truth
        print "(2a)", merge("ok     ", "FAILED ", truth), name
        flush (output_unit)
    end subroutine

    subroutine say_sizes()
        type(raw_value) :: value
        type(raw_message) :: message
        type(raw_error) :: error
        type(raw_options) :: options
        print "(3(i0, 1x), i0)", c_sizeof(value), c_sizeof(message), c_sizeof(error), &
            c_sizeof(options)
    end subroutine

    subroutine serve(name)
        character(len=*), intent(in) :: name
        type(sipc_server) :: server
        call server%open(name)
        call server%add("add", add, idempotent=.true.)
        call server%add("own", own)
        call server%add("count", count)
        call server%add("unsendable", unsendable)
        call server%add("silent", silent)
        do while (.not. is_over)
            call server%serve(timeout=10)
        end do
    end subroutine

    subroutine values()
        type(sipc_sender) :: sender
        type(sipc_receiver) :: receiver
        type(sipc_message) :: message
        type(sipc_item) :: value, inner
        type(sipc_value) :: map
        character(len=:), allocatable :: text
        call sender%open("values")
        call receiver%open("values")
        call sender%put(huge(1_int64))
        call receiver%take(message, SOON)
        value = message%value()
        call check("an int", value%get_int() == huge(1_int64))
        call sender%put(7_int8)
        call receiver%take(message, SOON)
        value = message%value()
        call check("a short int", value%kind() == SIPC_KIND_INT .and. value%get_int() == 7)
        call sender%put(0.5)
        call receiver%take(message, SOON)
        value = message%value()
        call check("a real", value%kind() == SIPC_KIND_FLOAT .and. value%get_real() == 0.5)
        call sender%put(.true.)
        call receiver%take(message, SOON)
        value = message%value()
        call check("a logical", value%get_logical())
        call sender%put(sipc_uint(-1))
        call receiver%take(message, SOON)
        value = message%value()
        call check("a uint", value%kind() == SIPC_KIND_UINT)
        inner = value
        call check("a uint that is no int", refuses(inner))
        text = "a" // c_null_char // " "
        call sender%put(text)
        call receiver%take(message, SOON)
        value = message%value()
        call check("text keeps its blanks", value%get_text() == text .and. value%bytes() == 3)
        call map%begin_map()
        call map%key("z")
        call map%begin_list()
        call map%add(1)
        call map%add(sipc_null())
        call map%begin_list()
        call map%end()
        call map%end()
        call map%key("a")
        call map%add("b")
        call map%end()
        call sender%put(map)
        call receiver%take(message, SOON)
        value = message%value()
        call check("a map keeps its order", value%key(1) == "z" .and. value%key(2) == "a")
        inner = value%find("z")
        call check("a list", inner%count() == 3)
        call check("a key that is not there", .not. value%has("b") .and. value%has("a"))
        inner = value%find("none", stat)
        call check("to look for it is an error", stat == SIPC_STATUS_BAD_VALUE)
        inner = value%item(3, stat)
        call check("so is an index beyond", stat == SIPC_STATUS_BAD_VALUE)
        text = value%get_text(stat)
        call check("a map is no text", stat == SIPC_STATUS_BAD_VALUE)
        call message%release()
        call message%release()
        value = message%value()
        call check("what was released is null", value%kind() == SIPC_KIND_NULL)
    end subroutine

    logical function refuses(item)
        type(sipc_item), intent(in) :: item
        integer(int64) :: number
        number = item%get_int(stat)
        refuses = stat == SIPC_STATUS_BAD_VALUE
    end function

    subroutine arrays()
        type(sipc_sender) :: sender
        type(sipc_receiver) :: receiver
        type(sipc_message) :: message
        type(sipc_item) :: value
        real(real64), target :: matrix(3, 2)
        real(real64), pointer :: found(:, :)
        integer(int8), target :: pixels(2, 2, 2)
        integer(int64) :: where
        type(c_ptr) :: data
        matrix = reshape([1, 2, 3, 4, 5, 6], [3, 2])
        call sender%open("arrays")
        call receiver%open("arrays")
        call sender%put(sipc_tensor(matrix, "m"))
        call receiver%take(message, SOON)
        value = message%value()
        call c_f_pointer(value%tensor(SIPC_DTYPE_F64), found, value%shape())
        call check("an array arrives in its order", all(found == matrix))
        call check("its shape is turned round for others", all(value%raw%shape(:2) == [2, 3]))
        call check("its format", value%label() == "m")
        where = transfer(value%data(), where)
        call check("it is aligned", mod(where, 8_int64) == 0)
        data = value%tensor(SIPC_DTYPE_F32, stat)
        call check("another type is refused", stat == SIPC_STATUS_BAD_VALUE)
        call sender%put(sipc_tensor(matrix(::2, :)), stat=stat)
        call check("an array in pieces is refused", stat == SIPC_STATUS_BAD_VALUE)
        pixels = 1
        call sender%put(sipc_tensor(pixels, unsigned=.true.))
        call receiver%take(message, SOON)
        value = message%value()
        call check("bytes without a sign", value%dtype() == SIPC_DTYPE_U8)
    end subroutine

    subroutine refusals()
        type(sipc_sender) :: sender
        type(sipc_subscriber) :: subscriber
        type(sipc_receiver) :: receiver
        type(sipc_message) :: message
        type(sipc_value) :: value
        type(sipc_options) :: options
        integer(int64) :: removed
        integer :: depth
        call sender%open("refusals")
        call receiver%open("refusals")
        call sender%put(achar(255), stat=stat, errmsg=errmsg)
        call check("text that is no UTF-8", stat == SIPC_STATUS_BAD_VALUE .and. errmsg /= "")
        call sender%put(message, stat=stat)
        call check("a type that cannot be sent", stat == SIPC_STATUS_BAD_VALUE)
        call value%begin_list()
        call sender%put(value, stat=stat)
        call check("a list that has not ended", stat == SIPC_STATUS_BAD_VALUE)
        call value%end()
        call value%end(stat)
        call check("an end without a beginning", stat == SIPC_STATUS_BAD_VALUE)
        call value%begin_map()
        call value%key("a")
        call value%end(stat)
        call check("a key without a value", stat == SIPC_STATUS_BAD_VALUE)
        call value%clear()
        do depth = 1, 65
            call value%begin_list(stat)
        end do
        call check("nested too deep", stat == SIPC_STATUS_BAD_VALUE)
        call receiver%take(message, 0, stat)
        call check("nothing of that was sent", stat == SIPC_STATUS_TIMEOUT)
        call check("a class of statuses", sipc_class(stat) == "retry")
        call subscriber%open("refusals", stat=stat)
        call check("another pattern", stat == SIPC_STATUS_WRONG_PATTERN)
        call subscriber%open("a" // c_null_char, stat=stat)
        call check("a name with a NUL", stat == SIPC_STATUS_BAD_NAME)
        options%depth = 100
        call sender%open("depth", options, stat)
        call check("a wrong option", stat == SIPC_STATUS_BAD_ARGUMENT)
        removed = sipc_clean(0, "/nonexistent", stat)
        call check("no such directory", sipc_class(stat) == "system")
    end subroutine

    subroutine loans()
        type(sipc_publisher) :: publisher
        type(sipc_subscriber) :: subscriber
        type(sipc_message) :: message
        type(sipc_item) :: value
        type(sipc_loan) :: loan, all(17)
        integer(int32), pointer :: data(:, :)
        integer :: index
        call publisher%open("loans")
        call subscriber%open("loans")
        call publisher%loan(loan, SIPC_DTYPE_I32, [10, 1000])
        call c_f_pointer(loan%data(), data, loan%shape())
        data = 3
        call publisher%put_loan(loan)
        call publisher%put_loan(loan, stat=stat)
        call check("a loan ends with its put", stat == SIPC_STATUS_CLOSED)
        call loan%cancel()
        call subscriber%take(message, SOON)
        value = message%value()
        call c_f_pointer(value%tensor(SIPC_DTYPE_I32), data, value%shape())
        call check("what was lent arrives", all_three(data))
        do index = 1, 100
            call let_go(publisher)
        end do
        do index = 1, 16
            call publisher%loan_bytes(all(index), 1000_int64)
        end do
        call publisher%loan_bytes(all(17), 1000_int64, stat=stat)
        call check("loans that end are given back", stat == SIPC_STATUS_BAD_ARGUMENT)
    end subroutine

    logical function all_three(data)
        integer(int32), intent(in) :: data(:, :)
        all_three = all(data == 3) .and. size(data, 1) == 10
    end function

    subroutine let_go(publisher)
        type(sipc_publisher), intent(in) :: publisher
        type(sipc_loan) :: loan
        call publisher%loan_bytes(loan, 1000_int64)
    end subroutine

    subroutine take_one(subscriber)
        type(sipc_subscriber), intent(in) :: subscriber
        type(sipc_message) :: message
        call subscriber%take(message, SOON)
    end subroutine

    subroutine ten_thousand()
        type(sipc_publisher) :: publisher
        type(sipc_subscriber) :: subscriber
        character(len=2000), target :: text
        integer :: index
        text = "x"
        call publisher%open("many")
        call subscriber%open("many")
        do index = 1, 10000
            call publisher%put(sipc_bytes(text))
            call take_one(subscriber)
        end do
        text = sipc_audit("many")
        call check("of ten thousand messages nothing is left", &
            scan(text, "[") == 1 .and. has_no_leaks(sipc_audit("many")))
    end subroutine

    logical function has_no_leaks(text)
        character(len=*), intent(in) :: text
        integer :: from
        from = index(text, '"leaks"')
        has_no_leaks = from > 0
        if (.not. has_no_leaks) return
        from = from + scan(text(from:), "[")
        has_no_leaks = verify(text(from:from + scan(text(from:), "]") - 2), " " // achar(10)) == 0
    end function

    subroutine open_and_leave()
        type(sipc_receiver) :: receiver
        call receiver%open("closing")
    end subroutine

    subroutine closing()
        type(sipc_sender) :: sender
        type(sipc_receiver) :: receiver
        type(sipc_message) :: message
        integer :: index, ignored
        call sender%open("closing")
        call receiver%open("closing")
        call receiver%interrupt()
        call receiver%take(message, stat=stat)
        call check("a wait that is interrupted", stat == SIPC_STATUS_INTERRUPTED)
        ignored = receiver%descriptor(stat)
        call check("a descriptor", stat == 0 .and. ignored >= 0)
        do index = 1, 2
            call sender%close()
            call receiver%close()
        end do
        call sender%put(1, stat=stat)
        call check("put after close", stat == SIPC_STATUS_CLOSED)
        call receiver%take(message, 0, stat)
        call check("take after close", stat == SIPC_STATUS_CLOSED)
        ignored = receiver%descriptor(stat)
        call check("descriptor after close", stat == SIPC_STATUS_CLOSED)
        call receiver%interrupt(stat)
        call check("interrupt after close", stat == SIPC_STATUS_CLOSED)
        do index = 1, 300
            call open_and_leave()
        end do
        call receiver%open("closing", stat=stat)
        call check("handles that end are closed", stat == 0)
    end subroutine

    subroutine several()
        type(sipc_receiver), target :: one, two
        type(sipc_waited) :: waited(2)
        type(sipc_message) :: message
        integer :: which
        call one%open("one")
        call two%open("two")
        waited(1)%handle => one
        waited(2)%handle => two
        which = sipc_select(waited, 0, stat)
        call check("none of several", stat == SIPC_STATUS_TIMEOUT)
        call sipc_send("two", 2)
        call check("one of several", sipc_select(waited, SOON) == 2)
        call two%take(message, 0)
    end subroutine

    subroutine states_and_locks()
        type(sipc_setter) :: setter
        type(sipc_message) :: message
        type(sipc_lock) :: first, second
        type(sipc_options) :: options
        call setter%open("state")
        call setter%set_if(1, SIPC_NO_VALUE)
        call setter%set_if(1, SIPC_NO_VALUE, stat=stat)
        call check("compare and set", stat == SIPC_STATUS_CONFLICT)
        call sipc_get("state", message, SOON)
        call setter%set_if(2, message%sequence(), stat=stat)
        call check("set what is known", stat == 0)
        call first%open("lock")
        call second%open("lock")
        call first%acquire()
        call second%acquire(0, stat)
        call check("a lock that is held", stat == SIPC_STATUS_TIMEOUT)
        call first%release()
        call first%release(stat)
        call check("unlocked twice", stat == SIPC_STATUS_BAD_ARGUMENT)
        options%permits = 2
        call first%open("semaphore", options)
        call second%open("semaphore", options)
        call first%acquire()
        call second%acquire(0, stat)
        call check("a semaphore", stat == 0)
    end subroutine

    subroutine services()
        type(sipc_client) :: client
        type(sipc_message) :: message
        type(sipc_item) :: value
        type(sipc_value) :: args
        integer(int64) :: number
        character(len=1024) :: program
        call get_command_argument(0, program)
        call execute_command_line(trim(program) // " service & echo $! >$SIPC_SERVER", wait=.true.)
        call client%open("service")
        call args%begin_list()
        call args%add(1)
        call args%add(2)
        call args%end()
        call client%call("add", args, message, SOON)
        value = message%value()
        call check("a call", value%get_int() == 3)
        call client%call("add", message=message, timeout=SOON, stat=stat)
        call check("a method that does not answer", failed_with(message) == -32603)
        call client%call("unsendable", message=message, timeout=SOON, stat=stat)
        call check("a reply that cannot be sent", stat == SIPC_STATUS_FAILED)
        call client%call("none", message=message, timeout=SOON, stat=stat)
        call check("a method that is not there", failed_with(message) == -32601)
        call client%call("own", message=message, timeout=SOON, stat=stat, errmsg=errmsg)
        call check("an error of its own", failed_with(message) == 7)
        call check("its text", index(errmsg, "not today") > 0)
        call client%start("count", number=number)
        call client%result(number, message, SOON)
        call check("more replies follow", message%more())
        call client%result(number, message, SOON)
        call client%result(number, message, SOON)
        value = message%value()
        call check("the last one", value%get_text() == "done" .and. .not. message%more())
        call client%methods(message, SOON)
        value = message%value()
        call check("the methods", value%count() == 5)
        call client%send("silent")
    end subroutine

    integer(int64) function failed_with(message)
        type(sipc_message), intent(in) :: message
        type(sipc_item) :: value
        failed_with = 0
        if (stat /= SIPC_STATUS_FAILED) return
        value = message%value()
        value = value%find("code")
        failed_with = value%get_int()
    end function

    subroutine plugins()
        type(sipc_host) :: host
        type(sipc_message) :: message
        type(sipc_value) :: args
        type(sipc_item) :: map, value
        logical :: has_said
        call host%open("host")
        call host%start("a.b", "true", stat=stat)
        call check("a wrong name of a plugin", sipc_class(stat) == "misuse")
        call args%begin_list()
        call args%add("hello")
        call args%end()
        call host%start("echo", "echo", args)
        has_said = .false.
        do
            call host%take(message, SOON)
            map = message%value()
            value = map%find("event")
            if (value%get_text() == "ended") exit
            if (value%get_text() /= "output") cycle
            value = map%find("text")
            has_said = value%get_text() == "hello"
        end do
        call check("a host hears its plugin", has_said)
    end subroutine

    subroutine presence()
        type(sipc_peer_watcher) :: watcher
        type(sipc_sender) :: sender
        type(sipc_message) :: message
        type(sipc_item) :: list, value
        call sipc_peers("presence", message)
        list = message%value()
        call check("nobody is there", list%count() == 0)
        call watcher%open("presence")
        call sipc_identify("the tests")
        call sender%open("presence")
        call sipc_peers("presence", message)
        list = message%value()
        list = list%item(1)
        value = list%find("language")
        call check("somebody is there", value%get_text() == "fortran")
        call watcher%take(message, SOON)
        list = message%value()
        value = list%find("program")
        call check("who has come is told", value%get_text() == "the tests")
        call sender%close()
        call watcher%take(message, SOON)
        list = message%value()
        value = list%find("event")
        call check("who has gone is told", value%get_text() == "down")
    end subroutine

end program
