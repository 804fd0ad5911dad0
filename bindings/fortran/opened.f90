! The handles that the interop driver has open, by the names that it was told. A line is words.
module opened
    use simpleipc
    use notation
    implicit none
    private

    public :: word_of, split, ms, stat, errmsg
    public :: open, close, entries, slot, producer, consumer, client

    type :: word_of
        character(len=:), allocatable :: text
    end type

    type :: entry_of
        character(len=:), allocatable :: id
        class(sipc_handle), pointer :: handle => null()
    end type

    type(entry_of) :: entries(512)
    ! How the last call ended.
    integer :: stat
    character(len=512) :: errmsg

contains

    function split(line) result(words)
        character(len=*), intent(in) :: line
        type(word_of), allocatable :: words(:)
        integer :: index, from
        allocate (words(0))
        from = 1
        do index = 1, len(line) + 1
            if (index <= len(line)) then
                if (line(index:index) /= " ") cycle
            end if
            words = [words, word_of(line(from:index - 1))]
            from = index + 1
        end do
    end function

    function slot(id) result(which)
        character(len=*), intent(in) :: id
        integer :: which
        do which = 1, size(entries)
            if (.not. associated(entries(which)%handle)) cycle
            if (entries(which)%id == id) return
        end do
        error stop "no such handle"
    end function

    function producer(id) result(found)
        character(len=*), intent(in) :: id
        class(sipc_producer), pointer :: found
        found => null()
        select type (handle => entries(slot(id))%handle)
        class is (sipc_producer)
            found => handle
        end select
    end function

    function consumer(id) result(found)
        character(len=*), intent(in) :: id
        class(sipc_consumer), pointer :: found
        found => null()
        select type (handle => entries(slot(id))%handle)
        class is (sipc_consumer)
            found => handle
        end select
    end function

    function client(id) result(found)
        character(len=*), intent(in) :: id
        type(sipc_client), pointer :: found
        found => null()
        select type (handle => entries(slot(id))%handle)
        type is (sipc_client)
            found => handle
        end select
    end function

    function ms(text) result(number)
        character(len=*), intent(in) :: text
        integer :: number
        number = int(number_of(text))
    end function

    subroutine open(words)
        type(word_of), intent(in) :: words(:)
        type(sipc_options) :: options
        class(sipc_handle), pointer :: handle
        integer :: index, is
        do index = 5, size(words)
            associate (word => words(index)%text)
                is = scan(word, "=")
                if (word == "lossless") options%lossless = .true.
                if (word == "latest") options%latest = .true.
                if (word(:is) == "history=") options%history = ms(word(is + 1:))
                if (word(:is) == "depth=") options%depth = ms(word(is + 1:))
                if (word(:is) == "permits=") options%permits = ms(word(is + 1:))
            end associate
        end do
        select case (words(3)%text)
        case ("publish")
            allocate (sipc_publisher :: handle)
        case ("subscribe")
            allocate (sipc_subscriber :: handle)
        case ("send")
            allocate (sipc_sender :: handle)
        case ("receive")
            allocate (sipc_receiver :: handle)
        case ("set")
            allocate (sipc_setter :: handle)
        case ("watch")
            allocate (sipc_watcher :: handle)
        case ("notify")
            allocate (sipc_notifier :: handle)
        case ("wait")
            allocate (sipc_waiter :: handle)
        case ("lock")
            allocate (sipc_lock :: handle)
        case ("call")
            allocate (sipc_client :: handle)
        case ("serve")
            allocate (sipc_server :: handle)
        case ("host")
            allocate (sipc_host :: handle)
        case default
            allocate (sipc_peer_watcher :: handle)
        end select
        call handle%open(words(4)%text, options, stat, errmsg)
        if (stat /= 0) then
            deallocate (handle)
            return
        end if
        do index = 1, size(entries)
            if (associated(entries(index)%handle)) cycle
            entries(index)%id = words(2)%text
            entries(index)%handle => handle
            return
        end do
    end subroutine

    subroutine close(id)
        character(len=*), intent(in) :: id
        integer :: which
        which = slot(id)
        call entries(which)%handle%close()
        deallocate (entries(which)%handle)
    end subroutine

end module
