! What the driver does wrong on purpose, and how that ends. It is described in testing/interop.
module misuse
    use, intrinsic :: iso_c_binding, only: c_int
    use simpleipc
    implicit none
    private

    public :: misused

    integer, parameter :: wide = selected_int_kind(38)

    type :: no_value
        integer :: number = 1
    end type

    class(sipc_handle), pointer :: serving ! until the handler has interrupted it
    integer :: stat
    character(len=512) :: errmsg

    interface
        integer(c_int) function omp_get_thread_num() bind(c)
            import :: c_int
        end function
    end interface

contains

    ! `handle` is of no account where `name` is that of a channel.
    function misused(kind, name, handle) result(text)
        character(len=*), intent(in) :: kind, name
        class(sipc_handle), pointer, intent(in) :: handle
        character(len=:), allocatable :: text
        stat = SIPC_STATUS_OK
        errmsg = ""
        select case (kind)
        case ("type")
            call put(handle, no_value())
        case ("range")
            call put(handle, 2_wide**100)
        case ("text")
            call put(handle, "caf" // char(233))
        case ("closed")
            call use_closed(name)
        case ("thread")
            call use_from_two_threads(handle)
        case ("forgotten")
            call forget(handle)
        case ("handler")
            call fail_in_handler(handle)
        case default
            stat = SIPC_STATUS_BAD_ARGUMENT
            errmsg = "no misuse " // kind
        end select
        text = "ok"
        if (stat /= SIPC_STATUS_OK) text = "refused " // trim(errmsg)
    end function

    subroutine put(handle, value)
        class(sipc_handle), pointer, intent(in) :: handle
        class(*), intent(in) :: value
        select type (handle)
        class is (sipc_producer)
            call handle%put(value, stat=stat, errmsg=errmsg)
        end select
    end subroutine

    subroutine use_closed(name)
        character(len=*), intent(in) :: name
        type(sipc_sender) :: sender
        call sender%open(name)
        call sender%close()
        call sender%close()
        call sender%put(1, stat=stat, errmsg=errmsg)
    end subroutine

    ! The first thread tries again when it comes while the other one looks.
    subroutine use_from_two_threads(handle)
        class(sipc_handle), pointer, intent(in) :: handle
        type(sipc_message) :: messages(2)
        integer :: waited
        select type (handle)
        class is (sipc_consumer)
            waited = SIPC_STATUS_OK
            !$omp parallel num_threads(2)
            if (omp_get_thread_num() == 0) then
                do while (waited /= SIPC_STATUS_INTERRUPTED)
                    call handle%take(messages(1), stat=waited)
                end do
            else
                stat = SIPC_STATUS_TIMEOUT
                do while (stat == SIPC_STATUS_TIMEOUT)
                    call handle%take(messages(2), 1, stat, errmsg)
                end do
                call handle%interrupt()
            end if
            !$omp end parallel
        end select
    end subroutine

    subroutine forget(handle)
        class(sipc_handle), pointer, intent(in) :: handle
        type(sipc_message) :: message
        select type (handle)
        class is (sipc_consumer)
            call handle%take(message, 10000)
        end select
    end subroutine

    ! There is nothing to throw: a method fails that does not answer.
    subroutine boom(request)
        type(sipc_request), intent(inout) :: request
        if (.not. request%is_answered) call serving%interrupt()
    end subroutine

    subroutine fail_in_handler(handle)
        class(sipc_handle), pointer, intent(in) :: handle
        serving => handle
        select type (handle)
        class is (sipc_server)
            call handle%add("boom", boom)
            call handle%serve(stat=stat, errmsg=errmsg)
        end select
        if (stat == SIPC_STATUS_INTERRUPTED) stat = SIPC_STATUS_OK
    end subroutine

end module
