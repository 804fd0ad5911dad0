! Values that are built, and the struct of whatever can be sent.
module simpleipc_values
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
    use simpleipc_generated
    use simpleipc_library
    use simpleipc_items
    implicit none
    private

    public :: sipc_value, encode

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

contains

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

end module
