# frozen_string_literal: true

require "fiddle"
require "json"
require_relative "simpleipc/generated"

# Any program talks to any other program on this machine, in any language; README.md shows how.
#
# Timeouts are seconds; nil waits for ever and 0 only tries. Times are nanoseconds of
# CLOCK_MONOTONIC, the same in every process of the machine. A handle is for one thread.
module SimpleIPC
  # The loaded library: each function of the header is a method here.
  module C
    folder = ENV["SIPC_LIB_DIR"]
    library = Fiddle.dlopen(folder ? File.join(folder, "libsimpleipc.so") : "libsimpleipc.so")
    theirs = Fiddle::Function.new(library["sipc_abi_version"], [], -Fiddle::TYPE_INT).call
    unless theirs == ABI_VERSION
      raise LoadError, "libsimpleipc speaks ABI #{theirs}, this program #{ABI_VERSION}"
    end

    types = { "l" => Fiddle::TYPE_INT, "L" => -Fiddle::TYPE_INT, "q" => Fiddle::TYPE_LONG_LONG,
              "Q" => -Fiddle::TYPE_LONG_LONG, "d" => Fiddle::TYPE_DOUBLE,
              "J" => Fiddle::TYPE_VOIDP, "p" => Fiddle::TYPE_CONST_STRING,
              "v" => Fiddle::TYPE_VOID }
    # These never wait as they are called here, and keep the lock of Ruby's threads: an exception
    # from another thread cannot come between a message and the program, and the collector not
    # between a thread that only looks and its handle. The others let go of it.
    quick = %i[take current release cancelled unloan cancel fd]
    FUNCTIONS.each do |name, letters|
      result, *arguments = types.values_at(*letters.chars)
      function = Fiddle::Function.new(library["sipc_#{name}"], arguments, result,
                                      need_gvl: quick.include?(name))
      define_singleton_method(name) { |*given| function.call(*given) }
    end

    SLICE_NS = 1_000_000_000
    FOREVER_NS = (1 << 63) - 1
    ERROR_START = (ERROR[:size] + ERROR[:end]).freeze
    ERROR_DETAILS = (ERROR[:os_code] + ERROR[:message]).freeze

    # The error object of this thread; the next three raise unless a status is OK.
    def self.error
      Thread.current[:simpleipc_error] ||= [ERROR_SIZE].pack(ERROR_START)
    end

    def self.check(status)
      raise Error.of(status, *error.unpack(ERROR_DETAILS)) unless status == OK
    end

    def self.check_bare(status)
      raise Error.of(status, 0, status_text(status)) unless status == OK
    end

    # Yields room for one number, and answers that.
    def self.number(letter)
      room = [0].pack(letter)
      check(yield(room))
      room.unpack1(letter)
    end

    # Seconds as nanoseconds; nil is for ever.
    def self.nanoseconds(seconds)
      return FOREVER_NS if seconds.nil?
      raise TypeError, "a timeout is seconds or nil" unless seconds.is_a?(Numeric)
      raise ArgumentError, "a timeout is 0 or more seconds" unless seconds >= 0

      ns = seconds * 1_000_000_000
      ns < FOREVER_NS ? ns.ceil : FOREVER_NS
    end

    # Yields how many nanoseconds to try for, at most a second, until the status is final. Between
    # two tries Ruby runs handlers of signals, and ends threads that are to end; and what the
    # collector could not give back meanwhile is given back.
    def self.patiently(timeout, *handles)
      left = limit = nanoseconds(timeout)
      start = now_ns if limit.positive? && limit < FOREVER_NS
      loop do
        given_back = handles.sum(&:given_back)
        status = yield left < SLICE_NS ? left : SLICE_NS
        next if status == BUSY && handles.sum(&:given_back) != given_back

        handles.each(&:catch_up)
        case status
        when INTERRUPTED then return status if handles.any?(&:take_interrupt)
        when TIMEOUT, FULL then return status if left <= SLICE_NS
        else return status
        end
        left = [limit - (now_ns - start), 0].max if start
      end
    end
  end

  # What can go wrong. The number of a status tells its class, also of one added later.
  class Error < StandardError
    attr_reader :status, :os_code

    def initialize(text = nil, status = 0, os_code = 0)
      super(text)
      @status = status
      @os_code = os_code
    end

    def self.of(status, os_code, text)
      _, name = C::CLASSES.find { |last, _| status <= last }
      kind = { retry: Retry, gone: Gone, misuse: Misuse, corrupt: Corrupt, system: System }[name]
      kind = Timeout if status == C::TIMEOUT
      (kind || Error).new(text.dup.force_encoding("UTF-8"), status, os_code)
    end
  end

  # Nothing is wrong; the same call may succeed later.
  class Retry < Error; end
  # Nothing arrived within the time given.
  class Timeout < Retry; end
  # The handle, or the message, is of no use any more.
  class Gone < Error; end
  # The call cannot succeed as it stands; mend it.
  class Misuse < Error; end
  # The channel's file is damaged, or of another version.
  class Corrupt < Error; end
  # The operating system refused; os_code says why.
  class System < Error; end

  # What a server answers with when its program says no; a method raises one to do so.
  class ServiceError < Misuse
    attr_reader :code, :data

    def initialize(code, text, data = nil)
      super(text, C::FAILED)
      @code = code
      @data = data
    end
  end
end

require_relative "simpleipc/values"
require_relative "simpleipc/channels"
require_relative "simpleipc/services"

# The one-call functions. Their channels stay open in this process; a forked child has its own.
module SimpleIPC
  class << self
    # Puts into a queue: one receiver gets it. Waits 5 seconds for room at most.
    def send(name, value) = put(:send, name, value)

    # Puts on a topic: all subscribers get it.
    def publish(name, value) = put(:publish, name, value)

    # Sets the value of a state, which stays.
    def set(name, value) = put(:set, name, value)

    # Takes a message out of a queue; with a block it is released after that.
    def receive(name, timeout: nil, &block) = take(:receive, name, timeout, &block)

    # The value of a state, as it is now.
    def get(name, timeout: nil, &block) = take(:get, name, timeout, &block)

    # Says that something has happened.
    def notify(name) = C.check(C.notify(name, C.error))

    # Waits for notifications; how many there were since the last time.
    def wait(name, timeout: nil)
      C.number("Q") { |count| C.patiently(timeout) { |ns| C.await(name, ns, count, C.error) } }
    end

    # Waits until one of several handles has something to take, and answers that one.
    def wait_any(*handles, timeout: nil)
      all = handles.map(&:raw).pack("J*")
      index = C.number("L") do |room|
        C.patiently(timeout, *handles) { |ns| C.wait(all, handles.size, ns, room, C.error) }
      end
      handles[index]
    end

    # Who has a channel open now, of any pattern: a list of hashes with pid, program, language,
    # role, since_ns and id.
    def peers(name, directory: nil)
      keep = []
      options = Channel.options(directory, {}, keep)
      message = Message.new
      C.check(C.peers(name, options, message.raw, C.error))
      message.hand_over(&:value)
    end

    # Says what this program is called, to those who look for peers; "" for its executable's name.
    def identify(program) = C.check(C.identify(program, "ruby", C.error))

    # Describes one channel or all of a directory, as a list of hashes; changes nothing.
    def audit(name = nil, directory: nil)
      text = "".b
      loop do
        needed = C.number("Q") do |room|
          C.audit(name, directory, text, text.bytesize, room, C.error)
        end
        return JSON.parse(text.unpack1("Z*")) if needed <= text.bytesize

        text = "\0".b * needed
      end
    end

    # Removes what nobody uses; queues of which nobody has a handle only if their newest message is
    # older than `age_max` seconds. How many channels.
    def clean(directory: nil, age_max: 86_400)
      C.number("Q") { |count| C.clean(directory, C.nanoseconds(age_max), count, C.error) }
    end

    # The clock of all times.
    def now_ns = C.now_ns

    # The version of the library.
    def version = C.version

    private

    def put(verb, name, value)
      keep = []
      C.check(C.public_send(verb, name, Codec.encode(value, keep), C.error))
    end

    def take(verb, name, timeout, &block)
      message = Message.new
      C.check(C.patiently(timeout) { |ns| C.public_send(verb, name, ns, message.raw, C.error) })
      message.hand_over(&block)
    end
  end
end

SimpleIPC.identify(File.basename($PROGRAM_NAME).scrub)
