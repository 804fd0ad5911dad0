! The notation of values between testing/interop and its drivers.
module notation
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64, real64
    use simpleipc
    implicit none
    private

    public :: parse, show, decimal, number_of

    integer(int64), parameter :: SHOWN_BYTES_MAX = 64, LOW_HALF = int(z"FFFFFFFF", int64)
    character(len=*), parameter :: DTYPES(14) = [character(len=4) :: "bool", "u8", "i8", "u16", &
        "i16", "u32", "i32", "u64", "i64", "f16", "f32", "f64", "c64", "c128"]
    integer, parameter :: DTYPE_BYTES(14) = [1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8, 8, 16]
    character(len=*), parameter :: DIGITS = "0123456789abcdef"

contains

    function number_of(text) result(number)
        character(len=*), intent(in) :: text
        integer(int64) :: number
        read (text, *) number
    end function

    function decimal(number) result(text)
        integer(int64), intent(in) :: number
        character(len=:), allocatable :: text
        character(len=24) :: line
        write (line, "(i0)") number
        text = trim(line)
    end function

    ! Decimal digits as 64 bits without a sign, in halves so that nothing overflows.
    function unsigned_of(text) result(number)
        character(len=*), intent(in) :: text
        type(sipc_uint) :: number
        integer(int64) :: low, high
        integer :: index
        do index = 1, len(text)
            low = iand(number%bits, LOW_HALF) * 10 + iachar(text(index:index)) - iachar("0")
            high = ishft(number%bits, -32) * 10 + ishft(low, -32)
            number%bits = ior(ishft(high, 32), iand(low, LOW_HALF))
        end do
    end function

    function unsigned_text(number) result(text)
        type(sipc_uint), intent(in) :: number
        character(len=:), allocatable :: text
        integer(int64) :: high, rest, bits
        text = ""
        bits = number%bits
        do
            high = ishft(bits, -32)
            rest = ior(ishft(mod(high, 10_int64), 32), iand(bits, LOW_HALF))
            text = achar(iachar("0") + mod(rest, 10_int64)) // text
            bits = ior(ishft(high / 10, 32), rest / 10)
            if (bits == 0) exit
        end do
    end function

    function unhex(text) result(bytes)
        character(len=*), intent(in) :: text
        character(len=:), allocatable :: bytes
        integer :: index
        allocate (character(len=len(text) / 2) :: bytes)
        do index = 1, len(bytes)
            bytes(index:index) = achar(16 * (scan(DIGITS, text(2 * index - 1:2 * index - 1)) - 1) &
                + scan(DIGITS, text(2 * index:2 * index)) - 1)
        end do
    end function

    function hex(bytes) result(text)
        character(len=*), intent(in) :: bytes
        character(len=:), allocatable :: text
        integer :: index, code
        allocate (character(len=2 * len(bytes)) :: text)
        do index = 1, len(bytes)
            code = ichar(bytes(index:index))
            text(2 * index - 1:2 * index - 1) = DIGITS(code / 16 + 1:code / 16 + 1)
            text(2 * index:2 * index) = DIGITS(mod(code, 16) + 1:mod(code, 16) + 1)
        end do
    end function

    function hex_of_bits(bits, count) result(text)
        integer(int64), intent(in) :: bits
        integer, intent(in) :: count
        character(len=count) :: text
        integer :: index, digit
        do index = 1, count
            digit = int(iand(ishft(bits, 4 * (index - count)), 15_int64))
            text(index:index) = DIGITS(digit + 1:digit + 1)
        end do
    end function

    function pattern(count, seed) result(bytes)
        integer(int64), intent(in) :: count, seed
        character(len=:), allocatable :: bytes
        integer(int64) :: index
        allocate (character(len=count) :: bytes)
        do index = 0, count - 1
            bytes(index + 1:index + 1) = achar(iand(seed + mod(index, 251_int64), 255_int64))
        end do
    end function

    function text_pattern(count, seed) result(text)
        integer(int64), intent(in) :: count, seed
        character(len=:), allocatable :: text
        integer(int64) :: index
        allocate (character(len=count) :: text)
        do index = 0, count - 1
            text(index + 1:index + 1) = &
                achar(iachar("a") + mod(seed + mod(index, 23_int64), 26_int64))
        end do
    end function

    ! The part of a word from 1, as its colons divide it.
    function part(word, which) result(text)
        character(len=*), intent(in) :: word
        integer, intent(in) :: which
        character(len=:), allocatable :: text
        integer :: index, from, colons
        from = 1
        colons = 0
        do index = 1, len(word)
            if (word(index:index) /= ":") cycle
            colons = colons + 1
            if (colons == which) then
                text = word(from:index - 1)
                return
            end if
            from = index + 1
        end do
        text = word(from:)
    end function

    subroutine add_tensor(value, dtype, shape, label, bytes, seed)
        type(sipc_value), intent(inout) :: value
        character(len=*), intent(in) :: dtype, shape
        character(len=*), intent(in), target :: label
        character(len=*), intent(in), optional :: bytes
        integer(int64), intent(in), optional :: seed
        character(len=:), allocatable, target :: content
        type(sipc_item) :: item
        integer :: from, till, index
        item = sipc_null()
        item%raw%kind = SIPC_KIND_TENSOR
        item%raw%dtype = findloc(DTYPES, dtype, dim=1)
        item%raw%len = DTYPE_BYTES(item%raw%dtype)
        from = 1
        do while (from <= len(shape))
            index = scan(shape(from:), "x")
            till = merge(len(shape), from + index - 2, index == 0)
            item%raw%ndim = item%raw%ndim + 1
            item%raw%shape(item%raw%ndim) = number_of(shape(from:till))
            item%raw%len = item%raw%len * item%raw%shape(item%raw%ndim)
            from = till + 2
        end do
        if (present(seed)) content = pattern(item%raw%len, seed)
        if (present(bytes)) content = bytes
        item%raw%data = c_loc(content)
        item%raw%label = c_loc(label)
        item%raw%label_len = len(label)
        call value%add_copy(item)
    end subroutine

    subroutine add_word(value, kind, word)
        type(sipc_value), intent(inout) :: value
        character(len=1), intent(in) :: kind
        character(len=*), intent(in) :: word
        character(len=:), allocatable, target :: content, label
        integer(int64) :: bits
        select case (kind)
        case ("n")
            call value%add(sipc_null())
        case ("b")
            call value%add(word == "1")
        case ("i")
            call value%add(number_of(word))
        case ("u")
            call value%add(unsigned_of(word))
        case ("d")
            read (word, "(z16)") bits
            call value%add(transfer(bits, 1.0_real64))
        case ("s")
            call value%add(unhex(word))
        case ("S")
            call value%add(text_pattern(number_of(part(word, 1)), number_of(part(word, 2))))
        case ("x")
            content = unhex(word)
            call value%add_copy(sipc_bytes(content))
        case ("X")
            content = pattern(number_of(part(word, 1)), number_of(part(word, 2)))
            call value%add_copy(sipc_bytes(content))
        case ("o")
            label = unhex(part(word, 1))
            content = unhex(part(word, 2))
            call value%add_copy(sipc_opaque(content, label))
        case ("t")
            label = unhex(part(word, 3))
            call add_tensor(value, part(word, 1), part(word, 2), label, bytes=unhex(part(word, 4)))
        case ("T")
            label = unhex(part(word, 3))
            call add_tensor(value, part(word, 1), part(word, 2), label, &
                seed=number_of(part(word, 4)))
        case default
            error stop "no such value"
        end select
    end subroutine

    recursive subroutine read_value(text, at, value)
        character(len=*), intent(in) :: text
        integer, intent(inout) :: at
        type(sipc_value), intent(inout) :: value
        character(len=1) :: kind, last
        integer :: till
        kind = text(at:at)
        at = at + 1
        if (kind == "[" .or. kind == "{") then
            last = merge("]", "}", kind == "[")
            if (kind == "[") call value%begin_list()
            if (kind == "{") call value%begin_map()
            do while (text(at:at) /= last)
                if (kind == "{") then
                    till = at + scan(text(at:), ":") - 1
                    call value%key(unhex(text(at + 1:till - 1)))
                    at = till + 1
                end if
                call read_value(text, at, value)
                if (text(at:at) == ",") at = at + 1
            end do
            at = at + 1
            call value%end()
        else
            till = scan(text(at:), ",]}")
            till = merge(len(text) + 1, at + till - 1, till == 0)
            call add_word(value, kind, text(at:till - 1))
            at = till
        end if
    end subroutine

    ! Reads a value.
    subroutine parse(text, value)
        character(len=*), intent(in) :: text
        type(sipc_value), intent(inout) :: value
        integer :: at
        at = 1
        call value%clear()
        call read_value(text, at, value)
    end subroutine

    function crc32(bytes) result(crc)
        character(kind=c_char), intent(in) :: bytes(:)
        integer(int64) :: crc, table(0:255)
        integer :: index, bit
        do index = 0, 255
            table(index) = index
            do bit = 1, 8
                table(index) = merge(ieor(ishft(table(index), -1), int(z"EDB88320", int64)), &
                    ishft(table(index), -1), btest(table(index), 0))
            end do
        end do
        crc = LOW_HALF
        do index = 1, size(bytes)
            crc = ieor(table(iand(ieor(crc, int(ichar(bytes(index)), int64)), 255_int64)), &
                ishft(crc, -8))
        end do
        crc = iand(not(crc), LOW_HALF)
    end function

    function show_data(item) result(text)
        type(sipc_item), intent(in) :: item
        character(len=:), allocatable :: text
        character(kind=c_char), pointer :: bytes(:)
        if (item%bytes() <= SHOWN_BYTES_MAX) then
            text = hex(item%content())
        else
            call c_f_pointer(item%data(), bytes, [item%bytes()])
            text = "#" // decimal(item%bytes()) // ":" // hex_of_bits(crc32(bytes), 8)
        end if
    end function

    function show_shape(item) result(text)
        type(sipc_item), intent(in) :: item
        character(len=:), allocatable :: text
        integer(int64), allocatable :: shape(:)
        integer :: dim
        text = ""
        shape = item%shape()
        do dim = size(shape), 1, -1
            if (len(text) > 0) text = text // "x"
            text = text // decimal(shape(dim))
        end do
    end function

    ! Writes a value.
    recursive function show(item) result(text)
        type(sipc_item), intent(in) :: item
        character(len=:), allocatable :: text
        integer :: index
        select case (item%kind())
        case (SIPC_KIND_NULL)
            text = "n"
        case (SIPC_KIND_BOOL)
            text = merge("b1", "b0", item%get_logical())
        case (SIPC_KIND_INT)
            text = "i" // decimal(item%get_int())
        case (SIPC_KIND_UINT)
            text = "u" // unsigned_text(item%get_uint())
        case (SIPC_KIND_FLOAT)
            text = "d" // hex_of_bits(transfer(item%get_real(), 1_int64), 16)
        case (SIPC_KIND_STR)
            text = "s" // show_data(item)
        case (SIPC_KIND_BYTES)
            text = "x" // show_data(item)
        case (SIPC_KIND_OPAQUE)
            text = "o" // hex(item%label()) // ":" // show_data(item)
        case (SIPC_KIND_TENSOR)
            text = "t" // trim(DTYPES(item%dtype())) // ":" // show_shape(item) // ":" &
                // hex(item%label()) // ":" // show_data(item)
        case (SIPC_KIND_LIST)
            text = "["
            do index = 1, item%count()
                if (index > 1) text = text // ","
                text = text // show(item%item(index))
            end do
            text = text // "]"
        case default
            text = "{"
            do index = 1, item%count()
                if (index > 1) text = text // ","
                text = text // "s" // hex(item%key(index)) // ":" // show(item%item(index))
            end do
            text = text // "}"
        end select
    end function

end module
