! Prints what arrives; ends when nothing came for 2 seconds.
program quickstart_receive
    use simpleipc
    implicit none
    type(sipc_receiver) :: receiver
    type(sipc_message) :: message
    type(sipc_item) :: value

    call receiver%open("chat")
    do while (receiver%next(message, timeout=2000))
        value = message%value()
        select case (value%kind())
        case (SIPC_KIND_STR)
            print "(2a)", "str ", value%get_text()
        case (SIPC_KIND_INT)
            print "(a, i0)", "int ", value%get_int()
        case default
            value = value%find("x")
            print "(a, f3.1)", "map ", value%get_real()
        end select
    end do
    call message%release()
    call receiver%close()
end program
