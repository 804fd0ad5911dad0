! Values and errors: from Fortran to the library's and back.
!
! Every call takes `stat` and `errmsg`, as ALLOCATE does: without `stat` an error ends the program
! with a sentence.
module simpleipc_values
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
    use simpleipc_generated
    implicit none
    private

    public :: sipc_item, sipc_value, sipc_uint, sipc_null, sipc_bytes, sipc_opaque, sipc_tensor
    public :: sipc_class, encode, conclude, complain, text_of, element_bytes

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

    type :: block_of
        type(raw_value), pointer :: items(:) => null()
        character(kind=c_char), pointer :: text(:) => null()
        type(block_of), pointer :: next => null()
    end type

    ! A list or a map that is being built, or any other value. Texts are copied into it.
    type :: sipc_value
        private
        type(raw_value), allocatable :: stack(:)
        integer :: top = 0
        integer :: begun(64) = 0
        integer(c_int32_t) :: kinds(64) = 0
        integer :: depth = 0
        type(block_of), pointer :: blocks => null()
    contains
        procedure :: begin_list => value_begin_list
        procedure :: begin_map => value_begin_map
        procedure :: end => value_end
        procedure :: key => value_key
        procedure :: add => value_add
        procedure :: add_copy => value_add_copy
        procedure :: clear => value_clear
        procedure :: view => value_view
        procedure, private :: assign => value_assign
        generic :: assignment(=) => assign
        final :: value_final
    end type

    ! A tensor that shows an array, which is in one piece, TARGET and stays as long as it is used.
    ! Its shape is that of the array from behind: what changes fastest is last for the others.
    interface sipc_tensor
        procedure tensor_int8, tensor_int16, tensor_int32, tensor_int64
        procedure tensor_real32, tensor_real64, tensor_complex32, tensor_complex64
    end interface

contains

    ! Errors

    ! The class of a status, also of one to come: "retry", "gone", "misuse", "corrupt", "system".
    pure function sipc_class(status) result(name)
        integer(c_int32_t), intent(in) :: status
        character(len=:), allocatable :: name
        select case (status)
        case (0)
            name = "ok"
        case (1:9)
            name = "retry"
        case (10:19)
            name = "gone"
        case (20:29)
            name = "misuse"
        case (30:39)
            name = "corrupt"
        case default
            name = "system"
        end select
    end function

    ! How every call ends: with `stat`, or with the program.
    subroutine complain(status, text, stat, errmsg)
        integer(c_int32_t), intent(in) :: status
        character(len=*), intent(in) :: text
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        if (present(stat)) stat = status
        if (status == SIPC_STATUS_OK) return
        if (present(errmsg)) errmsg = text
        if (.not. present(stat)) error stop text
    end subroutine

    subroutine conclude(status, complaint, stat, errmsg)
        integer(c_int32_t), intent(in) :: status
        type(raw_error), intent(in) :: complaint
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        character(len=:), allocatable :: text
        integer :: index
        text = ""
        if (status /= SIPC_STATUS_OK) then
            do index = 1, size(complaint%message)
                if (complaint%message(index) == c_null_char) exit
                text = text // complaint%message(index)
            end do
        end if
        call complain(status, text, stat, errmsg)
    end subroutine

    ! Making values

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

    pure integer(int64) function element_bytes(dtype)
        integer(c_int32_t), intent(in) :: dtype
        element_bytes = 0
        if (dtype >= 1 .and. dtype <= size(DTYPE_BYTES)) element_bytes = DTYPE_BYTES(dtype)
    end function

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

    ! Encoding

    ! The struct of anything that can be sent: integers, reals, logicals, text, values, items.
    subroutine encode(x, raw, status, why)
        class(*), intent(in), target :: x
        type(raw_value), intent(out) :: raw
        integer(c_int32_t), intent(out) :: status
        character(len=:), allocatable, intent(out) :: why
        raw%size = int(c_sizeof(raw), c_int32_t)
        raw%kind = SIPC_KIND_INT
        status = SIPC_STATUS_OK
        why = ""
        select type (x)
        type is (integer(int8))
            raw%i = x
        type is (integer(int16))
            raw%i = x
        type is (integer(int32))
            raw%i = x
        type is (integer(int64))
            raw%i = x
        type is (real(real32))
            raw%kind = SIPC_KIND_FLOAT
            raw%f = x
        type is (real(real64))
            raw%kind = SIPC_KIND_FLOAT
            raw%f = x
        type is (logical)
            raw%kind = SIPC_KIND_BOOL
            raw%i = merge(1, 0, x)
        type is (character(*))
            raw%kind = SIPC_KIND_STR
            raw%len = len(x, int64)
            raw%data = c_loc(x)
        type is (sipc_uint)
            raw%kind = SIPC_KIND_UINT
            raw%u = x%bits
        type is (sipc_item)
            raw = x%raw
            if (raw%ndim > SIPC_DIMS_MAX) then
                status = SIPC_STATUS_BAD_VALUE
                why = "the array is not in one piece, or has more than 8 dimensions; copy it first"
            end if
        type is (sipc_value)
            if (x%top /= 1 .or. x%depth /= 0) then
                status = SIPC_STATUS_BAD_VALUE
                why = "the value is not whole: end every list and map, and add one value"
            else
                raw = x%stack(1)
            end if
        class default
            status = SIPC_STATUS_BAD_VALUE
            why = "values of this type cannot be sent; see sipc_value, sipc_bytes and sipc_tensor"
        end select
    end subroutine

    subroutine push(self, raw)
        class(sipc_value), intent(inout) :: self
        type(raw_value), intent(in) :: raw
        type(raw_value), allocatable :: wider(:)
        if (.not. allocated(self%stack)) allocate (self%stack(16))
        if (self%top == size(self%stack)) then
            allocate (wider(2 * self%top))
            wider(:self%top) = self%stack
            call move_alloc(wider, self%stack)
        end if
        self%top = self%top + 1
        self%stack(self%top) = raw
    end subroutine

    function new_block(self) result(block)
        class(sipc_value), intent(inout) :: self
        type(block_of), pointer :: block
        allocate (block)
        block%next => self%blocks
        self%blocks => block
    end function

    ! A copy that lives as long as the value.
    function keep(self, data, count) result(kept)
        class(sipc_value), intent(inout) :: self
        type(c_ptr), intent(in) :: data
        integer(int64), intent(in) :: count
        type(c_ptr) :: kept
        type(block_of), pointer :: block
        character(kind=c_char), pointer :: source(:)
        kept = c_null_ptr
        if (count == 0) return
        block => new_block(self)
        allocate (block%text(count))
        call c_f_pointer(data, source, [count])
        block%text = source
        kept = c_loc(block%text)
    end function

    subroutine begin(self, kind, stat, errmsg)
        class(sipc_value), intent(inout) :: self
        integer(c_int32_t), intent(in) :: kind
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        if (self%depth == size(self%begun)) then
            call complain(SIPC_STATUS_BAD_VALUE, "a value may be nested 64 deep", stat, errmsg)
            return
        end if
        if (self%depth == 0) call self%clear()
        self%depth = self%depth + 1
        self%begun(self%depth) = self%top
        self%kinds(self%depth) = kind
        if (present(stat)) stat = SIPC_STATUS_OK
    end subroutine

    subroutine value_begin_list(self, stat, errmsg)
        class(sipc_value), intent(inout) :: self
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call begin(self, SIPC_KIND_LIST, stat, errmsg)
    end subroutine

    subroutine value_begin_map(self, stat, errmsg)
        class(sipc_value), intent(inout) :: self
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        call begin(self, SIPC_KIND_MAP, stat, errmsg)
    end subroutine

    ! Ends the list or map that was begun last.
    subroutine value_end(self, stat, errmsg)
        class(sipc_value), intent(inout) :: self
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(block_of), pointer :: block
        type(sipc_item) :: whole
        integer :: count, start
        if (self%depth == 0) then
            call complain(SIPC_STATUS_BAD_VALUE, "there is no list or map to end", stat, errmsg)
            return
        end if
        start = self%begun(self%depth)
        count = self%top - start
        whole = of_kind(self%kinds(self%depth))
        if (whole%raw%kind == SIPC_KIND_MAP .and. mod(count, 2) /= 0) then
            call complain(SIPC_STATUS_BAD_VALUE, "a key has no value; add one", stat, errmsg)
            return
        end if
        whole%raw%count = merge(count / 2, count, whole%raw%kind == SIPC_KIND_MAP)
        if (count > 0) then
            block => new_block(self)
            allocate (block%items(count))
            block%items = self%stack(start + 1:self%top)
            whole%raw%items = c_loc(block%items)
        end if
        self%top = start
        self%depth = self%depth - 1
        call push(self, whole%raw)
        if (present(stat)) stat = SIPC_STATUS_OK
    end subroutine

    ! The key of what is added next to a map.
    subroutine value_key(self, text)
        class(sipc_value), intent(inout) :: self
        character(len=*), intent(in) :: text
        call self%add(text)
    end subroutine

    ! Adds to the list or map that was begun last; without one, makes this the value. Text is
    ! copied, and what arrays and items show has to stay until the value is put.
    subroutine value_add(self, x, stat, errmsg)
        class(sipc_value), intent(inout) :: self
        class(*), intent(in), target :: x
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        type(raw_value) :: raw
        integer(c_int32_t) :: status
        character(len=:), allocatable :: why
        call encode(x, raw, status, why)
        if (status == SIPC_STATUS_OK) then
            if (self%depth == 0) call self%clear()
            if (raw%kind == SIPC_KIND_STR) raw%data = keep(self, raw%data, raw%len)
            call push(self, raw)
        end if
        call complain(status, why, stat, errmsg)
    end subroutine

    ! Adds a copy of text, bytes, a tensor or an opaque value, which need not stay then.
    subroutine value_add_copy(self, item, stat, errmsg)
        class(sipc_value), intent(inout) :: self
        type(sipc_item), intent(in) :: item
        integer, intent(out), optional :: stat
        character(len=*), intent(inout), optional :: errmsg
        integer(c_int32_t) :: status
        call self%add(item, status, errmsg)
        if (status == SIPC_STATUS_OK) then
            associate (raw => self%stack(self%top))
                if (raw%kind /= SIPC_KIND_STR) raw%data = keep(self, raw%data, raw%len)
                raw%label = keep(self, raw%label, raw%label_len)
            end associate
            if (present(stat)) stat = status
        else
            call complain(status, "the item cannot be sent", stat, errmsg)
        end if
    end subroutine

    ! What was built, to be looked at.
    function value_view(self) result(item)
        class(sipc_value), intent(in) :: self
        type(sipc_item) :: item
        item = sipc_null()
        if (self%top == 1 .and. self%depth == 0) item%raw = self%stack(1)
    end function

    ! Empties it. Every value that was made of it is of no use then.
    subroutine value_clear(self)
        class(sipc_value), intent(inout) :: self
        type(block_of), pointer :: block
        do while (associated(self%blocks))
            block => self%blocks
            self%blocks => block%next
            if (associated(block%items)) deallocate (block%items)
            if (associated(block%text)) deallocate (block%text)
            deallocate (block)
        end do
        self%top = 0
        self%depth = 0
    end subroutine

    subroutine value_assign(self, other)
        class(sipc_value), intent(inout) :: self
        type(sipc_value), intent(in) :: other
        if (other%top >= 0) error stop "a sipc_value cannot be assigned; build another one"
        call self%clear()
    end subroutine

    subroutine value_final(self)
        type(sipc_value), intent(inout) :: self
        call self%clear()
    end subroutine

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

    ! A copy of characters that lie elsewhere.
    function text_of(data, count) result(text)
        type(c_ptr), intent(in) :: data
        integer(int64), intent(in) :: count
        character(len=:), allocatable :: text
        character(kind=c_char), pointer :: source(:)
        integer(int64) :: index
        allocate (character(len=count) :: text)
        if (count == 0) return
        call c_f_pointer(data, source, [count])
        do index = 1, count
            text(index:index) = source(index)
        end do
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
