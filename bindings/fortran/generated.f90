! Made from spec/api.toml by `cargo xtask gen`; edit that file instead.
!
! What libsimpleipc declares. Numbers without a sign have the bits of those with one.
module simpleipc_generated
    use, intrinsic :: iso_c_binding
    implicit none
    public

    integer(c_int32_t), parameter :: SIPC_ABI = 1
    integer(c_int32_t), parameter :: SIPC_DIMS_MAX = 8
    integer(c_int32_t), parameter :: SIPC_NAME_BYTES_MAX = 200
    integer(c_int32_t), parameter :: SIPC_PRODUCERS_MAX = 64
    integer(c_int32_t), parameter :: SIPC_PEERS_MAX = 256

    ! Statuses.
    integer(c_int32_t), parameter :: SIPC_STATUS_OK = 0
    integer(c_int32_t), parameter :: SIPC_STATUS_TIMEOUT = 1
    integer(c_int32_t), parameter :: SIPC_STATUS_FULL = 2
    integer(c_int32_t), parameter :: SIPC_STATUS_INTERRUPTED = 3
    integer(c_int32_t), parameter :: SIPC_STATUS_BUSY = 4
    integer(c_int32_t), parameter :: SIPC_STATUS_CONFLICT = 5
    integer(c_int32_t), parameter :: SIPC_STATUS_CANCELLED = 6
    integer(c_int32_t), parameter :: SIPC_STATUS_CLOSED = 10
    integer(c_int32_t), parameter :: SIPC_STATUS_FORKED = 11
    integer(c_int32_t), parameter :: SIPC_STATUS_UNLINKED = 12
    integer(c_int32_t), parameter :: SIPC_STATUS_EVICTED = 13
    integer(c_int32_t), parameter :: SIPC_STATUS_SERVER_DIED = 14
    integer(c_int32_t), parameter :: SIPC_STATUS_BAD_NAME = 20
    integer(c_int32_t), parameter :: SIPC_STATUS_WRONG_PATTERN = 21
    integer(c_int32_t), parameter :: SIPC_STATUS_WRONG_ROLE = 22
    integer(c_int32_t), parameter :: SIPC_STATUS_TOO_LARGE = 23
    integer(c_int32_t), parameter :: SIPC_STATUS_BAD_VALUE = 24
    integer(c_int32_t), parameter :: SIPC_STATUS_BAD_ARGUMENT = 25
    integer(c_int32_t), parameter :: SIPC_STATUS_TOO_MANY_PRODUCERS = 26
    integer(c_int32_t), parameter :: SIPC_STATUS_TOO_MANY_PEERS = 27
    integer(c_int32_t), parameter :: SIPC_STATUS_FAILED = 28
    integer(c_int32_t), parameter :: SIPC_STATUS_CORRUPT = 30
    integer(c_int32_t), parameter :: SIPC_STATUS_VERSION = 31
    integer(c_int32_t), parameter :: SIPC_STATUS_NO_SPACE = 40
    integer(c_int32_t), parameter :: SIPC_STATUS_NO_PERMISSION = 41
    integer(c_int32_t), parameter :: SIPC_STATUS_NO_DIRECTORY = 42
    integer(c_int32_t), parameter :: SIPC_STATUS_SYSTEM = 43
    integer(c_int32_t), parameter :: SIPC_STATUS_INTERNAL = 50

    ! The classes of statuses: first and last number, also of statuses to come.
    integer(c_int32_t), parameter :: SIPC_CLASS_OK(2) = [0, 0]
    integer(c_int32_t), parameter :: SIPC_CLASS_RETRY(2) = [1, 9]
    integer(c_int32_t), parameter :: SIPC_CLASS_GONE(2) = [10, 19]
    integer(c_int32_t), parameter :: SIPC_CLASS_MISUSE(2) = [20, 29]
    integer(c_int32_t), parameter :: SIPC_CLASS_CORRUPT(2) = [30, 39]
    integer(c_int32_t), parameter :: SIPC_CLASS_SYSTEM(2) = [40, 59]

    ! What a handle is opened for: the verb. Publish and subscribe make a topic, send and receive a
    ! queue, set and watch a state, notify and wait a signal, lock a lock or semaphore.
    integer(c_int32_t), parameter :: SIPC_ROLE_PUBLISH = 1
    integer(c_int32_t), parameter :: SIPC_ROLE_SUBSCRIBE = 2
    integer(c_int32_t), parameter :: SIPC_ROLE_SEND = 3
    integer(c_int32_t), parameter :: SIPC_ROLE_RECEIVE = 4
    integer(c_int32_t), parameter :: SIPC_ROLE_SET = 5
    integer(c_int32_t), parameter :: SIPC_ROLE_WATCH = 6
    integer(c_int32_t), parameter :: SIPC_ROLE_NOTIFY = 7
    integer(c_int32_t), parameter :: SIPC_ROLE_WAIT = 8
    integer(c_int32_t), parameter :: SIPC_ROLE_LOCK = 9
    integer(c_int32_t), parameter :: SIPC_ROLE_CALL = 10
    integer(c_int32_t), parameter :: SIPC_ROLE_SERVE = 11
    integer(c_int32_t), parameter :: SIPC_ROLE_PEERS = 12
    integer(c_int32_t), parameter :: SIPC_ROLE_HOST = 13

    ! The kind of a value. An int sent is an int received, in every language.
    integer(c_int32_t), parameter :: SIPC_KIND_NULL = 0
    integer(c_int32_t), parameter :: SIPC_KIND_BOOL = 1
    integer(c_int32_t), parameter :: SIPC_KIND_INT = 2
    integer(c_int32_t), parameter :: SIPC_KIND_UINT = 3
    integer(c_int32_t), parameter :: SIPC_KIND_FLOAT = 4
    integer(c_int32_t), parameter :: SIPC_KIND_STR = 5
    integer(c_int32_t), parameter :: SIPC_KIND_BYTES = 6
    integer(c_int32_t), parameter :: SIPC_KIND_LIST = 7
    integer(c_int32_t), parameter :: SIPC_KIND_MAP = 8
    integer(c_int32_t), parameter :: SIPC_KIND_TENSOR = 9
    integer(c_int32_t), parameter :: SIPC_KIND_OPAQUE = 10

    ! Element type of a tensor; elements are in the machine's byte order.
    integer(c_int32_t), parameter :: SIPC_DTYPE_BOOL = 1
    integer(c_int32_t), parameter :: SIPC_DTYPE_U8 = 2
    integer(c_int32_t), parameter :: SIPC_DTYPE_I8 = 3
    integer(c_int32_t), parameter :: SIPC_DTYPE_U16 = 4
    integer(c_int32_t), parameter :: SIPC_DTYPE_I16 = 5
    integer(c_int32_t), parameter :: SIPC_DTYPE_U32 = 6
    integer(c_int32_t), parameter :: SIPC_DTYPE_I32 = 7
    integer(c_int32_t), parameter :: SIPC_DTYPE_U64 = 8
    integer(c_int32_t), parameter :: SIPC_DTYPE_I64 = 9
    integer(c_int32_t), parameter :: SIPC_DTYPE_F16 = 10
    integer(c_int32_t), parameter :: SIPC_DTYPE_F32 = 11
    integer(c_int32_t), parameter :: SIPC_DTYPE_F64 = 12
    integer(c_int32_t), parameter :: SIPC_DTYPE_C64 = 13
    integer(c_int32_t), parameter :: SIPC_DTYPE_C128 = 14

    ! Bits of sipc_options.flags.
    integer(c_int32_t), parameter :: SIPC_OPTION_LOSSLESS = 1
    integer(c_int32_t), parameter :: SIPC_OPTION_LATEST = 2
    integer(c_int32_t), parameter :: SIPC_OPTION_UNSTAMPED = 4
    integer(c_int32_t), parameter :: SIPC_OPTION_TAP = 8

    ! Bits of sipc_message.flags.
    integer(c_int32_t), parameter :: SIPC_MESSAGE_REDELIVERED = 1
    integer(c_int32_t), parameter :: SIPC_MESSAGE_ONE_WAY = 2
    integer(c_int32_t), parameter :: SIPC_MESSAGE_MORE = 4

    ! Bits of the flags of sipc_call.
    integer(c_int32_t), parameter :: SIPC_CALL_IDEMPOTENT = 1
    integer(c_int32_t), parameter :: SIPC_CALL_ONE_WAY = 2

    ! Bits of the flags of sipc_reply.
    integer(c_int32_t), parameter :: SIPC_REPLY_MORE = 1
    integer(c_int32_t), parameter :: SIPC_REPLY_ERROR = 2

    type, bind(c) :: raw_error
        integer(c_int32_t) :: size = 0
        integer(c_int32_t) :: status = 0
        integer(c_int32_t) :: os_code = 0
        integer(c_int32_t) :: reserved = 0
        character(kind=c_char) :: message(496) = c_null_char
    end type

    type, bind(c) :: raw_value
        integer(c_int32_t) :: size = 0
        integer(c_int32_t) :: kind = 0
        integer(c_int64_t) :: i = 0
        integer(c_int64_t) :: u = 0
        real(c_double) :: f = 0
        type(c_ptr) :: data = c_null_ptr
        integer(c_int64_t) :: len = 0
        type(c_ptr) :: items = c_null_ptr
        integer(c_int64_t) :: count = 0
        type(c_ptr) :: label = c_null_ptr
        integer(c_int64_t) :: label_len = 0
        integer(c_int32_t) :: dtype = 0
        integer(c_int32_t) :: ndim = 0
        integer(c_int64_t) :: shape(8) = 0
        integer(c_int64_t) :: strides(8) = 0
        integer(c_int64_t) :: capture_time_ns = 0
    end type

    type, bind(c) :: raw_message
        integer(c_int32_t) :: size = 0
        integer(c_int32_t) :: flags = 0
        type(raw_value) :: value
        integer(c_int64_t) :: sequence = 0
        integer(c_int64_t) :: sender = 0
        integer(c_int64_t) :: publish_time_ns = 0
        integer(c_int64_t) :: receive_time_ns = 0
        integer(c_int64_t) :: missed = 0
        type(c_ptr) :: hold = c_null_ptr
    end type

    type, bind(c) :: raw_options
        integer(c_int32_t) :: size = 0
        integer(c_int32_t) :: flags = 0
        integer(c_int32_t) :: history = 0
        integer(c_int32_t) :: depth = 0
        integer(c_int64_t) :: pool_bytes_max = 0
        type(c_ptr) :: directory = c_null_ptr
        integer(c_int32_t) :: signal = 0
        integer(c_int32_t) :: permits = 0
    end type

    interface
        function c_abi_version( &
            ) bind(c, name="sipc_abi_version")
            import
            integer(c_int32_t) :: c_abi_version
        end function
        function c_version( &
            ) bind(c, name="sipc_version")
            import
            type(c_ptr) :: c_version
        end function
        function c_status_text( &
            status &
            ) bind(c, name="sipc_status_text")
            import
            integer(c_int32_t), value :: status
            type(c_ptr) :: c_status_text
        end function
        function c_now_ns( &
            ) bind(c, name="sipc_now_ns")
            import
            integer(c_int64_t) :: c_now_ns
        end function
        function c_send( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_send")
            import
            type(c_ptr), value :: name
            type(raw_value), intent(in) :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_send
        end function
        function c_send_bool( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_send_bool")
            import
            type(c_ptr), value :: name
            integer(c_int32_t), value :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_send_bool
        end function
        function c_send_int( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_send_int")
            import
            type(c_ptr), value :: name
            integer(c_int64_t), value :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_send_int
        end function
        function c_send_float( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_send_float")
            import
            type(c_ptr), value :: name
            real(c_double), value :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_send_float
        end function
        function c_send_str( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_send_str")
            import
            type(c_ptr), value :: name
            type(c_ptr), value :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_send_str
        end function
        function c_send_bytes( &
            name, &
            data, &
            len, &
            error &
            ) bind(c, name="sipc_send_bytes")
            import
            type(c_ptr), value :: name
            type(c_ptr), value :: data
            integer(c_int64_t), value :: len
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_send_bytes
        end function
        function c_publish( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_publish")
            import
            type(c_ptr), value :: name
            type(raw_value), intent(in) :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_publish
        end function
        function c_publish_bool( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_publish_bool")
            import
            type(c_ptr), value :: name
            integer(c_int32_t), value :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_publish_bool
        end function
        function c_publish_int( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_publish_int")
            import
            type(c_ptr), value :: name
            integer(c_int64_t), value :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_publish_int
        end function
        function c_publish_float( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_publish_float")
            import
            type(c_ptr), value :: name
            real(c_double), value :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_publish_float
        end function
        function c_publish_str( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_publish_str")
            import
            type(c_ptr), value :: name
            type(c_ptr), value :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_publish_str
        end function
        function c_publish_bytes( &
            name, &
            data, &
            len, &
            error &
            ) bind(c, name="sipc_publish_bytes")
            import
            type(c_ptr), value :: name
            type(c_ptr), value :: data
            integer(c_int64_t), value :: len
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_publish_bytes
        end function
        function c_receive( &
            name, &
            timeout_ns, &
            message, &
            error &
            ) bind(c, name="sipc_receive")
            import
            type(c_ptr), value :: name
            integer(c_int64_t), value :: timeout_ns
            type(raw_message), intent(inout) :: message
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_receive
        end function
        function c_set( &
            name, &
            value, &
            error &
            ) bind(c, name="sipc_set")
            import
            type(c_ptr), value :: name
            type(raw_value), intent(in) :: value
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_set
        end function
        function c_get( &
            name, &
            timeout_ns, &
            message, &
            error &
            ) bind(c, name="sipc_get")
            import
            type(c_ptr), value :: name
            integer(c_int64_t), value :: timeout_ns
            type(raw_message), intent(inout) :: message
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_get
        end function
        function c_notify( &
            name, &
            error &
            ) bind(c, name="sipc_notify")
            import
            type(c_ptr), value :: name
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_notify
        end function
        function c_await( &
            name, &
            timeout_ns, &
            count, &
            error &
            ) bind(c, name="sipc_await")
            import
            type(c_ptr), value :: name
            integer(c_int64_t), value :: timeout_ns
            integer(c_int64_t), intent(out) :: count
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_await
        end function
        function c_open( &
            name, &
            role, &
            options, &
            channel, &
            error &
            ) bind(c, name="sipc_open")
            import
            type(c_ptr), value :: name
            integer(c_int32_t), value :: role
            type(raw_options), intent(in) :: options
            type(c_ptr), intent(out) :: channel
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_open
        end function
        function c_close( &
            channel &
            ) bind(c, name="sipc_close")
            import
            type(c_ptr), value :: channel
            integer(c_int32_t) :: c_close
        end function
        function c_put( &
            channel, &
            value, &
            timeout_ns, &
            error &
            ) bind(c, name="sipc_put")
            import
            type(c_ptr), value :: channel
            type(raw_value), intent(in) :: value
            integer(c_int64_t), value :: timeout_ns
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_put
        end function
        function c_take( &
            channel, &
            timeout_ns, &
            message, &
            error &
            ) bind(c, name="sipc_take")
            import
            type(c_ptr), value :: channel
            integer(c_int64_t), value :: timeout_ns
            type(raw_message), intent(inout) :: message
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_take
        end function
        function c_put_if( &
            channel, &
            value, &
            expected, &
            timeout_ns, &
            error &
            ) bind(c, name="sipc_put_if")
            import
            type(c_ptr), value :: channel
            type(raw_value), intent(in) :: value
            integer(c_int64_t), value :: expected
            integer(c_int64_t), value :: timeout_ns
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_put_if
        end function
        function c_current( &
            channel, &
            timeout_ns, &
            message, &
            error &
            ) bind(c, name="sipc_current")
            import
            type(c_ptr), value :: channel
            integer(c_int64_t), value :: timeout_ns
            type(raw_message), intent(inout) :: message
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_current
        end function
        function c_lock( &
            channel, &
            timeout_ns, &
            abandoned_pid, &
            error &
            ) bind(c, name="sipc_lock")
            import
            type(c_ptr), value :: channel
            integer(c_int64_t), value :: timeout_ns
            integer(c_int64_t), intent(out) :: abandoned_pid
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_lock
        end function
        function c_unlock( &
            channel, &
            error &
            ) bind(c, name="sipc_unlock")
            import
            type(c_ptr), value :: channel
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_unlock
        end function
        function c_plugin( &
            channel, &
            plugin, &
            error &
            ) bind(c, name="sipc_plugin")
            import
            type(c_ptr), value :: channel
            type(raw_value), intent(in) :: plugin
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_plugin
        end function
        function c_peers( &
            name, &
            options, &
            message, &
            error &
            ) bind(c, name="sipc_peers")
            import
            type(c_ptr), value :: name
            type(raw_options), intent(in) :: options
            type(raw_message), intent(inout) :: message
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_peers
        end function
        function c_identify( &
            program, &
            language, &
            error &
            ) bind(c, name="sipc_identify")
            import
            type(c_ptr), value :: program
            type(c_ptr), value :: language
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_identify
        end function
        subroutine c_release( &
            message &
            ) bind(c, name="sipc_release")
            import
            type(raw_message), intent(inout) :: message
        end subroutine
        function c_loan( &
            channel, &
            value, &
            timeout_ns, &
            error &
            ) bind(c, name="sipc_loan")
            import
            type(c_ptr), value :: channel
            type(raw_value), intent(inout) :: value
            integer(c_int64_t), value :: timeout_ns
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_loan
        end function
        function c_unloan( &
            channel, &
            data &
            ) bind(c, name="sipc_unloan")
            import
            type(c_ptr), value :: channel
            type(c_ptr), value :: data
            integer(c_int32_t) :: c_unloan
        end function
        function c_wait( &
            channels, &
            count, &
            timeout_ns, &
            index, &
            error &
            ) bind(c, name="sipc_wait")
            import
            type(c_ptr), intent(in), dimension(*) :: channels
            integer(c_int32_t), value :: count
            integer(c_int64_t), value :: timeout_ns
            integer(c_int32_t), intent(out) :: index
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_wait
        end function
        function c_fd( &
            channel, &
            fd, &
            error &
            ) bind(c, name="sipc_fd")
            import
            type(c_ptr), value :: channel
            integer(c_int32_t), intent(out) :: fd
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_fd
        end function
        function c_interrupt( &
            channel &
            ) bind(c, name="sipc_interrupt")
            import
            type(c_ptr), value :: channel
            integer(c_int32_t) :: c_interrupt
        end function
        function c_call( &
            channel, &
            method, &
            args, &
            flags, &
            timeout_ns, &
            call, &
            error &
            ) bind(c, name="sipc_call")
            import
            type(c_ptr), value :: channel
            type(c_ptr), value :: method
            type(raw_value), intent(in) :: args
            integer(c_int32_t), value :: flags
            integer(c_int64_t), value :: timeout_ns
            integer(c_int64_t), intent(out) :: call
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_call
        end function
        function c_result( &
            channel, &
            call, &
            timeout_ns, &
            message, &
            error &
            ) bind(c, name="sipc_result")
            import
            type(c_ptr), value :: channel
            integer(c_int64_t), value :: call
            integer(c_int64_t), value :: timeout_ns
            type(raw_message), intent(inout) :: message
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_result
        end function
        function c_cancel( &
            channel, &
            call &
            ) bind(c, name="sipc_cancel")
            import
            type(c_ptr), value :: channel
            integer(c_int64_t), value :: call
            integer(c_int32_t) :: c_cancel
        end function
        function c_reply( &
            request, &
            value, &
            flags, &
            error &
            ) bind(c, name="sipc_reply")
            import
            type(raw_message), intent(inout) :: request
            type(raw_value), intent(in) :: value
            integer(c_int32_t), value :: flags
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_reply
        end function
        function c_cancelled( &
            request &
            ) bind(c, name="sipc_cancelled")
            import
            type(raw_message), intent(inout) :: request
            integer(c_int32_t) :: c_cancelled
        end function
        function c_describe( &
            channel, &
            methods, &
            error &
            ) bind(c, name="sipc_describe")
            import
            type(c_ptr), value :: channel
            type(raw_value), intent(in) :: methods
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_describe
        end function
        function c_audit( &
            name, &
            directory, &
            buffer, &
            capacity, &
            needed, &
            error &
            ) bind(c, name="sipc_audit")
            import
            type(c_ptr), value :: name
            type(c_ptr), value :: directory
            type(c_ptr), value :: buffer
            integer(c_int64_t), value :: capacity
            integer(c_int64_t), intent(out) :: needed
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_audit
        end function
        function c_clean( &
            directory, &
            age_max_ns, &
            count, &
            error &
            ) bind(c, name="sipc_clean")
            import
            type(c_ptr), value :: directory
            integer(c_int64_t), value :: age_max_ns
            integer(c_int64_t), intent(out) :: count
            type(raw_error), intent(inout) :: error
            integer(c_int32_t) :: c_clean
        end function
    end interface
end module
