! Hosts of plugins: programs that are started, looked after, and started again.
module simpleipc_plugins
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: real64
    use simpleipc_generated
    use simpleipc_library
    use simpleipc_items
    use simpleipc_values
    use simpleipc_options
    use simpleipc_channels
    implicit none
    private

    public :: sipc_host

    ! Its messages are maps with event, plugin, pid and more: what happens to its plugins.
    type, extends(sipc_consumer) :: sipc_host
    contains
        procedure :: open => host_open
        procedure :: start => host_start
        procedure :: stop => host_stop
    end type

contains

    subroutine host_open(self, name, options, stat, errmsg)
        class(sipc_host), intent(inout) :: self
        character(len=*), intent(in) :: name
        type(sipc_options), intent(in), optional :: options
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call open_as(self, SIPC_ROLE_HOST, name, options, stat, errmsg)
    end subroutine

    subroutine tell(self, wish, stat, errmsg)
        class(sipc_host), intent(in) :: self
        type(sipc_value), intent(in) :: wish
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(sipc_item) :: item
        type(raw_error) :: complaint
        item = wish%view()
        complaint = new_error()
        call conclude(c_plugin(self%raw, item%raw, complaint), complaint, stat, errmsg)
    end subroutine

    ! Starts a program as a plugin. That it runs, or cannot, is an event. It is started again when
    ! it crashes, at most `restarts` times within so many ms, and if it takes no call for
    ! `hang_after`. Its arguments are a list.
    subroutine host_start(self, name, program, args, restarts, within, hang_after, stat, errmsg)
        class(sipc_host), intent(in) :: self
        character(len=*), intent(in) :: name, program
        class(*), intent(in), optional, target :: args
        integer, intent(in), optional :: restarts, within, hang_after
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(sipc_value) :: wish
        call wish%begin_map()
        call wish%key("name")
        call wish%add(trim(name))
        call wish%key("program")
        call wish%add(trim(program))
        if (present(args)) then
            call wish%key("args")
            call wish%add(args)
        end if
        if (present(restarts)) then
            call wish%key("restarts")
            call wish%add(restarts)
        end if
        if (present(within)) then
            call wish%key("seconds")
            call wish%add(within / 1000.0_real64)
        end if
        if (present(hang_after)) then
            call wish%key("hang_after")
            call wish%add(hang_after / 1000.0_real64)
        end if
        call wish%end()
        call tell(self, wish, stat, errmsg)
    end subroutine

    ! Asks a plugin to end, and after two seconds ends it; returns when it has gone.
    subroutine host_stop(self, name, stat, errmsg)
        class(sipc_host), intent(in) :: self
        character(len=*), intent(in) :: name
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(sipc_value) :: wish
        call wish%begin_map()
        call wish%key("name")
        call wish%add(trim(name))
        call wish%key("stop")
        call wish%add(.true.)
        call wish%end()
        call tell(self, wish, stat, errmsg)
    end subroutine

end module
