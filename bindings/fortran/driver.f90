! The interop driver: one command a line on stdin, one answer a line on stdout. See
! testing/interop.
module plugin
    use simpleipc
    use commands, only: say
    implicit none
    private

    public :: be_a_plugin

    interface
        subroutine abort() bind(c)
        end subroutine
    end interface

contains

    subroutine add(request)
        type(sipc_request), intent(inout) :: request
        type(sipc_item) :: args, first, second
        args = request%args()
        first = args%item(1)
        second = args%item(2)
        call request%reply(first%get_int() + second%get_int())
    end subroutine

    subroutine crash(request)
        type(sipc_request), intent(inout) :: request
        if (.not. request%is_answered) call abort()
    end subroutine

    subroutine be_a_plugin()
        type(sipc_server) :: server
        call say("hello from fortran")
        call server%open_plugin()
        call server%add("add", add)
        call server%add("crash", crash)
        call server%serve()
    end subroutine

end module

program driver
    use commands
    use plugin
    implicit none
    character(len=:), allocatable :: line
    if (command_argument_count() > 0) then
        call be_a_plugin()
        stop
    end if
    do while (read_line(line))
        if (line == "quit") then
            call say("ok")
            exit
        end if
        call say(answer(line))
    end do
end program
