! The plurals of the interop driver: the same verb many times, in plain loops that are measured from
! outside. Each ends at the first failure.
module loops
    use, intrinsic :: iso_c_binding, only: c_f_pointer
    use, intrinsic :: iso_fortran_env, only: int8, int64
    use simpleipc
    implicit none
    private

    public :: put_many, lend_many, take_many, call_many, serve_many

    integer, parameter :: ROOM_MS = 10000

contains

    subroutine put_many(sender, value, count, stat, errmsg)
        class(sipc_producer), intent(in) :: sender
        type(sipc_value), intent(in) :: value
        integer(int64), intent(in) :: count
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg
        integer(int64) :: turn
        stat = 0
        do turn = 1, count
            call sender%put(value, timeout=ROOM_MS, stat=stat, errmsg=errmsg)
            if (stat /= 0) return
        end do
    end subroutine

    ! Of each frame only the ends are written: what it costs to fill is not the library's.
    subroutine lend_many(sender, height, width, count, stat, errmsg)
        class(sipc_producer), intent(in) :: sender
        integer, intent(in) :: height, width
        integer(int64), intent(in) :: count
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg
        type(sipc_loan) :: lent
        integer(int8), pointer :: pixels(:, :, :)
        integer(int64) :: turn
        stat = 0
        do turn = 1, count
            call sender%loan(lent, SIPC_DTYPE_U8, [3, width, height], timeout=ROOM_MS, stat=stat, &
                errmsg=errmsg)
            if (stat /= 0) return
            call c_f_pointer(lent%data(), pixels, lent%shape())
            pixels(1, 1, 1) = 1
            pixels(3, width, height) = 2
            call sender%put_loan(lent, timeout=ROOM_MS, stat=stat, errmsg=errmsg)
            if (stat /= 0) return
        end do
    end subroutine

    ! Adds up sequence numbers and both ends of the data.
    subroutine take_many(receiver, count, total, stat, errmsg)
        class(sipc_consumer), intent(in) :: receiver
        integer(int64), intent(in) :: count
        integer(int64), intent(out) :: total
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg
        type(sipc_message) :: message
        type(sipc_item) :: value
        integer(int8), pointer :: seen(:)
        integer(int64) :: turn
        total = 0
        stat = 0
        do turn = 1, count
            call receiver%take(message, ROOM_MS, stat, errmsg)
            if (stat /= 0) return
            value = message%value()
            call c_f_pointer(value%data(), seen, [value%bytes()])
            total = total + message%sequence() + iand(int(seen(1)), 255) &
                + iand(int(seen(size(seen))), 255)
        end do
        call message%release()
    end subroutine

    ! Adds up the results of `add`.
    subroutine call_many(client, count, total, stat, errmsg)
        class(sipc_client), intent(in) :: client
        integer(int64), intent(in) :: count
        integer(int64), intent(out) :: total
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg
        type(sipc_value) :: args
        type(sipc_message) :: reply
        type(sipc_item) :: value
        integer(int64) :: turn
        total = 0
        stat = 0
        do turn = 1, count
            call args%clear()
            call args%begin_list()
            call args%add(2)
            call args%add(3)
            call args%end()
            call client%call("add", args, reply, ROOM_MS, stat=stat, errmsg=errmsg)
            if (stat /= 0) return
            value = reply%value()
            total = total + value%get_int()
        end do
    end subroutine

    subroutine serve_many(server, count, stat, errmsg)
        class(sipc_server), intent(in) :: server
        integer(int64), intent(in) :: count
        integer, intent(out) :: stat
        character(len=*), intent(inout) :: errmsg
        type(sipc_request) :: request
        type(sipc_item) :: args, first, second
        integer(int64) :: turn
        stat = 0
        do turn = 1, count
            call server%request(request, ROOM_MS, stat, errmsg)
            if (stat /= 0) return
            args = request%args()
            first = args%item(1)
            second = args%item(2)
            call request%reply(first%get_int() + second%get_int(), stat, errmsg)
            if (stat /= 0) return
        end do
    end subroutine

end module
