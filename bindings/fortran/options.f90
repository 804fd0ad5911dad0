! How a handle is opened.
module simpleipc_options
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use simpleipc_generated
    use simpleipc_library
    implicit none
    private

    public :: sipc_options, raw_options_of

    ! All at their defaults is the default. `permits` is of locks, `signal` of waiters.
    type :: sipc_options
        logical :: lossless = .false., latest = .false., unstamped = .false., tap = .false.
        integer :: history = 0, depth = 0, permits = 0, signal = 0
        integer(int64) :: pool_bytes_max = 0
        character(len=:), allocatable :: directory
    end type

contains

    function raw_options_of(options, directory) result(raw)
        type(sipc_options), intent(in), optional :: options
        character(len=:), allocatable, target, intent(inout) :: directory
        type(raw_options) :: raw
        raw%size = int(c_sizeof(raw), c_int32_t)
        if (.not. present(options)) return
        if (options%lossless) raw%flags = ior(raw%flags, SIPC_OPTION_LOSSLESS)
        if (options%latest) raw%flags = ior(raw%flags, SIPC_OPTION_LATEST)
        if (options%unstamped) raw%flags = ior(raw%flags, SIPC_OPTION_UNSTAMPED)
        if (options%tap) raw%flags = ior(raw%flags, SIPC_OPTION_TAP)
        raw%history = options%history
        raw%depth = options%depth
        raw%permits = options%permits
        raw%signal = options%signal
        raw%pool_bytes_max = options%pool_bytes_max
        if (allocated(options%directory)) then
            directory = as_c(options%directory)
            raw%directory = c_loc(directory)
        end if
    end function

end module
