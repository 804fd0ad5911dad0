# frozen_string_literal: true

# Services: methods of one program that others call; and plugins, programs that a host starts.
module SimpleIPC
  # Calls the methods of a service.
  class Client < Channel
    ROLE = C::ROLE_CALL
    # How long a call waits for room, in seconds.
    ROOM = 5

    # The result of a method. Arguments are a list, or have all a name. What the server raises is a
    # ServiceError here; without a result within the timeout the call is cancelled.
    def call(method, *args, timeout: nil, idempotent: false, **named)
      start(method, *args, idempotent: idempotent, **named).result(timeout: timeout)
    end

    # Starts a call; 64 can be in flight. If it is idempotent, it goes to another server when the
    # one that has it dies.
    def start(method, *args, idempotent: false, **named)
      Call.new(self, begin_call(method, args, named, idempotent ? C::CALL_IDEMPOTENT : 0))
    end

    # Calls a method, and does not ask what becomes of it.
    def send(method, *args, **named)
      begin_call(method, args, named, C::CALL_ONE_WAY)
      nil
    end

    # What the service offers, as a list of hashes.
    def offers(timeout: nil) = call(".methods", timeout: timeout)

    private

    def begin_call(method, args, named, flags)
      raise ArgumentError, "the arguments have all a name, or none" if args.any? && named.any?

      keep = []
      raw = Codec.encode(named.any? ? named : (args if args.any?), keep)
      C.number("Q") do |room|
        C.patiently(ROOM, self) { |ns| C.call(@raw, method, raw, flags, ns, room, C.error) }
      end
    end
  end

  # A call in flight.
  class Call
    def initialize(client, number)
      @client, @number = client, number
      ObjectSpace.define_finalizer(self, Call.canceller(client, number))
    end

    def self.canceller(client, number)
      proc { client.give_back { C.cancel(client.raw, number) } }
    end

    # The result, after all replies of a stream, which are thrown away.
    def result(timeout: nil)
      finish = C.now_ns + C.nanoseconds(timeout)
      loop do
        message = reply(timeout: [(finish - C.now_ns) / 1e9, 0].max)
        return message.value unless message.more?
      end
    rescue Timeout
      cancel
      raise
    end

    # The next reply, a message; if it says `more?` it is one of a stream, else the result. After
    # a Timeout one may ask again.
    def reply(timeout: nil)
      message = Message.new
      status = C.patiently(timeout, @client) do |ns|
        C.result(@client.raw, @number, ns, message.raw, C.error)
      end
      if status == C::FAILED
        raise ServiceError.new(*message.value.values_at("code", "message", "data"))
      end

      C.check(status)
      message
    end

    # The values of a stream, one by one; then the result is returned.
    def each(timeout: nil)
      loop do
        message = reply(timeout: timeout)
        return message.value unless message.more?

        yield message.value
      end
    end

    # A server that works on it sees that nobody waits.
    def cancel
      C.check_bare(C.cancel(@client.raw, @number))
    end
  end

  # A call that was taken and is to be answered; if it is let go of unanswered, that is an error for
  # its client.
  class Request
    attr_reader :method, :args

    def initialize(message)
      @message = message
      @method, @args = message.value
    end

    def reply(value = nil) = answer(value, 0)

    # One reply of a stream, before the result; a Retry whose status is C::CANCELLED if nobody
    # waits.
    def push(value) = answer(value, C::REPLY_MORE)

    def fail(code, text, data = nil)
      answer({ code: code, message: text, data: data }, C::REPLY_ERROR)
    end

    # Nobody waits for the answer any more; to be asked in long work.
    def cancelled? = C.cancelled(@message.raw) == C::CANCELLED

    def one_way? = @message.one_way?

    def release = @message.release

    private

    def answer(value, flags)
      @message.check_held
      keep = []
      C.check(C.reply(@message.raw, Codec.encode(value, keep), flags, C.error))
    end
  end

  # Answers the calls of a service; each goes to one of its servers. Give it methods and `serve`, or
  # iterate over it and answer the requests.
  class Server < Source
    ROLE = C::ROLE_SERVE
    NO_SUCH_METHOD = -32_601
    BAD_ARGUMENTS = -32_602
    BROKEN = -32_603

    # The name nil is that of the plugin which this program is.
    def initialize(name = nil, **options)
      super
      @methods = {}
      @offers = []
    end

    # Makes a block, or what else can be called, a method of the service. What an Enumerator that it
    # returns yields are replies of a stream; what that returns is the result. An idempotent call is
    # done again by another server when this one dies.
    def on(name, callable = nil, idempotent: false, about: "", &block)
      callable ||= block
      raise TypeError, "a method is a block, or can be called" unless callable.respond_to?(:call)

      callable = callable.method(:call) unless callable.respond_to?(:parameters)
      args = callable.parameters.map { |_, parameter| [parameter.to_s, "any"] }
      offer = { name: name, args: args, idempotent: idempotent, about: about }
      keep = []
      C.check(C.describe(@raw, Codec.encode(@offers + [offer], keep), C.error))
      @offers << offer
      @methods[name] = callable
      self
    end

    # The next request; with a block it is released after that. Raises Timeout.
    def receive(timeout: @timeout)
      message = take(:take, timeout)
      request = Request.new(message)
      return request unless block_given?

      message.hand_over { yield request }
    end

    # Every request, each released after the block.
    def each(timeout: @timeout)
      return to_enum(:each, timeout: timeout) unless block_given?

      super(timeout: timeout) { |message| yield Request.new(message) }
    end

    # Answers calls until the handle is closed or interrupted, or none comes within the timeout.
    def serve(timeout: @timeout)
      each(timeout: timeout) { |request| answer(request) }
    rescue Error => error
      raise unless [C::CLOSED, C::INTERRUPTED].include?(error.status)
    end

    private

    def answer(request)
      callable = @methods[request.method]
      text = "there is no method #{request.method}"
      return request.fail(NO_SUCH_METHOD, text) unless callable

      listed, named = bind(callable, request.args)
      result = callable.call(*listed, **named)
      result = result.each { |value| request.push(value) } if result.is_a?(Enumerator)
      request.reply(result)
    rescue ServiceError => error
      request.fail(error.code, error.message, error.data)
    rescue StandardError, SystemStackError, NotImplementedError => error
      broken(request, error)
    end

    # Nobody waits, or an error of the server's program.
    def broken(request, error)
      return if error.is_a?(Error) && error.status == C::CANCELLED

      request.fail(BROKEN, "#{error.class}: #{error.message}".scrub)
    rescue Misuse
      nil # it has been answered: the client was told that the result is too large
    end

    # The arguments as the method takes them; a block would take any number.
    def bind(callable, args)
      kinds = callable.parameters.group_by(&:first).transform_values { |all| all.map(&:last) }
      places = [*kinds[:req], *kinds[:opt]]
      named = args.is_a?(Hash) ? args.transform_keys(&:to_sym) : {}
      listed = args.is_a?(Hash) ? places.take_while { |name| named.key?(name) } : [*args]
      listed = listed.map { |name| named.delete(name) } if args.is_a?(Hash)
      listed = [args] unless args.nil? || args.is_a?(Array) || args.is_a?(Hash)
      required = (callable.arity.negative? ? ~callable.arity : callable.arity)
      required -= 1 if kinds.key?(:keyreq) # as Ruby counts them
      fits = listed.size >= required && (kinds.key?(:rest) || listed.size <= places.size)
      unknown = kinds.key?(:keyrest) ? [] : named.keys - [*kinds[:key], *kinds[:keyreq]]
      missing = [*kinds[:keyreq]] - named.keys
      return listed, named if fits && unknown.empty? && missing.empty?

      text = "#{args.inspect} are no arguments for (#{[*places, *kinds[:keyreq]].join(', ')})"
      raise ServiceError.new(BAD_ARGUMENTS, text)
    end
  end

  # Starts programs as plugins; plugin `p` of the host `h` serves `h.p`. What is received are
  # events: hashes with event, plugin, pid and more.
  class Host < Source
    ROLE = C::ROLE_HOST

    def initialize(name, **options)
      super
      @name = name
    end

    # It is started again up to `restarts` times within so many seconds, and killed when it takes no
    # call for `hang_after` seconds.
    def start(name, program, *args, restarts: nil, within: nil, hang_after: nil)
      limits = { restarts: restarts, seconds: within, hang_after: hang_after }.compact
      program, *args = [program, *args].map { |one| String.new(one, encoding: "UTF-8") }
      order(name: name, program: program, args: args, **limits)
    end

    def stop(name) = order(name: name, stop: true)

    # A client of a plugin.
    def client(name, **options) = Client.new("#{@name}.#{name}", **options)

    private

    def order(**plugin)
      keep = []
      C.check(C.plugin(@raw, Codec.encode(plugin, keep), C.error))
    end
  end
end
