! Buffers inside a channel: fill one, then put it, and nothing is copied.
module simpleipc_loans
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use simpleipc_generated
    implicit none
    private

    public :: sipc_loan

    ! Memory inside a channel: fill it where `data` says, then put it.
    type :: sipc_loan
        type(raw_value) :: raw
        type(c_ptr) :: channel = c_null_ptr
        logical :: is_lent = .false.
    contains
        procedure :: data => loan_data
        procedure :: shape => loan_shape
        procedure :: cancel => loan_cancel
        procedure, private :: loan_assign
        generic :: assignment(=) => loan_assign
        final :: loan_final
    end type

contains

    ! For c_f_pointer, with `shape`; null after it was put.
    type(c_ptr) function loan_data(self)
        class(sipc_loan), intent(in) :: self
        loan_data = c_null_ptr
        if (self%is_lent) loan_data = self%raw%data
    end function

    pure function loan_shape(self) result(shape)
        class(sipc_loan), intent(in) :: self
        integer(int64), allocatable :: shape(:)
        shape = self%raw%shape(self%raw%ndim:1:-1)
    end function

    ! Gives it back unpublished; after it was put without harm.
    subroutine loan_cancel(self)
        class(sipc_loan), intent(inout) :: self
        integer(c_int32_t) :: status
        if (self%is_lent) status = c_unloan(self%channel, self%raw%data)
        self%is_lent = .false.
    end subroutine

    subroutine loan_assign(self, other)
        class(sipc_loan), intent(inout) :: self
        class(sipc_loan), intent(in) :: other
        if (self%is_lent .or. other%is_lent) error stop "a sipc_loan cannot be assigned"
    end subroutine

    subroutine loan_final(self)
        type(sipc_loan), intent(inout) :: self
        call self%cancel()
    end subroutine

end module
