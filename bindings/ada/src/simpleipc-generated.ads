--  Made from spec/api.toml by `cargo xtask gen`; edit that file instead.

with Interfaces.C.Strings;
with System;

--  The C surface: numbers, structs and functions, which have the names of simpleipc.h.
package SimpleIPC.Generated is

   use type Interfaces.Unsigned_32;

   --  The ABI that is declared here.
   ABI_Version : constant Interfaces.Unsigned_32 := 1;

   --  success (ok)
   STATUS_OK : constant Interfaces.Integer_32 := 0;
   --  nothing arrived within the time given (retry)
   STATUS_TIMEOUT : constant Interfaces.Integer_32 := 1;
   --  no room within the time given; nothing was sent (retry)
   STATUS_FULL : constant Interfaces.Integer_32 := 2;
   --  the wait was interrupted by a signal or by sipc_interrupt (retry)
   STATUS_INTERRUPTED : constant Interfaces.Integer_32 := 3;
   --  another thread is inside this handle; open one handle per thread (retry)
   STATUS_BUSY : constant Interfaces.Integer_32 := 4;
   --  somebody else was faster; nothing was set (retry)
   STATUS_CONFLICT : constant Interfaces.Integer_32 := 5;
   --  the call was cancelled (retry)
   STATUS_CANCELLED : constant Interfaces.Integer_32 := 6;
   --  the handle is closed (gone)
   STATUS_CLOSED : constant Interfaces.Integer_32 := 10;
   --  the handle belongs to the parent process; open a new one in the child (gone)
   STATUS_FORKED : constant Interfaces.Integer_32 := 11;
   --  the channel's file was removed by someone; close the handle and open it again (gone)
   STATUS_UNLINKED : constant Interfaces.Integer_32 := 12;
   --  this handle was taken for dead because its lock was closed under it; open it again (gone)
   STATUS_EVICTED : constant Interfaces.Integer_32 := 13;
   --  the server died while it worked on the call; what it had done by then is not known (gone)
   STATUS_SERVER_DIED : constant Interfaces.Integer_32 := 14;
   --  the channel name is not usable (misuse)
   STATUS_BAD_NAME : constant Interfaces.Integer_32 := 20;
   --  the verb does not fit the pattern of this channel (misuse)
   STATUS_WRONG_PATTERN : constant Interfaces.Integer_32 := 21;
   --  the handle was opened for the other direction (misuse)
   STATUS_WRONG_ROLE : constant Interfaces.Integer_32 := 22;
   --  the message is larger than the channel's limit (misuse)
   STATUS_TOO_LARGE : constant Interfaces.Integer_32 := 23;
   --  the value cannot be sent as it stands (misuse)
   STATUS_BAD_VALUE : constant Interfaces.Integer_32 := 24;
   --  an argument is missing or out of range (misuse)
   STATUS_BAD_ARGUMENT : constant Interfaces.Integer_32 := 25;
   --  the channel already has its maximum of producers (misuse)
   STATUS_TOO_MANY_PRODUCERS : constant Interfaces.Integer_32 := 26;
   --  the channel already has its maximum of open handles (misuse)
   STATUS_TOO_MANY_PEERS : constant Interfaces.Integer_32 := 27;
   --  the server answered with an error of its own (misuse)
   STATUS_FAILED : constant Interfaces.Integer_32 := 28;
   --  the channel's file is damaged (corrupt)
   STATUS_CORRUPT : constant Interfaces.Integer_32 := 30;
   --  the channel was made by a version or machine this library cannot share memory with (corrupt)
   STATUS_VERSION : constant Interfaces.Integer_32 := 31;
   --  shared memory is full (system)
   STATUS_NO_SPACE : constant Interfaces.Integer_32 := 40;
   --  not permitted (system)
   STATUS_NO_PERMISSION : constant Interfaces.Integer_32 := 41;
   --  the channel directory does not exist or is no directory (system)
   STATUS_NO_DIRECTORY : constant Interfaces.Integer_32 := 42;
   --  the operating system refused (system)
   STATUS_SYSTEM : constant Interfaces.Integer_32 := 43;
   --  a defect in SimpleIPC; please report it (system)
   STATUS_INTERNAL : constant Interfaces.Integer_32 := 50;

   --  The last number of the class ok.
   LAST_OK : constant Interfaces.Integer_32 := 0;
   --  The last number of the class retry.
   LAST_RETRY : constant Interfaces.Integer_32 := 9;
   --  The last number of the class gone.
   LAST_GONE : constant Interfaces.Integer_32 := 19;
   --  The last number of the class misuse.
   LAST_MISUSE : constant Interfaces.Integer_32 := 29;
   --  The last number of the class corrupt.
   LAST_CORRUPT : constant Interfaces.Integer_32 := 39;
   --  The last number of the class system.
   LAST_SYSTEM : constant Interfaces.Integer_32 := 59;

   --  put messages on a topic
   ROLE_PUBLISH : constant Interfaces.Unsigned_32 := 1;
   --  take messages of a topic
   ROLE_SUBSCRIBE : constant Interfaces.Unsigned_32 := 2;
   --  put messages into a queue
   ROLE_SEND : constant Interfaces.Unsigned_32 := 3;
   --  take messages out of a queue
   ROLE_RECEIVE : constant Interfaces.Unsigned_32 := 4;
   --  put values of a state; each replaces the one before
   ROLE_SET : constant Interfaces.Unsigned_32 := 5;
   --  take values of a state: sipc_take the newest that has not been taken yet, sipc_current the
   --  value that holds now
   ROLE_WATCH : constant Interfaces.Unsigned_32 := 6;
   --  put a value of kind NULL to say that something has happened
   ROLE_NOTIFY : constant Interfaces.Unsigned_32 := 7;
   --  take a value of kind UINT: how many notifications there were since the last take, or since
   --  the opening
   ROLE_WAIT : constant Interfaces.Unsigned_32 := 8;
   --  sipc_lock and sipc_unlock; a semaphore if options.permits is above 1
   ROLE_LOCK : constant Interfaces.Unsigned_32 := 9;
   --  call the methods of a service
   ROLE_CALL : constant Interfaces.Unsigned_32 := 10;
   --  take the calls of a service and answer them; with the name NULL, of the one that this process
   --  is to be as a plugin
   ROLE_SERVE : constant Interfaces.Unsigned_32 := 11;
   --  watch who has a channel open, of any pattern, without being on it; take who comes and goes,
   --  maps with event (up, down), pid, program, language, role, since_ns and id
   ROLE_PEERS : constant Interfaces.Unsigned_32 := 12;
   --  start programs of their own as plugins; take what happens to them, maps with event, plugin,
   --  pid and more
   ROLE_HOST : constant Interfaces.Unsigned_32 := 13;

   --  no value
   KIND_NULL : constant Interfaces.Unsigned_32 := 0;
   --  `i` is 0 or 1
   KIND_BOOL : constant Interfaces.Unsigned_32 := 1;
   --  `i`: signed 64-bit
   KIND_INT : constant Interfaces.Unsigned_32 := 2;
   --  `u`: unsigned 64-bit
   KIND_UINT : constant Interfaces.Unsigned_32 := 3;
   --  `f`: IEEE 754 double, all bits kept
   KIND_FLOAT : constant Interfaces.Unsigned_32 := 4;
   --  `data`, `len`: UTF-8, may hold NUL bytes, no terminator
   KIND_STR : constant Interfaces.Unsigned_32 := 5;
   --  `data`, `len`
   KIND_BYTES : constant Interfaces.Unsigned_32 := 6;
   --  `items`, `count`: count values
   KIND_LIST : constant Interfaces.Unsigned_32 := 7;
   --  `items`, `count`: count pairs, items[2k] a STR key, items[2k+1] its value; order kept
   KIND_MAP : constant Interfaces.Unsigned_32 := 8;
   --  `data`, `len`, `dtype`, `ndim`, `shape`, `strides`, optional `label` (format, as rgb8)
   KIND_TENSOR : constant Interfaces.Unsigned_32 := 9;
   --  `data`, `len`, `label`: bytes with a content type, as application/json
   KIND_OPAQUE : constant Interfaces.Unsigned_32 := 10;

   --  1 byte, 0 or 1
   DTYPE_BOOL : constant Interfaces.Unsigned_32 := 1;
   --  1 byte
   DTYPE_U8 : constant Interfaces.Unsigned_32 := 2;
   --  1 byte
   DTYPE_I8 : constant Interfaces.Unsigned_32 := 3;
   --  2 bytes
   DTYPE_U16 : constant Interfaces.Unsigned_32 := 4;
   --  2 bytes
   DTYPE_I16 : constant Interfaces.Unsigned_32 := 5;
   --  4 bytes
   DTYPE_U32 : constant Interfaces.Unsigned_32 := 6;
   --  4 bytes
   DTYPE_I32 : constant Interfaces.Unsigned_32 := 7;
   --  8 bytes
   DTYPE_U64 : constant Interfaces.Unsigned_32 := 8;
   --  8 bytes
   DTYPE_I64 : constant Interfaces.Unsigned_32 := 9;
   --  2 bytes, IEEE half
   DTYPE_F16 : constant Interfaces.Unsigned_32 := 10;
   --  4 bytes
   DTYPE_F32 : constant Interfaces.Unsigned_32 := 11;
   --  8 bytes
   DTYPE_F64 : constant Interfaces.Unsigned_32 := 12;
   --  8 bytes, two F32
   DTYPE_C64 : constant Interfaces.Unsigned_32 := 13;
   --  16 bytes, two F64
   DTYPE_C128 : constant Interfaces.Unsigned_32 := 14;

   --  subscriber: the publisher waits for me rather than overwrite what I have not taken
   OPTION_LOSSLESS : constant Interfaces.Unsigned_32 := 1;
   --  subscriber: each take skips to the newest message; what it skips counts as missed
   OPTION_LATEST : constant Interfaces.Unsigned_32 := 2;
   --  producer: do not spend a clock read per message; publish_time_ns is then 0
   OPTION_UNSTAMPED : constant Interfaces.Unsigned_32 := 4;
   --  subscriber: only look on. A tap takes no place in the channel, needs only leave to read its
   --  files, holds up and damages nobody; it is lossy, gets copies, may be opened before the
   --  channel is there, and looks by itself, when nothing happens every 2 ms
   OPTION_TAP : constant Interfaces.Unsigned_32 := 8;

   --  queue: an earlier receiver died while holding this message
   MESSAGE_REDELIVERED : constant Interfaces.Unsigned_32 := 1;
   --  request: nobody waits for a reply
   MESSAGE_ONE_WAY : constant Interfaces.Unsigned_32 := 2;
   --  reply: more replies to this call follow
   MESSAGE_MORE : constant Interfaces.Unsigned_32 := 4;

   --  to do it twice is the same as to do it once: should its server die, another one gets the
   --  call, or the next to come
   CALL_IDEMPOTENT : constant Interfaces.Unsigned_32 := 1;
   --  do not ask what becomes of it. It is done at most once, also when this process has gone
   --  meanwhile
   CALL_ONE_WAY : constant Interfaces.Unsigned_32 := 2;

   --  one of several replies; the last one is without this bit
   REPLY_MORE : constant Interfaces.Unsigned_32 := 1;
   --  an error of this program: a map with code (INT), message (STR) and data (any). The client
   --  gets SIPC_FAILED and the map
   REPLY_ERROR : constant Interfaces.Unsigned_32 := 2;

   --  Most dimensions a tensor may have.
   DIMS_MAX : constant := 8;
   --  Longest channel name in bytes of UTF-8.
   NAME_BYTES_MAX : constant := 200;
   --  Most publishers or senders on one channel at once.
   PRODUCERS_MAX : constant := 64;
   --  Most open handles of all roles on one channel at once.
   PEERS_MAX : constant := 256;

   type error_message is array (1 .. 496) of Character;
   type sipc_error is record
      size : Interfaces.Unsigned_32 := sipc_error'Size / 8;
      status : Interfaces.Integer_32 := 0;
      os_code : Interfaces.Integer_32 := 0;
      reserved : Interfaces.Unsigned_32 := 0;
      message : error_message := [others => Character'Val (0)];
   end record with Convention => C;

   type value_shape is array (1 .. 8) of Interfaces.Unsigned_64;
   type value_strides is array (1 .. 8) of Interfaces.Integer_64;
   type sipc_value is record
      size : Interfaces.Unsigned_32 := sipc_value'Size / 8;
      kind : Interfaces.Unsigned_32 := 0;
      i : Interfaces.Integer_64 := 0;
      u : Interfaces.Unsigned_64 := 0;
      f : Interfaces.IEEE_Float_64 := 0.0;
      data : System.Address := System.Null_Address;
      len : Interfaces.Unsigned_64 := 0;
      items : System.Address := System.Null_Address;
      count : Interfaces.Unsigned_64 := 0;
      label : System.Address := System.Null_Address;
      label_len : Interfaces.Unsigned_64 := 0;
      dtype : Interfaces.Unsigned_32 := 0;
      ndim : Interfaces.Unsigned_32 := 0;
      shape : value_shape := [others => 0];
      strides : value_strides := [others => 0];
      capture_time_ns : Interfaces.Integer_64 := 0;
   end record with Convention => C;

   type sipc_message is record
      size : Interfaces.Unsigned_32 := sipc_message'Size / 8;
      flags : Interfaces.Unsigned_32 := 0;
      value : aliased sipc_value;
      sequence : Interfaces.Unsigned_64 := 0;
      sender : Interfaces.Unsigned_64 := 0;
      publish_time_ns : Interfaces.Integer_64 := 0;
      receive_time_ns : Interfaces.Integer_64 := 0;
      missed : Interfaces.Unsigned_64 := 0;
      hold : System.Address := System.Null_Address;
   end record with Convention => C;

   type sipc_options is record
      size : Interfaces.Unsigned_32 := sipc_options'Size / 8;
      flags : Interfaces.Unsigned_32 := 0;
      history : Interfaces.Unsigned_32 := 0;
      depth : Interfaces.Unsigned_32 := 0;
      pool_bytes_max : Interfaces.Unsigned_64 := 0;
      directory : System.Address := System.Null_Address;
      signal : Interfaces.Integer_32 := 0;
      permits : Interfaces.Unsigned_32 := 0;
   end record with Convention => C;

   function sipc_abi_version
      return Interfaces.Unsigned_32
      with Import, Convention => C, External_Name => "sipc_abi_version";
   function sipc_version
      return Interfaces.C.Strings.chars_ptr
      with Import, Convention => C, External_Name => "sipc_version";
   function sipc_status_text
     (status : Interfaces.Integer_32)
      return Interfaces.C.Strings.chars_ptr
      with Import, Convention => C, External_Name => "sipc_status_text";
   function sipc_now_ns
      return Interfaces.Integer_64
      with Import, Convention => C, External_Name => "sipc_now_ns";
   function sipc_send
     (name : System.Address;
      value : access constant sipc_value;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_send";
   function sipc_send_bool
     (name : System.Address;
      value : Interfaces.Integer_32;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_send_bool";
   function sipc_send_int
     (name : System.Address;
      value : Interfaces.Integer_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_send_int";
   function sipc_send_float
     (name : System.Address;
      value : Interfaces.IEEE_Float_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_send_float";
   function sipc_send_str
     (name : System.Address;
      value : System.Address;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_send_str";
   function sipc_send_bytes
     (name : System.Address;
      data : System.Address;
      len : Interfaces.Unsigned_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_send_bytes";
   function sipc_publish
     (name : System.Address;
      value : access constant sipc_value;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_publish";
   function sipc_publish_bool
     (name : System.Address;
      value : Interfaces.Integer_32;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_publish_bool";
   function sipc_publish_int
     (name : System.Address;
      value : Interfaces.Integer_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_publish_int";
   function sipc_publish_float
     (name : System.Address;
      value : Interfaces.IEEE_Float_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_publish_float";
   function sipc_publish_str
     (name : System.Address;
      value : System.Address;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_publish_str";
   function sipc_publish_bytes
     (name : System.Address;
      data : System.Address;
      len : Interfaces.Unsigned_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_publish_bytes";
   function sipc_receive
     (name : System.Address;
      timeout_ns : Interfaces.Integer_64;
      message : access sipc_message;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_receive";
   function sipc_set
     (name : System.Address;
      value : access constant sipc_value;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_set";
   function sipc_get
     (name : System.Address;
      timeout_ns : Interfaces.Integer_64;
      message : access sipc_message;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_get";
   function sipc_notify
     (name : System.Address;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_notify";
   function sipc_await
     (name : System.Address;
      timeout_ns : Interfaces.Integer_64;
      count : access Interfaces.Unsigned_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_await";
   function sipc_open
     (name : System.Address;
      role : Interfaces.Unsigned_32;
      options : access constant sipc_options;
      channel : access System.Address;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_open";
   function sipc_close
     (channel : System.Address)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_close";
   function sipc_put
     (channel : System.Address;
      value : access constant sipc_value;
      timeout_ns : Interfaces.Integer_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_put";
   function sipc_take
     (channel : System.Address;
      timeout_ns : Interfaces.Integer_64;
      message : access sipc_message;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_take";
   function sipc_put_if
     (channel : System.Address;
      value : access constant sipc_value;
      expected : Interfaces.Unsigned_64;
      timeout_ns : Interfaces.Integer_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_put_if";
   function sipc_current
     (channel : System.Address;
      timeout_ns : Interfaces.Integer_64;
      message : access sipc_message;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_current";
   function sipc_lock
     (channel : System.Address;
      timeout_ns : Interfaces.Integer_64;
      abandoned_pid : access Interfaces.Unsigned_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_lock";
   function sipc_unlock
     (channel : System.Address;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_unlock";
   function sipc_plugin
     (channel : System.Address;
      plugin : access constant sipc_value;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_plugin";
   function sipc_peers
     (name : System.Address;
      options : access constant sipc_options;
      message : access sipc_message;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_peers";
   function sipc_identify
     (program : System.Address;
      language : System.Address;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_identify";
   procedure sipc_release
     (message : access sipc_message)
      with Import, Convention => C, External_Name => "sipc_release";
   function sipc_loan
     (channel : System.Address;
      value : access sipc_value;
      timeout_ns : Interfaces.Integer_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_loan";
   function sipc_unloan
     (channel : System.Address;
      data : System.Address)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_unloan";
   function sipc_wait
     (channels : System.Address;
      count : Interfaces.Unsigned_32;
      timeout_ns : Interfaces.Integer_64;
      index : access Interfaces.Unsigned_32;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_wait";
   function sipc_fd
     (channel : System.Address;
      fd : access Interfaces.Integer_32;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_fd";
   function sipc_interrupt
     (channel : System.Address)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_interrupt";
   function sipc_call
     (channel : System.Address;
      method : System.Address;
      args : access constant sipc_value;
      flags : Interfaces.Unsigned_32;
      timeout_ns : Interfaces.Integer_64;
      call : access Interfaces.Unsigned_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_call";
   function sipc_result
     (channel : System.Address;
      call : Interfaces.Unsigned_64;
      timeout_ns : Interfaces.Integer_64;
      message : access sipc_message;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_result";
   function sipc_cancel
     (channel : System.Address;
      call : Interfaces.Unsigned_64)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_cancel";
   function sipc_reply
     (request : access sipc_message;
      value : access constant sipc_value;
      flags : Interfaces.Unsigned_32;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_reply";
   function sipc_cancelled
     (request : access sipc_message)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_cancelled";
   function sipc_describe
     (channel : System.Address;
      methods : access constant sipc_value;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_describe";
   function sipc_audit
     (name : System.Address;
      directory : System.Address;
      buffer : System.Address;
      capacity : Interfaces.Unsigned_64;
      needed : access Interfaces.Unsigned_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_audit";
   function sipc_clean
     (directory : System.Address;
      age_max_ns : Interfaces.Integer_64;
      count : access Interfaces.Unsigned_64;
      error : access sipc_error)
      return Interfaces.Integer_32
      with Import, Convention => C, External_Name => "sipc_clean";
end SimpleIPC.Generated;
