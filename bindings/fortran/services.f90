! Services: methods of one program that others call.
module simpleipc_services
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use simpleipc_generated
    use simpleipc_library
    use simpleipc_items
    use simpleipc_values
    use simpleipc_options
    use simpleipc_messages
    use simpleipc_channels
    implicit none
    private

    public :: sipc_client, sipc_server, sipc_request, sipc_work

    integer, parameter :: ROOM_MS = 5000
    integer(int64), parameter :: NO_SUCH_METHOD = -32601, BROKEN = -32603

    type, extends(sipc_consumer) :: sipc_client
    contains
        procedure :: open => client_open
        procedure :: start => client_start
        procedure :: send => client_send
        procedure :: result => client_result
        procedure :: cancel => client_cancel
        procedure :: call => client_call
        procedure :: methods => client_methods
    end type

    ! A call that was taken and is to be answered, by which it is over. One that is released
    ! unanswered is an error for its client.
    type, extends(sipc_message) :: sipc_request
        logical :: is_answered = .false.
    contains
        procedure :: method => request_method
        procedure :: args => request_args
        procedure :: one_way => request_one_way
        procedure :: reply => request_reply
        procedure :: push => request_push
        procedure :: fail => request_fail
        procedure :: cancelled => request_cancelled
    end type

    abstract interface
        ! Answers a call of a method.
        subroutine sipc_work(request)
            import :: sipc_request
            type(sipc_request), intent(inout) :: request
        end subroutine
    end interface

    type :: offer
        character(len=:), allocatable :: name
        logical :: idempotent = .false.
        procedure(sipc_work), pointer, nopass :: work => null()
    end type

    type, extends(sipc_consumer) :: sipc_server
        type(offer), allocatable, private :: offers(:)
    contains
        procedure :: open => server_open
        procedure :: open_plugin => server_open_plugin
        procedure :: add => server_add
        procedure :: request => server_request
        procedure :: serve => server_serve
    end type

contains

    subroutine client_open(self, name, options, stat, errmsg)
        class(sipc_client), intent(inout) :: self
        character(len=*), intent(in) :: name
        type(sipc_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call open_as(self, SIPC_ROLE_CALL, name, options, stat, errmsg)
    end subroutine

    subroutine server_open(self, name, options, stat, errmsg)
        class(sipc_server), intent(inout) :: self
        character(len=*), intent(in) :: name
        type(sipc_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call open_as(self, SIPC_ROLE_SERVE, name, options, stat, errmsg)
    end subroutine

    ! For a plugin: the service that this process is to be.
    subroutine server_open_plugin(self, options, stat, errmsg)
        class(sipc_server), intent(inout) :: self
        type(sipc_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call open_as(self, SIPC_ROLE_SERVE, options=options, stat=stat, errmsg=errmsg)
    end subroutine

    ! Calling

    subroutine begin(self, method, args, flags, number, stat, errmsg)
        class(sipc_client), intent(in) :: self
        character(len=*), intent(in) :: method
        class(*), intent(in), optional, target :: args
        integer(c_int32_t), intent(in) :: flags
        integer(int64), intent(out) :: number
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_method
        character(len=:), allocatable :: why
        type(sipc_item) :: item
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        number = 0
        item = sipc_null()
        if (present(args)) then
            call encode(args, item%raw, status, why)
            if (status /= SIPC_STATUS_OK) then
                call complain(status, why, stat, errmsg)
                return
            end if
        end if
        c_method = as_c(method)
        complaint = new_error()
        status = c_call(self%raw, c_loc(c_method), item%raw, flags, nanoseconds(ROOM_MS), number, &
            complaint)
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! Starts a call; 64 can be in flight. The arguments are a list, a map if they have names, or
    ! are left out.
    subroutine client_start(self, method, args, number, idempotent, stat, errmsg)
        class(sipc_client), intent(in) :: self
        character(len=*), intent(in) :: method
        class(*), intent(in), optional, target :: args
        integer(int64), intent(out) :: number
        logical, intent(in), optional :: idempotent
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int32_t) :: flags
        flags = 0
        if (present(idempotent)) flags = merge(SIPC_CALL_IDEMPOTENT, 0, idempotent)
        call begin(self, method, args, flags, number, stat, errmsg)
    end subroutine

    ! Calls a method and does not ask what becomes of it.
    subroutine client_send(self, method, args, stat, errmsg)
        class(sipc_client), intent(in) :: self
        character(len=*), intent(in) :: method
        class(*), intent(in), optional, target :: args
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(int64) :: number
        call begin(self, method, args, SIPC_CALL_ONE_WAY, number, stat, errmsg)
    end subroutine

    ! The next reply of a call: another one follows if `message%more()`. FAILED is an error of the
    ! server's program, which the message holds: a map with code, message and data. After TIMEOUT
    ! one may ask again.
    subroutine client_result(self, number, message, timeout, stat, errmsg)
        class(sipc_client), intent(in) :: self
        integer(int64), intent(in) :: number
        class(sipc_message), intent(inout) :: message
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        call message%release()
        complaint = new_error()
        status = c_result(self%raw, number, nanoseconds(timeout), message%raw, complaint)
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! Ends a call; a server that works on it sees that nobody waits.
    subroutine client_cancel(self, number, stat, errmsg)
        class(sipc_client), intent(in) :: self
        integer(int64), intent(in) :: number
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call complain(c_cancel(self%raw, number), "the call cannot be cancelled by this handle", &
            stat, errmsg)
    end subroutine

    ! Calls a method and waits for the result, after all replies of a stream, which are thrown
    ! away. If it does not come in time the call is cancelled.
    subroutine client_call(self, method, args, message, timeout, idempotent, stat, errmsg)
        class(sipc_client), intent(in) :: self
        character(len=*), intent(in) :: method
        class(*), intent(in), optional, target :: args
        class(sipc_message), intent(inout) :: message
        integer, intent(in), optional :: timeout
        logical, intent(in), optional :: idempotent
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=512) :: why
        integer(int64) :: number, patience
        integer :: status, left, ignored
        why = ""
        call self%start(method, args, number, idempotent, status, why)
        patience = sipc_now_ns() + nanoseconds(timeout)
        do while (status == SIPC_STATUS_OK)
            left = -1
            if (nanoseconds(timeout) >= 0) &
                left = int(max(patience - sipc_now_ns(), 0_int64) / 1000000)
            call self%result(number, message, left, status, why)
            if (status == SIPC_STATUS_OK .and. .not. message%more()) exit
        end do
        if (sipc_class(status) == "retry" .and. number /= 0) call self%cancel(number, ignored)
        call complain(int(status, c_int32_t), trim(why), stat, errmsg)
    end subroutine

    ! What the service offers: a list of maps.
    subroutine client_methods(self, message, timeout, stat, errmsg)
        class(sipc_client), intent(in) :: self
        class(sipc_message), intent(inout) :: message
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call self%call(".methods", message=message, timeout=timeout, stat=stat, errmsg=errmsg)
    end subroutine

    ! Serving

    function request_method(self) result(text)
        class(sipc_request), intent(in) :: self
        character(len=:), allocatable :: text
        type(sipc_item) :: item
        item = self%value()
        item = item%item(1)
        text = item%get_text()
    end function

    function request_args(self) result(item)
        class(sipc_request), intent(in) :: self
        type(sipc_item) :: item
        item = self%value()
        item = item%item(2)
    end function

    pure logical function request_one_way(self)
        class(sipc_request), intent(in) :: self
        request_one_way = iand(self%raw%flags, SIPC_MESSAGE_ONE_WAY) /= 0
    end function

    subroutine answer(self, x, flags, stat, errmsg)
        class(sipc_request), intent(inout) :: self
        class(*), intent(in), target :: x
        integer(c_int32_t), intent(in) :: flags
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable :: why
        type(raw_value) :: raw
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        call encode(x, raw, status, why)
        if (status /= SIPC_STATUS_OK) then
            call complain(status, why, stat, errmsg)
            return
        end if
        complaint = new_error()
        status = c_reply(self%raw, raw, flags, complaint)
        if (iand(flags, SIPC_REPLY_MORE) == 0) then
            self%is_answered = .true.
            call self%release()
        end if
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! The result, or the last of several replies.
    subroutine request_reply(self, x, stat, errmsg)
        class(sipc_request), intent(inout) :: self
        class(*), intent(in), target :: x
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call answer(self, x, 0_c_int32_t, stat, errmsg)
    end subroutine

    ! One of several replies; others follow.
    subroutine request_push(self, x, stat, errmsg)
        class(sipc_request), intent(inout) :: self
        class(*), intent(in), target :: x
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call answer(self, x, SIPC_REPLY_MORE, stat, errmsg)
    end subroutine

    ! An error of this program.
    subroutine request_fail(self, code, text, data, stat, errmsg)
        class(sipc_request), intent(inout) :: self
        integer(int64), intent(in) :: code
        character(len=*), intent(in) :: text
        class(*), intent(in), optional, target :: data
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(sipc_value) :: map
        call map%begin_map()
        call map%key("code")
        call map%add(code)
        call map%key("message")
        call map%add(text)
        call map%key("data")
        if (present(data)) then
            call map%add(data)
        else
            call map%add(sipc_null())
        end if
        call map%end()
        call answer(self, map, SIPC_REPLY_ERROR, stat, errmsg)
    end subroutine

    ! Whether nobody waits for the answer any more.
    logical function request_cancelled(self)
        class(sipc_request), intent(inout) :: self
        request_cancelled = c_cancelled(self%raw) /= SIPC_STATUS_OK
    end function

    ! The next call; what was in the request is released.
    subroutine server_request(self, request, timeout, stat, errmsg)
        class(sipc_server), intent(in) :: self
        type(sipc_request), intent(inout) :: request
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        request%is_answered = .false.
        call self%take(request, timeout, stat, errmsg)
    end subroutine

    ! Makes a subroutine a method of the service, and tells it those who ask. An idempotent one is
    ! called again if its server died.
    subroutine server_add(self, name, work, idempotent, stat, errmsg)
        class(sipc_server), intent(inout) :: self
        character(len=*), intent(in) :: name
        procedure(sipc_work) :: work
        logical, intent(in), optional :: idempotent
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(offer), allocatable :: offers(:)
        type(sipc_value), target :: list
        type(sipc_item) :: item
        type(raw_error) :: complaint
        integer :: index, count
        count = 0
        if (allocated(self%offers)) count = size(self%offers)
        allocate (offers(count + 1))
        if (count > 0) offers(:count) = self%offers
        offers(count + 1)%name = name
        if (present(idempotent)) offers(count + 1)%idempotent = idempotent
        offers(count + 1)%work => work
        call move_alloc(offers, self%offers)
        call list%begin_list()
        do index = 1, count + 1
            call list%begin_map()
            call list%key("name")
            call list%add(self%offers(index)%name)
            call list%key("idempotent")
            call list%add(self%offers(index)%idempotent)
            call list%end()
        end do
        call list%end()
        item = list%view()
        complaint = new_error()
        call conclude(c_describe(self%raw, item%raw, complaint), complaint, stat, errmsg)
    end subroutine

    ! Answers calls until none comes within the timeout. What cannot be sent is an error for the
    ! caller, and the server goes on.
    subroutine server_serve(self, timeout, stat, errmsg)
        class(sipc_server), intent(in) :: self
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(sipc_request) :: request
        character(len=512) :: why
        integer :: status, index, found, ignored
        if (present(stat)) stat = SIPC_STATUS_OK
        do
            why = ""
            call self%request(request, timeout, status, why)
            if (status == SIPC_STATUS_TIMEOUT) return
            if (status /= SIPC_STATUS_OK) exit
            found = 0
            do index = 1, size(self%offers)
                if (self%offers(index)%name == request%method()) found = index
            end do
            if (found == 0) then
                call request%fail(NO_SUCH_METHOD, "there is no method " // request%method(), &
                    stat=ignored)
            else
                call self%offers(found)%work(request)
                if (.not. request%is_answered) call request%fail(BROKEN, &
                    "the method has not answered", stat=ignored)
            end if
            call request%release()
        end do
        call complain(int(status, c_int32_t), trim(why), stat, errmsg)
    end subroutine

end module
