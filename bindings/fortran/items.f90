! Values that are looked at where they lie, and those that one item shows.
module simpleipc_items
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64, real64
    use simpleipc_generated
    use simpleipc_library
    implicit none
    private

    public :: sipc_item, sipc_uint, sipc_null, sipc_bytes, sipc_opaque, of_kind, element_bytes

    integer, parameter :: DTYPE_BYTES(14) = [1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8, 8, 16]

    ! An unsigned number of 64 bits, which are those of a signed one.
    type :: sipc_uint
        integer(int64) :: bits = 0
    end type

    ! A value that is looked at where it lies: in a message, or in variables of the program. It is
    ! of use as long as they are.
    type :: sipc_item
        type(raw_value) :: raw
    contains
        procedure :: kind => item_kind
        procedure :: get_int => item_int
        procedure :: get_uint => item_uint
        procedure :: get_real => item_real
        procedure :: get_logical => item_logical
        procedure :: get_text => item_text
        procedure :: content => item_content
        procedure :: count => item_count
        procedure :: item => item_item
        procedure :: key => item_key
        procedure :: has => item_has
        procedure :: find => item_find
        procedure :: data => item_data
        procedure :: bytes => item_bytes
        procedure :: dtype => item_dtype
        procedure :: shape => item_shape
        procedure :: label => item_label
        procedure :: tensor => item_tensor
    end type

contains

    ! Showing

    function sipc_null() result(item)
        type(sipc_item) :: item
        item%raw%size = int(c_sizeof(item%raw), c_int32_t)
    end function

    function of_kind(kind) result(item)
        integer(c_int32_t), intent(in) :: kind
        type(sipc_item) :: item
        item%raw%size = int(c_sizeof(item%raw), c_int32_t)
        item%raw%kind = kind
    end function

    ! Shows characters as bytes; they have to stay.
    function sipc_bytes(content) result(item)
        character(len=*), intent(in), target :: content
        type(sipc_item) :: item
        item = of_kind(SIPC_KIND_BYTES)
        item%raw%data = c_loc(content)
        item%raw%len = len(content, int64)
    end function

    ! Shows characters as bytes of a content type; both have to stay.
    function sipc_opaque(content, content_type) result(item)
        character(len=*), intent(in), target :: content, content_type
        type(sipc_item) :: item
        item = of_kind(SIPC_KIND_OPAQUE)
        item%raw%data = c_loc(content)
        item%raw%len = len(content, int64)
        item%raw%label = c_loc(content_type)
        item%raw%label_len = len(content_type, int64)
    end function

    ! Reading

    subroutine expect(self, kind, wanted, stat)
        class(sipc_item), intent(in) :: self
        integer(c_int32_t), intent(in) :: kind
        character(len=*), intent(in) :: wanted
        integer, intent(out), optional :: stat
        integer(c_int32_t) :: status
        status = merge(SIPC_STATUS_OK, SIPC_STATUS_BAD_VALUE, self%raw%kind == kind)
        call complain(status, "the value is no " // wanted, stat)
    end subroutine

    pure integer(c_int32_t) function item_kind(self)
        class(sipc_item), intent(in) :: self
        item_kind = self%raw%kind
    end function

    ! An int, or a uint that fits.
    function item_int(self, stat) result(number)
        class(sipc_item), intent(in) :: self
        integer, intent(out), optional :: stat
        integer(int64) :: number
        if (self%raw%kind == SIPC_KIND_UINT .and. self%raw%u >= 0) then
            if (present(stat)) stat = SIPC_STATUS_OK
            number = self%raw%u
        else
            call expect(self, SIPC_KIND_INT, "int, or does not fit", stat)
            number = self%raw%i
        end if
    end function

    function item_uint(self, stat) result(number)
        class(sipc_item), intent(in) :: self
        integer, intent(out), optional :: stat
        type(sipc_uint) :: number
        call expect(self, SIPC_KIND_UINT, "uint", stat)
        number%bits = self%raw%u
    end function

    ! A float, or an int as one.
    function item_real(self, stat) result(number)
        class(sipc_item), intent(in) :: self
        integer, intent(out), optional :: stat
        real(real64) :: number
        if (self%raw%kind == SIPC_KIND_INT) then
            if (present(stat)) stat = SIPC_STATUS_OK
            number = real(self%raw%i, real64)
        else
            call expect(self, SIPC_KIND_FLOAT, "float", stat)
            number = self%raw%f
        end if
    end function

    function item_logical(self, stat) result(truth)
        class(sipc_item), intent(in) :: self
        integer, intent(out), optional :: stat
        logical :: truth
        call expect(self, SIPC_KIND_BOOL, "bool", stat)
        truth = self%raw%i /= 0
    end function

    ! A copy of a text; empty if it is none.
    function item_text(self, stat) result(text)
        class(sipc_item), intent(in) :: self
        integer, intent(out), optional :: stat
        character(len=:), allocatable :: text
        call expect(self, SIPC_KIND_STR, "str", stat)
        text = ""
        if (self%raw%kind == SIPC_KIND_STR) text = text_of(self%raw%data, self%raw%len)
    end function

    ! A copy of the bytes of a text, bytes, an opaque value or a tensor.
    function item_content(self) result(text)
        class(sipc_item), intent(in) :: self
        character(len=:), allocatable :: text
        text = text_of(self%raw%data, self%raw%len)
    end function

    ! How many items a list has, or pairs a map.
    pure integer function item_count(self)
        class(sipc_item), intent(in) :: self
        item_count = int(self%raw%count)
    end function

    function element(self, index, stat) result(item)
        class(sipc_item), intent(in) :: self
        integer, intent(in) :: index
        integer, intent(out), optional :: stat
        type(sipc_item) :: item
        type(raw_value), pointer :: items(:)
        integer :: count
        count = int(self%raw%count)
        if (self%raw%kind == SIPC_KIND_MAP) count = 2 * count
        item = sipc_null()
        if (index < 1 .or. index > count) then
            call complain(SIPC_STATUS_BAD_VALUE, "the value has no such item", stat)
            return
        end if
        if (present(stat)) stat = SIPC_STATUS_OK
        call c_f_pointer(self%raw%items, items, [count])
        item%raw = items(index)
    end function

    ! The item of a list, or the value of a pair, from 1.
    function item_item(self, index, stat) result(item)
        class(sipc_item), intent(in) :: self
        integer, intent(in) :: index
        integer, intent(out), optional :: stat
        type(sipc_item) :: item
        item = element(self, merge(2 * index, index, self%raw%kind == SIPC_KIND_MAP), stat)
    end function

    ! The key of a pair, from 1.
    function item_key(self, index, stat) result(text)
        class(sipc_item), intent(in) :: self
        integer, intent(in) :: index
        integer, intent(out), optional :: stat
        character(len=:), allocatable :: text
        type(sipc_item) :: item
        item = element(self, 2 * index - 1, stat)
        text = text_of(item%raw%data, item%raw%len)
    end function

    logical function item_has(self, key)
        class(sipc_item), intent(in) :: self
        character(len=*), intent(in) :: key
        integer :: stat
        type(sipc_item) :: item
        item = self%find(key, stat)
        item_has = stat == SIPC_STATUS_OK
    end function

    ! The value of a key of a map; an error if there is none.
    function item_find(self, key, stat) result(item)
        class(sipc_item), intent(in) :: self
        character(len=*), intent(in) :: key
        integer, intent(out), optional :: stat
        type(sipc_item) :: item
        integer :: index
        item = sipc_null()
        if (self%raw%kind == SIPC_KIND_MAP) then
            do index = 1, self%count()
                if (self%key(index) == key) then
                    if (len(self%key(index)) /= len(key)) cycle
                    item = self%item(index, stat)
                    return
                end if
            end do
        end if
        call complain(SIPC_STATUS_BAD_VALUE, "the value has no key " // key, stat)
    end function

    ! Where the first byte of bytes, text, a tensor or an opaque value is, and how many there are.
    type(c_ptr) function item_data(self)
        class(sipc_item), intent(in) :: self
        item_data = self%raw%data
    end function

    pure integer(int64) function item_bytes(self)
        class(sipc_item), intent(in) :: self
        item_bytes = self%raw%len
    end function

    pure integer(c_int32_t) function item_dtype(self)
        class(sipc_item), intent(in) :: self
        item_dtype = self%raw%dtype
    end function

    ! The shape of a tensor as Fortran has it: what changes fastest is first.
    pure function item_shape(self) result(shape)
        class(sipc_item), intent(in) :: self
        integer(int64), allocatable :: shape(:)
        shape = self%raw%shape(self%raw%ndim:1:-1)
    end function

    ! The format of a tensor, as "rgb8", or the content type of an opaque value.
    function item_label(self) result(text)
        class(sipc_item), intent(in) :: self
        character(len=:), allocatable :: text
        text = text_of(self%raw%label, self%raw%label_len)
    end function

    pure integer(int64) function element_bytes(dtype)
        integer(c_int32_t), intent(in) :: dtype
        element_bytes = 0
        if (dtype >= 1 .and. dtype <= size(DTYPE_BYTES)) element_bytes = DTYPE_BYTES(dtype)
    end function

    ! Where a dense tensor of this type lies, for c_f_pointer. What was received can only be read:
    ! who writes is ended by the system.
    function item_tensor(self, dtype, stat) result(data)
        class(sipc_item), intent(in) :: self
        integer(c_int32_t), intent(in) :: dtype
        integer, intent(out), optional :: stat
        type(c_ptr) :: data
        integer(int64) :: step
        integer :: dim
        logical :: is_dense
        data = self%raw%data
        step = element_bytes(dtype)
        is_dense = self%raw%kind == SIPC_KIND_TENSOR .and. self%raw%dtype == dtype
        if (is_dense .and. any(self%raw%strides /= 0)) then
            do dim = self%raw%ndim, 1, -1
                if (self%raw%shape(dim) > 1 .and. self%raw%strides(dim) /= step) is_dense = .false.
                step = step * self%raw%shape(dim)
            end do
        end if
        call complain(merge(SIPC_STATUS_OK, SIPC_STATUS_BAD_VALUE, is_dense), &
            "the value is no dense tensor of this type", stat)
    end function

end module
