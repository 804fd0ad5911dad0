! The library: errors, names, and what it says of itself.
!
! Every call takes `stat` and `errmsg`, as ALLOCATE does: without `stat` an error ends the program
! with a sentence.
module simpleipc_library
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use simpleipc_generated
    implicit none
    private

    public :: sipc_class, sipc_identify, sipc_version, sipc_now_ns
    public :: complain, conclude, new_error, prepare, nanoseconds, as_c, text_of

    logical :: is_prepared = .false.

contains

    ! Errors

    ! The class of a status, also of one to come: "retry", "gone", "misuse", "corrupt", "system".
    pure function sipc_class(status) result(name)
        integer(c_int32_t), intent(in) :: status
        character(len=:), allocatable :: name
        select case (status)
        case (0)
            name = "ok"
        case (1:9)
            name = "retry"
        case (10:19)
            name = "gone"
        case (20:29)
            name = "misuse"
        case (30:39)
            name = "corrupt"
        case default
            name = "system"
        end select
    end function

    ! How every call ends: with `stat`, or with the program.
    subroutine complain(status, text, stat, errmsg)
        integer(c_int32_t), intent(in) :: status
        character(len=*), intent(in) :: text
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        if (present(stat)) stat = status
        if (status == SIPC_STATUS_OK) return
        if (present(errmsg)) errmsg = text
        if (.not. present(stat)) error stop text
    end subroutine

    subroutine conclude(status, complaint, stat, errmsg)
        integer(c_int32_t), intent(in) :: status
        type(raw_error), intent(in) :: complaint
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable :: text
        integer :: index
        text = ""
        if (status /= SIPC_STATUS_OK) then
            do index = 1, size(complaint%message)
                if (complaint%message(index) == c_null_char) exit
                text = text // complaint%message(index)
            end do
        end if
        call complain(status, text, stat, errmsg)
    end subroutine

    function new_error() result(complaint)
        type(raw_error) :: complaint
        complaint%size = int(c_sizeof(complaint), c_int32_t)
    end function

    ! The first look at it

    ! Compares what the library speaks with what this module does, and says who this is.
    recursive subroutine prepare()
        character(len=12) :: theirs, ours
        if (is_prepared) return
        if (c_abi_version() /= SIPC_ABI) then
            write (theirs, "(i0)") c_abi_version()
            write (ours, "(i0)") SIPC_ABI
            error stop "libsimpleipc speaks ABI " // trim(theirs) // ", this program " // trim(ours)
        end if
        is_prepared = .true.
        call sipc_identify("")
    end subroutine

    ! Says who this process is to those who look at peers, for handles opened from now on.
    recursive subroutine sipc_identify(program, stat, errmsg)
        character(len=*), intent(in) :: program
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable, target :: c_program, c_language
        type(raw_error) :: complaint
        call prepare()
        c_program = as_c(program)
        c_language = as_c("fortran")
        complaint = new_error()
        call conclude(c_identify(c_loc(c_program), c_loc(c_language), complaint), complaint, stat, &
            errmsg)
    end subroutine

    function sipc_version() result(text)
        character(len=:), allocatable :: text
        character(kind=c_char), pointer :: source(:)
        integer :: count
        call prepare()
        call c_f_pointer(c_version(), source, [64])
        count = 0
        do while (source(count + 1) /= c_null_char)
            count = count + 1
        end do
        text = text_of(c_loc(source), int(count, int64))
    end function

    integer(int64) function sipc_now_ns()
        sipc_now_ns = c_now_ns()
    end function

    ! Arguments

    pure integer(int64) function nanoseconds(timeout)
        integer, intent(in), optional :: timeout
        nanoseconds = -1
        if (present(timeout)) then
            if (timeout >= 0) nanoseconds = 1000000_int64 * timeout
        end if
    end function

    ! A text as C has it, without the blanks at its end. What holds a NUL is no name.
    function as_c(text) result(terminated)
        character(len=*), intent(in) :: text
        character(len=:), allocatable :: terminated
        terminated = trim(text) // c_null_char
        if (index(text, c_null_char) > 0) terminated = "/" // c_null_char
    end function

    ! A copy of characters that lie elsewhere.
    function text_of(data, count) result(text)
        type(c_ptr), intent(in) :: data
        integer(int64), intent(in) :: count
        character(len=:), allocatable :: text
        character(kind=c_char), pointer :: source(:)
        integer(int64) :: index
        allocate (character(len=count) :: text)
        if (count == 0) return
        call c_f_pointer(data, source, [count])
        do index = 1, count
            text(index:index) = source(index)
        end do
    end function

end module
