! What the solver solves: temperature over a map, which the wind carries along (semi-Lagrangian
! advection), which spreads (diffusion), and which is drawn towards what was measured (nudging).
! Each of the three makes means of values that are there, so none leaves what was measured.
module forecast
    use, intrinsic :: iso_fortran_env, only: real64
    implicit none
    private
    public :: site, map_of, advance

    integer, parameter, public :: COLUMNS = 72, ROWS = 48 ! from west to east, from south to north
    real(real64), parameter :: CELL = 2.5 ! km
    real(real64), parameter :: STEP = 300 ! s of the weather's time
    real(real64), parameter :: SPREAD = 500 * STEP / (1000 * CELL)**2 ! of 500 m2/s
    real(real64), parameter :: REACH = 12, PULL_FAR = 0.02, PULL_NEAR = 0.4 ! km, of the difference

    type :: site
        real(real64) :: east, north ! km
        real(real64) :: measured(2) ! degrees; or m/s towards the east and the north
    end type

contains

    ! A map of what was measured: near sites count more, by the square of the distance.
    function map_of(sites, which) result(map)
        type(site), intent(in) :: sites(:)
        integer, intent(in) :: which
        real(real64) :: map(COLUMNS, ROWS), weights(size(sites))
        integer :: i, j
        do j = 1, ROWS
            do i = 1, COLUMNS
                weights = 1 / (distances2(sites, i, j) + CELL**2)
                map(i, j) = sum(weights * sites%measured(which)) / sum(weights)
            end do
        end do
    end function

    pure function distances2(sites, i, j)
        type(site), intent(in) :: sites(:)
        integer, intent(in) :: i, j
        real(real64) :: distances2(size(sites))
        distances2 = (sites%east - (i - 0.5) * CELL)**2 + (sites%north - (j - 0.5) * CELL)**2
    end function

    ! One step in time. Without thermometers the wind goes on all the same.
    subroutine advance(field, thermometers, vanes)
        real(real64), intent(inout) :: field(COLUMNS, ROWS)
        type(site), intent(in) :: thermometers(:), vanes(:)
        if (size(vanes) > 0) call carry(field, map_of(vanes, 1), map_of(vanes, 2))
        call diffuse(field)
        if (size(thermometers) > 0) call nudge(field, thermometers)
    end subroutine

    ! The air that is here now is that which was upwind before.
    subroutine carry(field, eastward, northward)
        real(real64), intent(inout) :: field(COLUMNS, ROWS)
        real(real64), intent(in), dimension(COLUMNS, ROWS) :: eastward, northward
        real(real64), parameter :: CELLS = STEP / (1000 * CELL) ! that 1 m/s goes in a step
        real(real64) :: before(COLUMNS, ROWS), x, y
        integer :: i, j, west, south
        before = field
        do j = 1, ROWS
            do i = 1, COLUMNS
                x = min(max(i - CELLS * eastward(i, j), 1d0), real(COLUMNS, real64))
                y = min(max(j - CELLS * northward(i, j), 1d0), real(ROWS, real64))
                west = min(int(x), COLUMNS - 1)
                south = min(int(y), ROWS - 1)
                x = x - west
                y = y - south
                field(i, j) = &
                    (1 - y) * ((1 - x) * before(west, south) + x * before(west + 1, south)) + &
                    y * ((1 - x) * before(west, south + 1) + x * before(west + 1, south + 1))
            end do
        end do
    end subroutine

    ! Nothing goes over the edges.
    subroutine diffuse(field)
        real(real64), intent(inout) :: field(COLUMNS, ROWS)
        real(real64), dimension(COLUMNS - 1, ROWS) :: to_west
        real(real64), dimension(COLUMNS, ROWS - 1) :: to_south
        to_west = SPREAD * (field(2:, :) - field(:COLUMNS - 1, :))
        to_south = SPREAD * (field(:, 2:) - field(:, :ROWS - 1))
        field(:COLUMNS - 1, :) = field(:COLUMNS - 1, :) + to_west
        field(2:, :) = field(2:, :) - to_west
        field(:, :ROWS - 1) = field(:, :ROWS - 1) + to_south
        field(:, 2:) = field(:, 2:) - to_south
    end subroutine

    ! The nearer a thermometer, the more its reading counts.
    subroutine nudge(field, thermometers)
        real(real64), intent(inout) :: field(COLUMNS, ROWS)
        type(site), intent(in) :: thermometers(:)
        real(real64) :: measured(COLUMNS, ROWS), nearness
        integer :: i, j
        measured = map_of(thermometers, 1)
        do j = 1, ROWS
            do i = 1, COLUMNS
                nearness = exp(-minval(distances2(thermometers, i, j)) / REACH**2)
                field(i, j) = field(i, j) + &
                    (PULL_FAR + PULL_NEAR * nearness) * (measured(i, j) - field(i, j))
            end do
        end do
    end subroutine

end module
