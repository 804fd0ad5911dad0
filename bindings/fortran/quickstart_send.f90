! Sends a few values; start it before or after quickstart_receive.
program quickstart_send
    use simpleipc
    implicit none
    type(sipc_value) :: map

    call sipc_send("chat", "hello")
    call sipc_send("chat", 42)

    call map%begin_map()
    call map%key("x")
    call map%add(1.5d0)
    call map%key("ok")
    call map%add(.true.)
    call map%end()
    call sipc_send("chat", map)
end program
