! Handles. Timeouts are in milliseconds: without one a call waits for ever, 0 only tries.
module simpleipc_channels
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use simpleipc_generated
    use simpleipc_library
    use simpleipc_items
    use simpleipc_values
    use simpleipc_options
    use simpleipc_messages
    use simpleipc_loans
    implicit none
    private

    public :: sipc_handle, sipc_producer, sipc_consumer
    public :: sipc_publisher, sipc_subscriber, sipc_sender, sipc_receiver, sipc_setter, sipc_watcher
    public :: sipc_notifier, sipc_waiter, sipc_lock, sipc_peer_watcher
    public :: sipc_select, sipc_waited, SIPC_NO_VALUE, open_as

    ! What `set_if` takes for "none yet".
    integer(int64), parameter :: SIPC_NO_VALUE = -1

    ! What is open; it is closed by `close`, twice without harm, and at its end.
    type :: sipc_handle
        type(c_ptr) :: raw = c_null_ptr ! also when it is closed: then the library says so
        logical, private :: is_in_use = .false.
        character(len=:), allocatable :: name
    contains
        procedure :: open => handle_open
        procedure :: close => handle_close
        procedure :: is_open => handle_is_open
        procedure :: interrupt => handle_interrupt
        procedure :: descriptor => handle_descriptor
        procedure, private :: handle_assign
        generic :: assignment(=) => handle_assign
        final :: handle_final
    end type

    type, extends(sipc_handle) :: sipc_producer
    contains
        procedure :: put => producer_put
        procedure :: loan => producer_loan
        procedure :: loan_bytes => producer_loan_bytes
        procedure :: put_loan => producer_put_loan
    end type

    type, extends(sipc_handle) :: sipc_consumer
    contains
        procedure :: take => consumer_take
        procedure :: next => consumer_next
    end type

    type, extends(sipc_producer) :: sipc_publisher
    end type
    type, extends(sipc_consumer) :: sipc_subscriber
    end type
    type, extends(sipc_producer) :: sipc_sender
    end type
    type, extends(sipc_consumer) :: sipc_receiver
    end type
    type, extends(sipc_producer) :: sipc_setter
    contains
        procedure :: set_if => setter_set_if
    end type
    type, extends(sipc_consumer) :: sipc_watcher
    contains
        procedure :: get => watcher_get
    end type
    type, extends(sipc_producer) :: sipc_notifier
    contains
        procedure :: notify => notifier_notify
    end type
    type, extends(sipc_consumer) :: sipc_waiter
    contains
        procedure :: wait => waiter_wait
    end type
    type, extends(sipc_handle) :: sipc_lock
        integer(int64) :: abandoned = 0 ! the process that died holding it, if its last owner did
    contains
        procedure :: acquire => lock_acquire
        procedure :: release => lock_release
    end type
    ! Its messages are maps with event (up, down), pid, program, language, role and more.
    type, extends(sipc_consumer) :: sipc_peer_watcher
    end type

    ! One of several that are waited for.
    type :: sipc_waited
        class(sipc_consumer), pointer :: handle => null()
    end type

contains

    ! Handles

    ! For the other modules; without a name, what this process is to be as a plugin.
    subroutine open_as(self, role, name, options, stat, errmsg)
        class(sipc_handle), intent(inout) :: self
        integer(c_int32_t), intent(in) :: role
        character(len=*), intent(in), optional :: name
        type(sipc_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_name, directory
        type(raw_options) :: raw
        type(raw_error) :: complaint
        type(c_ptr) :: channel, name_data
        integer(c_int32_t) :: status
        call prepare()
        call self%close()
        name_data = c_null_ptr
        self%name = ""
        if (present(name)) then
            self%name = trim(name)
            c_name = as_c(name)
            name_data = c_loc(c_name)
        end if
        raw = raw_options_of(options, directory)
        complaint = new_error()
        channel = c_null_ptr
        status = c_open(name_data, role, raw, channel, complaint)
        if (status == SIPC_STATUS_OK) then
            self%raw = channel
            self%is_in_use = .true.
        end if
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! Opens the channel for what this type is named after; closes what was open before.
    subroutine handle_open(self, name, options, stat, errmsg)
        class(sipc_handle), intent(inout) :: self
        character(len=*), intent(in) :: name
        type(sipc_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int32_t) :: role
        role = 0
        select type (self)
        class is (sipc_publisher)
            role = SIPC_ROLE_PUBLISH
        class is (sipc_subscriber)
            role = SIPC_ROLE_SUBSCRIBE
        class is (sipc_sender)
            role = SIPC_ROLE_SEND
        class is (sipc_receiver)
            role = SIPC_ROLE_RECEIVE
        class is (sipc_setter)
            role = SIPC_ROLE_SET
        class is (sipc_watcher)
            role = SIPC_ROLE_WATCH
        class is (sipc_notifier)
            role = SIPC_ROLE_NOTIFY
        class is (sipc_waiter)
            role = SIPC_ROLE_WAIT
        class is (sipc_lock)
            role = SIPC_ROLE_LOCK
        class is (sipc_peer_watcher)
            role = SIPC_ROLE_PEERS
        end select
        call open_as(self, role, name, options, stat, errmsg)
    end subroutine

    subroutine handle_close(self)
        class(sipc_handle), intent(inout) :: self
        integer(c_int32_t) :: status
        if (self%is_in_use) status = c_close(self%raw)
        self%is_in_use = .false.
    end subroutine

    logical function handle_is_open(self)
        class(sipc_handle), intent(in) :: self
        handle_is_open = self%is_in_use
    end function

    ! Ends the wait in progress, or else the next one, with INTERRUPTED. From any thread.
    subroutine handle_interrupt(self, stat, errmsg)
        class(sipc_handle), intent(in) :: self
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call complain(c_interrupt(self%raw), "the handle is closed; open it again", stat, errmsg)
    end subroutine

    ! A descriptor that is readable as long as there may be something to take.
    integer function handle_descriptor(self, stat, errmsg)
        class(sipc_handle), intent(in) :: self
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_error) :: complaint
        integer(c_int32_t) :: descriptor
        complaint = new_error()
        descriptor = -1
        call conclude(c_fd(self%raw, descriptor, complaint), complaint, stat, errmsg)
        handle_descriptor = descriptor
    end function

    subroutine handle_assign(self, other)
        class(sipc_handle), intent(inout) :: self
        class(sipc_handle), intent(in) :: other
        if (self%is_open() .or. other%is_open()) &
            error stop "a handle cannot be assigned; open another one"
    end subroutine

    subroutine handle_final(self)
        type(sipc_handle), intent(inout) :: self
        call self%close()
    end subroutine

    ! Taking

    ! The next message.
    subroutine consumer_take(self, message, timeout, stat, errmsg)
        class(sipc_consumer), intent(in) :: self
        class(sipc_message), intent(inout) :: message
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        call message%release()
        complaint = new_error()
        status = c_take(self%raw, nanoseconds(timeout), message%raw, complaint)
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! Whether there is another message: false when none came within the timeout.
    logical function consumer_next(self, message, timeout)
        class(sipc_consumer), intent(in) :: self
        class(sipc_message), intent(inout) :: message
        integer, intent(in), optional :: timeout
        integer :: stat
        character(len=512) :: errmsg
        call self%take(message, timeout, stat, errmsg)
        if (stat /= SIPC_STATUS_OK .and. stat /= SIPC_STATUS_TIMEOUT) error stop trim(errmsg)
        consumer_next = stat == SIPC_STATUS_OK
    end function

    ! The value as it is now; waits if none has been set yet.
    subroutine watcher_get(self, message, timeout, stat, errmsg)
        class(sipc_watcher), intent(in) :: self
        class(sipc_message), intent(inout) :: message
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        call message%release()
        complaint = new_error()
        status = c_current(self%raw, nanoseconds(timeout), message%raw, complaint)
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! How many notifications there were since the last time.
    integer(int64) function waiter_wait(self, timeout, stat, errmsg)
        class(sipc_waiter), intent(in) :: self
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(sipc_message) :: message
        call self%take(message, timeout, stat, errmsg)
        waiter_wait = message%raw%value%u
    end function

    ! Which of several handles, from 1, has something to take; of a client, a reply.
    integer function sipc_select(waited, timeout, stat, errmsg)
        type(sipc_waited), intent(in) :: waited(:)
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(c_ptr) :: channels(size(waited))
        type(raw_error) :: complaint
        integer(c_int32_t) :: which, status
        integer :: index
        do index = 1, size(waited)
            channels(index) = waited(index)%handle%raw
        end do
        complaint = new_error()
        which = -1
        status = c_wait(channels, size(waited, kind=c_int32_t), nanoseconds(timeout), which, &
            complaint)
        call conclude(status, complaint, stat, errmsg)
        sipc_select = which + 1
    end function

    ! Putting

    ! Publishes, sends or sets a value; waits for room.
    subroutine producer_put(self, x, capture_time_ns, timeout, stat, errmsg)
        class(sipc_producer), intent(in) :: self
        class(*), intent(in), target :: x
        integer(int64), intent(in), optional :: capture_time_ns
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_value) :: raw
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        character(len=:), allocatable :: why
        call encode(x, raw, status, why)
        if (status /= SIPC_STATUS_OK) then
            call complain(status, why, stat, errmsg)
            return
        end if
        raw%capture_time_ns = 0
        if (present(capture_time_ns)) raw%capture_time_ns = capture_time_ns
        complaint = new_error()
        status = c_put(self%raw, raw, nanoseconds(timeout), complaint)
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    subroutine notifier_notify(self, stat, errmsg)
        class(sipc_notifier), intent(in) :: self
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call self%put(sipc_null(), timeout=0, stat=stat, errmsg=errmsg)
    end subroutine

    ! Sets the value if it is still the one of this sequence; else CONFLICT.
    subroutine setter_set_if(self, x, expected, timeout, stat, errmsg)
        class(sipc_setter), intent(in) :: self
        class(*), intent(in), target :: x
        integer(int64), intent(in) :: expected
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_value) :: raw
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        character(len=:), allocatable :: why
        call encode(x, raw, status, why)
        if (status /= SIPC_STATUS_OK) then
            call complain(status, why, stat, errmsg)
            return
        end if
        complaint = new_error()
        status = c_put_if(self%raw, raw, expected, nanoseconds(timeout), complaint)
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! Loans

    subroutine lend(self, loan, timeout, stat, errmsg)
        class(sipc_producer), intent(in) :: self
        type(sipc_loan), intent(inout) :: loan
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        complaint = new_error()
        status = c_loan(self%raw, loan%raw, nanoseconds(timeout), complaint)
        loan%is_lent = status == SIPC_STATUS_OK
        loan%channel = self%raw
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! Memory for a tensor, whose shape is as Fortran has it; at most 16 loans at once. The format
    ! has to stay until it is put.
    subroutine producer_loan(self, loan, dtype, shape, format, timeout, stat, errmsg)
        class(sipc_producer), intent(in) :: self
        type(sipc_loan), intent(inout) :: loan
        integer(c_int32_t), intent(in) :: dtype
        integer, intent(in) :: shape(:)
        character(len=*), intent(in), optional, target :: format
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call loan%cancel()
        loan%raw = raw_value()
        loan%raw%size = int(c_sizeof(loan%raw), c_int32_t)
        loan%raw%kind = SIPC_KIND_TENSOR
        loan%raw%dtype = dtype
        if (size(shape) > SIPC_DIMS_MAX .or. any(shape < 0)) then
            call complain(SIPC_STATUS_BAD_VALUE, &
                "a tensor has at most 8 dimensions, none negative", stat, errmsg)
            return
        end if
        loan%raw%ndim = size(shape)
        loan%raw%shape(:size(shape)) = shape(size(shape):1:-1)
        if (present(format)) then
            loan%raw%label = c_loc(format)
            loan%raw%label_len = len(format, int64)
        end if
        call lend(self, loan, timeout, stat, errmsg)
    end subroutine

    ! Memory for bytes.
    subroutine producer_loan_bytes(self, loan, count, timeout, stat, errmsg)
        class(sipc_producer), intent(in) :: self
        type(sipc_loan), intent(inout) :: loan
        integer(int64), intent(in) :: count
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call loan%cancel()
        loan%raw = raw_value()
        loan%raw%size = int(c_sizeof(loan%raw), c_int32_t)
        loan%raw%kind = SIPC_KIND_BYTES
        loan%raw%len = count
        call lend(self, loan, timeout, stat, errmsg)
    end subroutine

    ! Puts what was filled in place.
    subroutine producer_put_loan(self, loan, capture_time_ns, timeout, stat, errmsg)
        class(sipc_producer), intent(in) :: self
        type(sipc_loan), intent(inout) :: loan
        integer(int64), intent(in), optional :: capture_time_ns
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        if (.not. loan%is_lent) then
            call complain(SIPC_STATUS_CLOSED, "the loan was put or cancelled; ask for another", &
                stat, errmsg)
            return
        end if
        if (present(capture_time_ns)) loan%raw%capture_time_ns = capture_time_ns
        complaint = new_error()
        status = c_put(self%raw, loan%raw, nanoseconds(timeout), complaint)
        if (status == SIPC_STATUS_OK) loan%is_lent = .false.
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! Locks

    subroutine lock_acquire(self, timeout, stat, errmsg)
        class(sipc_lock), intent(inout) :: self
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_error) :: complaint
        integer(c_int64_t) :: pid
        complaint = new_error()
        pid = 0
        call conclude(c_lock(self%raw, nanoseconds(timeout), pid, complaint), complaint, stat, &
            errmsg)
        self%abandoned = pid
    end subroutine

    subroutine lock_release(self, stat, errmsg)
        class(sipc_lock), intent(in) :: self
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_error) :: complaint
        complaint = new_error()
        call conclude(c_unlock(self%raw, complaint), complaint, stat, errmsg)
    end subroutine

end module
