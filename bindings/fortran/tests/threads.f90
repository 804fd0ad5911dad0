! Two threads and one handle: the second one finds it busy, and may end the wait of the first.
program threads
    use, intrinsic :: iso_c_binding, only: c_int
    use simpleipc
    implicit none
    type(sipc_receiver) :: receiver
    type(sipc_message) :: messages(2)
    integer :: stat, waited, thread, slept

    interface
        integer(c_int) function omp_get_thread_num() bind(c)
            import :: c_int
        end function
        integer(c_int) function usleep(microseconds) bind(c)
            import :: c_int
            integer(c_int), value :: microseconds
        end function
    end interface

    call receiver%open("threads")
    waited = SIPC_STATUS_OK
    !$omp parallel num_threads(2) private(stat, thread, slept)
    thread = omp_get_thread_num() + 1
    if (thread == 1) then
        do while (waited /= SIPC_STATUS_INTERRUPTED)
            call receiver%take(messages(1), stat=stat)
            waited = stat
        end do
    else
        do
            call receiver%take(messages(2), 1, stat)
            if (stat == SIPC_STATUS_BUSY) exit
            ! It stays outside for a while, or on one processor the other one may never get inside.
            slept = usleep(1000_c_int)
        end do
        call receiver%interrupt()
    end if
    !$omp end parallel
    print "(a)", "busy, and interrupted"
    call receiver%close()
end program
