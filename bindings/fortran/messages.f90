! Messages that were taken. Times are nanoseconds of CLOCK_MONOTONIC.
module simpleipc_messages
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use simpleipc_generated
    use simpleipc_items
    implicit none
    private

    public :: sipc_message

    ! A received message. It is released by `release`, by the next take into it, and at its end;
    ! items of it are of no use then.
    type :: sipc_message
        type(raw_message) :: raw
    contains
        procedure :: value => message_value
        procedure :: sequence => message_sequence
        procedure :: sender => message_sender
        procedure :: missed => message_missed
        procedure :: redelivered => message_redelivered
        procedure :: more => message_more
        procedure :: capture_time_ns => message_capture
        procedure :: publish_time_ns => message_published
        procedure :: receive_time_ns => message_received
        procedure :: release => message_release
        procedure, private :: message_assign
        generic :: assignment(=) => message_assign
        final :: message_final
    end type

contains

    ! The value, to be looked at until the message is released.
    function message_value(self) result(item)
        class(sipc_message), intent(in) :: self
        type(sipc_item) :: item
        item = sipc_null()
        if (self%raw%value%size /= 0) item%raw = self%raw%value
    end function

    pure integer(int64) function message_sequence(self)
        class(sipc_message), intent(in) :: self
        message_sequence = self%raw%sequence
    end function

    pure integer(int64) function message_sender(self)
        class(sipc_message), intent(in) :: self
        message_sender = self%raw%sender
    end function

    pure integer(int64) function message_missed(self)
        class(sipc_message), intent(in) :: self
        message_missed = self%raw%missed
    end function

    pure logical function message_redelivered(self)
        class(sipc_message), intent(in) :: self
        message_redelivered = iand(self%raw%flags, SIPC_MESSAGE_REDELIVERED) /= 0
    end function

    ! Of a reply: whether another one follows.
    pure logical function message_more(self)
        class(sipc_message), intent(in) :: self
        message_more = iand(self%raw%flags, SIPC_MESSAGE_MORE) /= 0
    end function

    pure integer(int64) function message_capture(self)
        class(sipc_message), intent(in) :: self
        message_capture = self%raw%value%capture_time_ns
    end function

    pure integer(int64) function message_published(self)
        class(sipc_message), intent(in) :: self
        message_published = self%raw%publish_time_ns
    end function

    pure integer(int64) function message_received(self)
        class(sipc_message), intent(in) :: self
        message_received = self%raw%receive_time_ns
    end function

    ! Lets go of it, twice without harm; in a queue it is done.
    subroutine message_release(self)
        class(sipc_message), intent(inout) :: self
        if (c_associated(self%raw%hold)) call c_release(self%raw)
        self%raw = raw_message()
        self%raw%size = int(c_sizeof(self%raw), c_int32_t)
    end subroutine

    subroutine message_assign(self, other)
        class(sipc_message), intent(inout) :: self
        class(sipc_message), intent(in) :: other
        if (self%raw%size >= 0 .or. other%raw%size >= 0) &
            error stop "a sipc_message cannot be assigned; pass it on instead"
    end subroutine

    subroutine message_final(self)
        type(sipc_message), intent(inout) :: self
        call self%release()
    end subroutine

end module
