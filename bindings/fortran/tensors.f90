! Tensors that show arrays of the program.
module simpleipc_tensors
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
    use simpleipc_generated
    use simpleipc_items
    implicit none
    private

    public :: sipc_tensor

    ! A tensor that shows an array, which is in one piece, TARGET and stays as long as it is used.
    ! Its shape is that of the array from behind: what changes fastest is last for the others.
    interface sipc_tensor
        procedure tensor_int8, tensor_int16, tensor_int32, tensor_int64
        procedure tensor_real32, tensor_real64, tensor_complex32, tensor_complex64
    end interface

contains

    function show_tensor(dtype, data, shape, is_whole, unsigned, format) result(item)
        integer(c_int32_t), intent(in) :: dtype
        type(c_ptr), intent(in) :: data
        integer(int64), intent(in) :: shape(:)
        logical, intent(in) :: is_whole
        logical, intent(in), optional :: unsigned
        character(len=*), intent(in), optional, target :: format
        type(sipc_item) :: item
        integer :: dim
        item = of_kind(SIPC_KIND_TENSOR)
        item%raw%dtype = dtype
        if (present(unsigned)) then
            if (unsigned) item%raw%dtype = dtype - 1
        end if
        item%raw%ndim = size(shape)
        ! An array in pieces, or of too many dimensions, is refused where it is put.
        if (size(shape) > SIPC_DIMS_MAX .or. .not. is_whole) item%raw%ndim = SIPC_DIMS_MAX + 1
        item%raw%len = element_bytes(dtype) * product(shape)
        if (item%raw%len > 0) item%raw%data = data
        do dim = 1, min(size(shape), int(SIPC_DIMS_MAX))
            item%raw%shape(dim) = shape(size(shape) + 1 - dim)
        end do
        if (present(format)) then
            item%raw%label = c_loc(format)
            item%raw%label_len = len(format, int64)
        end if
    end function

    function tensor_int8(array, format, unsigned) result(item)
        integer(int8), intent(in), target :: array(..)
        character(len=*), intent(in), optional, target :: format
        logical, intent(in), optional :: unsigned
        type(sipc_item) :: item
        item = show_tensor(SIPC_DTYPE_I8, c_loc(array), shape(array, int64), &
            is_contiguous(array), unsigned=unsigned, format=format)
    end function

    function tensor_int16(array, format, unsigned) result(item)
        integer(int16), intent(in), target :: array(..)
        character(len=*), intent(in), optional, target :: format
        logical, intent(in), optional :: unsigned
        type(sipc_item) :: item
        item = show_tensor(SIPC_DTYPE_I16, c_loc(array), shape(array, int64), &
            is_contiguous(array), unsigned=unsigned, format=format)
    end function

    function tensor_int32(array, format, unsigned) result(item)
        integer(int32), intent(in), target :: array(..)
        character(len=*), intent(in), optional, target :: format
        logical, intent(in), optional :: unsigned
        type(sipc_item) :: item
        item = show_tensor(SIPC_DTYPE_I32, c_loc(array), shape(array, int64), &
            is_contiguous(array), unsigned=unsigned, format=format)
    end function

    function tensor_int64(array, format, unsigned) result(item)
        integer(int64), intent(in), target :: array(..)
        character(len=*), intent(in), optional, target :: format
        logical, intent(in), optional :: unsigned
        type(sipc_item) :: item
        item = show_tensor(SIPC_DTYPE_I64, c_loc(array), shape(array, int64), &
            is_contiguous(array), unsigned=unsigned, format=format)
    end function

    function tensor_real32(array, format) result(item)
        real(real32), intent(in), target :: array(..)
        character(len=*), intent(in), optional, target :: format
        type(sipc_item) :: item
        item = show_tensor(SIPC_DTYPE_F32, c_loc(array), shape(array, int64), &
            is_contiguous(array), format=format)
    end function

    function tensor_real64(array, format) result(item)
        real(real64), intent(in), target :: array(..)
        character(len=*), intent(in), optional, target :: format
        type(sipc_item) :: item
        item = show_tensor(SIPC_DTYPE_F64, c_loc(array), shape(array, int64), &
            is_contiguous(array), format=format)
    end function

    function tensor_complex32(array, format) result(item)
        complex(real32), intent(in), target :: array(..)
        character(len=*), intent(in), optional, target :: format
        type(sipc_item) :: item
        item = show_tensor(SIPC_DTYPE_C64, c_loc(array), shape(array, int64), &
            is_contiguous(array), format=format)
    end function

    function tensor_complex64(array, format) result(item)
        complex(real64), intent(in), target :: array(..)
        character(len=*), intent(in), optional, target :: format
        type(sipc_item) :: item
        item = show_tensor(SIPC_DTYPE_C128, c_loc(array), shape(array, int64), &
            is_contiguous(array), format=format)
    end function

end module
