! The solver of the weather station: takes what thermometers and vanes say, computes what the air
! does between them, and keeps the map of now in the state weather.field.
program solver
    use, intrinsic :: iso_c_binding, only: c_f_pointer
    use, intrinsic :: iso_fortran_env, only: real32, real64
    use forecast
    use simpleipc
    implicit none
    integer, parameter :: PATIENCE = 2000 ! ms

    type(sipc_subscriber) :: temperature, wind
    type(sipc_setter) :: setter
    type(sipc_message) :: reading
    type(sipc_loan) :: loan
    type(site), allocatable :: thermometers(:), vanes(:)
    real(real64) :: field(COLUMNS, ROWS)
    real(real32), pointer :: lent(:, :)
    integer :: stat
    logical :: is_known

    call resume()
    ! snippet-begin
    call temperature%open("weather.temperature", sipc_options(latest=.true., history=1))
    call wind%open("weather.wind", sipc_options(latest=.true., history=1))
    call setter%open("weather.field")
    vanes = [site ::]
    do
        call wind%take(reading, 0, stat)
        if (stat == SIPC_STATUS_OK) vanes = sites_of(reading%value(), "wind")

        thermometers = [site ::]
        call temperature%take(reading, PATIENCE, stat)
        if (stat == SIPC_STATUS_OK) thermometers = sites_of(reading%value(), "temperature")
        if (.not. is_known .and. size(thermometers) == 0) cycle
        if (.not. is_known) field = map_of(thermometers, 1)
        is_known = .true.

        call advance(field, thermometers, vanes)
        call setter%loan(loan, SIPC_DTYPE_F32, [COLUMNS, ROWS], "celsius")
        call c_f_pointer(loan%data(), lent, loan%shape())
        lent = real(field, real32)
        call setter%put_loan(loan, capture_time_ns=reading%capture_time_ns())
    end do
    ! snippet-end

contains

    ! Goes on with the map that an earlier solver has left, if there is one.
    subroutine resume()
        type(sipc_watcher) :: watcher
        type(sipc_message) :: message
        type(sipc_item) :: value
        call watcher%open("weather.field")
        call watcher%get(message, 0, stat)
        is_known = stat == SIPC_STATUS_OK
        if (.not. is_known) return
        value = message%value()
        call c_f_pointer(value%tensor(SIPC_DTYPE_F32), lent, value%shape())
        field = lent
    end subroutine

    ! A reading is a list of maps, one for each site.
    function sites_of(reading, kind) result(sites)
        type(sipc_item), intent(in) :: reading
        character(len=*), intent(in) :: kind
        type(site), allocatable :: sites(:)
        real(real64), parameter :: DEGREE = acos(-1d0) / 180
        type(sipc_item) :: map
        integer :: k
        allocate (sites(reading%count()))
        do k = 1, size(sites)
            map = reading%item(k)
            sites(k)%east = number(map, "east")
            sites(k)%north = number(map, "north")
            if (kind == "temperature") then
                sites(k)%measured = number(map, "celsius")
            else ! it blows from there, and so the other way
                sites(k)%measured = -number(map, "speed") * &
                    [sin(DEGREE * number(map, "from")), cos(DEGREE * number(map, "from"))]
            end if
        end do
    end function

    real(real64) function number(map, key)
        type(sipc_item), intent(in) :: map
        character(len=*), intent(in) :: key
        type(sipc_item) :: item
        item = map%find(key)
        number = item%get_real()
    end function

end program
