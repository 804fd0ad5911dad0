# frozen_string_literal: true

# Handles on queues, topics, states, signals and locks.
module SimpleIPC
  # A message that was taken. In a queue it counts as done when it is released, by a block, by
  # `release` or by the garbage collector; that of a program that dies first comes again.
  class Message
    FIELDS = %i[sequence sender missed publish_time_ns receive_time_ns].freeze
    START = (C::MESSAGE[:size] + C::MESSAGE[:end]).freeze
    VALUE_AT = C::MESSAGE[:value].to_s[/\d+/].to_i

    # The struct, for the library.
    attr_reader :raw

    def initialize
      @raw = [C::MESSAGE_SIZE].pack(START)
      ObjectSpace.define_finalizer(self, Message.releaser(@raw))
    end

    FIELDS.each do |name|
      define_method(name) { @raw.unpack1(C::MESSAGE[name]) }
    end

    # When the content was captured, or 0.
    def capture_time_ns = struct.unpack1(C::VALUE[:capture_time_ns])

    # Seconds from putting to taking, or nil if its sender does not stamp.
    def age = publish_time_ns.zero? ? nil : (receive_time_ns - publish_time_ns) / 1e9

    # An earlier receiver died with it.
    def redelivered? = flag?(C::MESSAGE_REDELIVERED)

    # Of a reply: others follow.
    def more? = flag?(C::MESSAGE_MORE)

    # Of a request: nobody waits for a reply.
    def one_way? = flag?(C::MESSAGE_ONE_WAY)

    # The value, which is copied, but for tensors, when it is asked for the first time.
    def value
      return @value if defined?(@value)

      check_held
      @value = Codec.decode(struct, self)
    end

    def inspect = "#<#{self.class} #{sequence} of #{sender}>"

    def release
      ObjectSpace.undefine_finalizer(self)
      C.release(@raw)
      @released = true
      nil
    end

    # For what looks into it.
    def check_held
      raise Gone.new("the message has been released", C::CLOSED) if @released
    end

    # Once it is filled: to the block, else to the caller to keep.
    def hand_over
      return self unless block_given?

      begin
        yield self
      ensure
        release
      end
    end

    # Knows the struct but not the message, which would never be collected.
    def self.releaser(raw) = proc { C.release(raw) }

    private

    def struct = @raw[VALUE_AT, C::VALUE_SIZE]

    def flag?(bit) = @raw.unpack1(C::MESSAGE[:flags]).anybits?(bit)
  end

  # What all handles have. It is closed by `close`, at the end of the block of `open`, or by the
  # garbage collector. Options are named as in sipc_options; each is for the roles it says.
  class Channel
    FLAGS = { lossless: C::OPTION_LOSSLESS, latest: C::OPTION_LATEST,
              unstamped: C::OPTION_UNSTAMPED, tap: C::OPTION_TAP }.freeze
    # With their bits.
    NUMBERS = { history: 32, depth: 32, pool_bytes_max: 64, signal: 31, permits: 32 }.freeze
    PLACES = C::OPTIONS.values_at(:size, :flags, :history, :depth, :pool_bytes_max, :directory,
                                  :signal, :permits, :end).join.freeze

    # The handle, for the library.
    attr_reader :raw
    # How often something was given back, or was to be: whoever finds the handle busy meanwhile has
    # met the collector.
    attr_reader :given_back

    # As `new`; with a block the handle is closed after it.
    def self.open(...)
      handle = new(...)
      return handle unless block_given?

      begin
        yield handle
      ensure
        handle.close
      end
    end

    def initialize(name, directory: nil, **options)
      raise TypeError, "a name is text, no #{name.class}" unless name.nil? || name.is_a?(String)

      @given_back = 0
      @due = []
      keep = []
      given = Channel.options(directory, options, keep)
      @raw = C.number("J") { |room| C.open(name, self.class::ROLE, given, room, C.error) }
      ObjectSpace.define_finalizer(self, Channel.closer(@raw))
    end

    # The struct of options. It points into memory that lives as long as `keep`.
    def self.options(directory, options, keep)
      unknown = options.keys - FLAGS.keys - NUMBERS.keys
      raise ArgumentError, "there is no option #{unknown.first}" unless unknown.empty?

      flags = FLAGS.sum { |name, bit| options[name] ? bit : 0 }
      numbers = NUMBERS.map { |name, bits| unsigned(name, options.fetch(name, 0), bits) }
      keep << Fiddle::Pointer["#{directory}\0"]
      place = directory ? keep.last.to_i : 0
      [C::OPTIONS_SIZE, flags, *numbers.first(3), place, *numbers.last(2)].pack(PLACES)
    end

    def self.unsigned(name, value, bits)
      raise TypeError, "#{name} is an integer, no #{value.class}" unless value.is_a?(Integer)
      raise RangeError, "#{name} is #{value}" unless (0...(1 << bits)).cover?(value)

      value
    end

    # Knows the number but not the handle, which would never be collected.
    def self.closer(raw) = proc { C.close(raw) }

    # Messages that were taken stay good. A wait of another thread in this handle ends.
    def close
      C.close(@raw)
      nil
    end

    # Ends the wait that goes on in this handle, or else the next one: a Retry whose status is
    # C::INTERRUPTED. For other threads and handlers of signals.
    def interrupt
      @interrupted = true
      C.check_bare(C.interrupt(@raw))
    end

    # A descriptor of what takes and of clients: readable as long as there may be something to take,
    # with a timeout of 0 until Timeout.
    def fd = C.number("l") { |room| C.fd(@raw, room, C.error) }

    # For IO.select. It is not to be read or closed.
    def to_io = @to_io ||= IO.for_fd(fd, autoclose: false)

    # Gives something of this handle back, by the block, which answers the status; if another thread
    # is inside, when its wait is over, or goes into its next second. The collector comes in any
    # thread, at any time.
    def give_back(&action)
      @given_back += 1
      @due << action if action.call == C::BUSY
    end

    # Gives back what was due.
    def catch_up
      @due.size.times do
        action = @due.shift
        give_back(&action) if action
      end
    end

    # Whether a wait ended for `interrupt`, and not for any signal; said once.
    def take_interrupt
      was, @interrupted = @interrupted, false
      was
    end

    private

    # Raises what a status says; the block is called as C.patiently does.
    def wait(timeout, &block) = C.check(C.patiently(timeout, self, &block))
  end

  # What puts.
  class Producer < Channel
    # Waits for room until the timeout, then raises a Retry whose status is C::FULL.
    def put(value, capture_time_ns: 0, timeout: nil)
      keep = []
      raw = Codec.encode(value, keep, capture_time_ns)
      wait(timeout) { |ns| C.put(@raw, raw, ns, C.error) }
    end

    # Memory of the channel, to be filled in place: bytes if the dtype is :bytes and the shape their
    # number, else a tensor. With a block it is put after that.
    def loan(dtype, shape, format = "", timeout: nil, **how)
      keep = []
      lent = Loan.new(self, Codec.blank(dtype, shape, format, keep), keep, timeout)
      return lent unless block_given?

      begin
        yield lent
        lent.put(**how)
      ensure
        lent.cancel
      end
    end
  end

  # Memory that a producer has lent, 64-byte aligned. It is put once, or cancelled.
  class Loan
    attr_reader :bytesize

    def initialize(producer, raw, keep, timeout)
      @producer, @raw, @keep = producer, raw, keep
      C.check(C.patiently(timeout, producer) { |ns| C.loan(producer.raw, raw, ns, C.error) })
      address, @bytesize = raw.unpack(Codec::DATA)
      @pointer = Fiddle::Pointer.new(address, @bytesize)
      ObjectSpace.define_finalizer(self, Loan.canceller(producer, address))
    end

    def self.canceller(producer, address)
      proc { producer.give_back { C.unloan(producer.raw, address) } }
    end

    # To be written to until it is put; Ruby does not look whether it is in bounds.
    def pointer
      raise Gone.new("the loan has been put or cancelled", C::CLOSED) unless @pointer

      @pointer
    end

    # Copies bytes to a place in it.
    def write(bytes, at = 0)
      inside = at >= 0 && at + bytes.bytesize <= @bytesize
      raise IndexError, "#{bytes.bytesize} bytes at #{at} are not within #{@bytesize}" unless inside

      pointer[at, bytes.bytesize] = bytes
    end

    def put(capture_time_ns: 0, timeout: nil)
      pointer
      @raw[Codec::CAPTURE_AT, 8] = [capture_time_ns].pack("q")
      channel = @producer.raw
      @leaving = true
      begin
        C.check(C.patiently(timeout, @producer) { |ns| C.put(channel, @raw, ns, C.error) })
        leave
      ensure
        @leaving = false
        cancel if @unwanted
      end
    end

    # Gives it back, once no other thread waits in the handle; while it is put: if that fails. After
    # a put it does nothing.
    def cancel
      return @unwanted = true if @leaving

      Loan.canceller(@producer, @pointer.to_i).call if @pointer
      leave
    end

    private

    def leave
      ObjectSpace.undefine_finalizer(self)
      @pointer = nil
    end
  end

  # What takes. It can be iterated over.
  class Source < Channel
    include Enumerable

    # The timeout is that of all waits that are given none.
    def initialize(name, timeout: nil, **options)
      super(name, **options)
      @timeout = timeout
    end

    # The next message; with a block it is released after that. Raises Timeout.
    def receive(timeout: @timeout, &block) = take(:take, timeout, &block)

    # Every message, each released after the block, until none comes within the timeout.
    def each(timeout: @timeout, &block)
      return to_enum(:each, timeout: timeout) unless block

      loop do
        message = begin
          take(:take, timeout)
        rescue Timeout
          return self
        end
        message.hand_over(&block)
      end
    end

    private

    def take(function, timeout, &block)
      message, @spare = @spare || Message.new, nil
      status = C.patiently(timeout, self) do |ns|
        tried = C.public_send(function, @raw, 0, message.raw, C.error)
        tried == C::TIMEOUT && ns.positive? ? pause(ns) : tried
      end
      @spare = message unless status == C::OK
      C.check(status)
      message.hand_over(&block)
    end

    # Waits until it is worth another try. Nothing is taken by it, so an exception loses nothing.
    # In a program with a scheduler of fibers, the others go on meanwhile.
    def pause(ns)
      if Fiber.current_scheduler
        is_ready = Fiber.scheduler.io_wait(to_io, IO::READABLE, ns / 1e9)
        return is_ready ? C::INTERRUPTED : C::TIMEOUT
      end
      status = C.wait([@raw].pack("J"), 1, ns, @index ||= [0].pack("L"), C.error)
      status == C::OK ? C::INTERRUPTED : status
    end
  end

  class Publisher < Producer
    ROLE = C::ROLE_PUBLISH
    alias publish put
  end

  # options: lossless, latest, tap, history
  class Subscriber < Source
    ROLE = C::ROLE_SUBSCRIBE
  end

  class Sender < Producer
    ROLE = C::ROLE_SEND
    alias send put
  end

  class Receiver < Source
    ROLE = C::ROLE_RECEIVE
  end

  # Sets the value of a state, which stays when the setter has gone.
  class Setter < Producer
    ROLE = C::ROLE_SET
    alias set put

    # Compare and set: only if the value is still the one with that sequence; nil: if there is none
    # yet. Whether it was set.
    def set_if(value, expected, capture_time_ns: 0, timeout: nil)
      keep = []
      raw = Codec.encode(value, keep, capture_time_ns)
      expected = expected.nil? ? (1 << 64) - 1 : Channel.unsigned(:expected, expected, 64)
      status = C.patiently(timeout, self) { |ns| C.put_if(@raw, raw, expected, ns, C.error) }
      C.check(status) unless status == C::CONFLICT
      status == C::OK
    end
  end

  # Looks at a state: `receive`, and `each`, take the newest value not yet taken.
  class Watcher < Source
    ROLE = C::ROLE_WATCH

    # The value as it is now; waits only if there is none yet.
    def get(timeout: @timeout, &block) = take(:current, timeout, &block)
  end

  class Notifier < Producer
    ROLE = C::ROLE_NOTIFY

    # Says that something has happened, and waits for nobody.
    def notify = put(nil)
  end

  # Waits for notifications; none is missed from its opening on. option: signal, the number of one
  # that is to be raised in this process instead.
  class Waiter < Source
    ROLE = C::ROLE_WAIT

    # How many there were since the last time.
    def wait(timeout: @timeout) = receive(timeout: timeout) { |message| message.value.to_i }

    # Their numbers, until none comes within the timeout.
    def each(timeout: @timeout)
      return to_enum(:each, timeout: timeout) unless block_given?

      super(timeout: timeout) { |message| yield message.value.to_i }
    end
  end

  # Watches who has a channel open, of any pattern, without being on it. What is received are
  # events: hashes with event ("up", "down"), pid, program, language, role, since_ns and id.
  class PeerWatcher < Source
    ROLE = C::ROLE_PEERS
  end

  # A lock of the machine, free at once when its owner dies. option: permits
  class Lock < Channel
    ROLE = C::ROLE_LOCK

    # The process that died with it, if the last owner did; what it protects may be half done.
    attr_reader :abandoned_pid

    # Raises Timeout.
    def lock(timeout: nil)
      C.nanoseconds(timeout) # a wrong one must not give back a lock that is held
      pid = [0].pack("Q")
      begin
        status = C.patiently(timeout, self) { |ns| C.lock(@raw, ns, pid, C.error) }
      ensure
        C.unlock(@raw, nil) unless status # an exception that came behind the lock
      end
      C.check(status)
      @abandoned_pid = pid.unpack("Q").find(&:positive?)
      self
    end

    # Whether it is free, and now this handle's.
    def try_lock
      lock(timeout: 0) && true
    rescue Timeout
      false
    end

    def unlock = C.check(C.unlock(@raw, C.error))

    # The block's result; it holds the lock meanwhile.
    def synchronize(timeout: nil)
      lock(timeout: timeout)
      begin
        yield self
      ensure
        unlock
      end
    end
  end
end
