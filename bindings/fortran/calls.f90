! One-call functions, and those that look at channels from outside.
module simpleipc_calls
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use simpleipc_generated
    use simpleipc_library
    use simpleipc_values
    use simpleipc_options
    use simpleipc_messages
    implicit none
    private

    public :: sipc_send, sipc_publish, sipc_set, sipc_receive, sipc_get, sipc_notify, sipc_wait
    public :: sipc_peers, sipc_audit, sipc_clean

contains

    ! Sends a value to a queue.
    subroutine sipc_send(name, x, stat, errmsg)
        character(len=*), intent(in) :: name
        class(*), intent(in), target :: x
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_name
        character(len=:), allocatable :: why
        type(raw_value) :: raw
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        call prepare()
        call encode(x, raw, status, why)
        if (status /= SIPC_STATUS_OK) then
            call complain(status, why, stat, errmsg)
            return
        end if
        c_name = as_c(name)
        complaint = new_error()
        call conclude(c_send(c_loc(c_name), raw, complaint), complaint, stat, errmsg)
    end subroutine

    ! Publishes a value on a topic.
    subroutine sipc_publish(name, x, stat, errmsg)
        character(len=*), intent(in) :: name
        class(*), intent(in), target :: x
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_name
        character(len=:), allocatable :: why
        type(raw_value) :: raw
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        call prepare()
        call encode(x, raw, status, why)
        if (status /= SIPC_STATUS_OK) then
            call complain(status, why, stat, errmsg)
            return
        end if
        c_name = as_c(name)
        complaint = new_error()
        call conclude(c_publish(c_loc(c_name), raw, complaint), complaint, stat, errmsg)
    end subroutine

    ! Sets a state.
    subroutine sipc_set(name, x, stat, errmsg)
        character(len=*), intent(in) :: name
        class(*), intent(in), target :: x
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_name
        character(len=:), allocatable :: why
        type(raw_value) :: raw
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        call prepare()
        call encode(x, raw, status, why)
        if (status /= SIPC_STATUS_OK) then
            call complain(status, why, stat, errmsg)
            return
        end if
        c_name = as_c(name)
        complaint = new_error()
        call conclude(c_set(c_loc(c_name), raw, complaint), complaint, stat, errmsg)
    end subroutine

    ! Takes a message out of a queue.
    subroutine sipc_receive(name, message, timeout, stat, errmsg)
        character(len=*), intent(in) :: name
        class(sipc_message), intent(inout) :: message
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_name
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        call prepare()
        call message%release()
        c_name = as_c(name)
        complaint = new_error()
        status = c_receive(c_loc(c_name), nanoseconds(timeout), message%raw, complaint)
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! The value of a state, as it is now.
    subroutine sipc_get(name, message, timeout, stat, errmsg)
        character(len=*), intent(in) :: name
        class(sipc_message), intent(inout) :: message
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_name
        type(raw_error) :: complaint
        integer(c_int32_t) :: status
        call prepare()
        call message%release()
        c_name = as_c(name)
        complaint = new_error()
        status = c_get(c_loc(c_name), nanoseconds(timeout), message%raw, complaint)
        call conclude(status, complaint, stat, errmsg)
    end subroutine

    ! Says that something has happened.
    subroutine sipc_notify(name, stat, errmsg)
        character(len=*), intent(in) :: name
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_name
        type(raw_error) :: complaint
        call prepare()
        c_name = as_c(name)
        complaint = new_error()
        call conclude(c_notify(c_loc(c_name), complaint), complaint, stat, errmsg)
    end subroutine

    ! Waits until it has; returns how often.
    integer(int64) function sipc_wait(name, timeout, stat, errmsg)
        character(len=*), intent(in) :: name
        integer, intent(in), optional :: timeout
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_name
        type(raw_error) :: complaint
        integer(c_int64_t) :: count
        call prepare()
        c_name = as_c(name)
        complaint = new_error()
        count = 0
        call conclude(c_await(c_loc(c_name), nanoseconds(timeout), count, complaint), complaint, &
            stat, errmsg)
        sipc_wait = count
    end function

    ! The rest

    ! Who has a channel open now: a list of maps.
    subroutine sipc_peers(name, message, options, stat, errmsg)
        character(len=*), intent(in) :: name
        class(sipc_message), intent(inout) :: message
        type(sipc_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_name, directory
        type(raw_error) :: complaint
        type(raw_options) :: raw
        call prepare()
        call message%release()
        c_name = as_c(name)
        raw = raw_options_of(options, directory)
        complaint = new_error()
        call conclude(c_peers(c_loc(c_name), raw, message%raw, complaint), complaint, stat, errmsg)
    end subroutine

    ! A JSON list of a channel, or of all of them: peers, waiting messages, memory, leaks.
    function sipc_audit(name, stat, errmsg) result(text)
        character(len=*), intent(in), optional :: name
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable :: text
        character(len=:), allocatable, target :: c_name, buffer
        type(raw_error) :: complaint
        type(c_ptr) :: name_data
        integer(c_int32_t) :: status
        integer(c_int64_t) :: needed
        call prepare()
        name_data = c_null_ptr
        if (present(name)) then
            c_name = as_c(name)
            name_data = c_loc(c_name)
        end if
        needed = 4096
        do
            if (allocated(buffer)) deallocate (buffer)
            allocate (character(len=needed) :: buffer)
            complaint = new_error()
            status = c_audit(name_data, c_null_ptr, c_loc(buffer), len(buffer, c_int64_t), needed, &
                complaint)
            if (status /= SIPC_STATUS_OK .or. needed <= len(buffer)) exit
        end do
        text = ""
        if (status == SIPC_STATUS_OK) text = buffer(:needed - 1)
        call conclude(status, complaint, stat, errmsg)
    end function

    ! Removes what nobody uses, and queues whose newest message is older than so many ms; returns
    ! how many channels.
    integer(int64) function sipc_clean(age_max, directory, stat, errmsg)
        integer, intent(in) :: age_max
        character(len=*), intent(in), optional :: directory
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_directory
        type(raw_error) :: complaint
        type(c_ptr) :: directory_data
        integer(c_int64_t) :: count
        call prepare()
        directory_data = c_null_ptr
        if (present(directory)) then
            c_directory = as_c(directory)
            directory_data = c_loc(c_directory)
        end if
        complaint = new_error()
        count = 0
        call conclude(c_clean(directory_data, nanoseconds(age_max), count, complaint), complaint, &
            stat, errmsg)
        sipc_clean = count
    end function

end module
