# frozen_string_literal: true

# The Ruby side of testing/interop: a command a line on the input, an answer a line on the output.

require_relative "simpleipc"
require_relative "drivernotation"

# Does what the lines say.
class Driver
  ROOM = 10
  ROLES = {
    "publish" => SimpleIPC::Publisher, "subscribe" => SimpleIPC::Subscriber,
    "send" => SimpleIPC::Sender, "receive" => SimpleIPC::Receiver, "set" => SimpleIPC::Setter,
    "watch" => SimpleIPC::Watcher, "notify" => SimpleIPC::Notifier, "wait" => SimpleIPC::Waiter,
    "lock" => SimpleIPC::Lock, "call" => SimpleIPC::Client, "serve" => SimpleIPC::Server,
    "host" => SimpleIPC::Host, "peers" => SimpleIPC::PeerWatcher
  }.freeze

  # What comes with an event.
  FACTS = { "failed" => %w[text], "ready" => %w[methods], "output" => %w[stream text],
            "ended" => %w[code], "killed" => %w[signal], "restarting" => %w[after_ms] }.freeze

  def initialize
    @handles = {}
    @calls = {}
  end

  def answer(line)
    command, *words = line.split
    public_send("do_#{command}", *words) || "ok"
  rescue SimpleIPC::Error => error
    "error #{error.status} #{error.message}"
  rescue StandardError => error
    "error 25 #{error.class}: #{error.message}"
  end

  def do_hello = "ok ruby #{SimpleIPC.version}"

  def do_open(id, role, name, *options)
    given = options.to_h do |option|
      key, number = option.split("=")
      [key.to_sym, number ? Integer(number) : true]
    end
    @handles[id] = ROLES.fetch(role).new(name, **given)
    nil
  end

  def do_put(id, value, capture = "capture=0")
    capture_time_ns = Integer(capture.delete_prefix("capture="))
    @handles[id].put(parse(value), capture_time_ns: capture_time_ns, timeout: ROOM)
  end

  def do_loan(id, word)
    value = parse(word)
    what = value.is_a?(String) ? [:bytes, value.bytesize] : [value.dtype, value.shape, value.format]
    @handles[id].loan(*what, timeout: ROOM) do |lent|
      lent.write(value.is_a?(String) ? value : value.bytes)
    end
  end

  def do_once(verb, name, word = nil)
    case verb
    when "get" then SimpleIPC.get(name, timeout: seconds(word)) { |message| describe(message) }
    when "wait" then "count #{SimpleIPC.wait(name, timeout: seconds(word))}"
    when "notify" then SimpleIPC.notify(name)
    else SimpleIPC.public_send(verb, name, parse(word))
    end
  end

  def do_take(id, timeout)
    let_go
    @handles[id].receive(timeout: seconds(timeout)) { |message| describe(message) }
  end

  def do_hold(id, timeout)
    let_go
    @held = @handles[id].receive(timeout: seconds(timeout))
    describe(@held)
  end

  def do_get(id, timeout)
    @handles[id].get(timeout: seconds(timeout)) { |message| describe(message) }
  end

  def do_put_if(id, value, expected)
    expected = expected == "new" ? nil : Integer(expected)
    is_set = @handles[id].set_if(parse(value), expected, timeout: ROOM)
    "error #{SimpleIPC::C::CONFLICT} the value is another one" unless is_set
  end

  def do_notify(id) = @handles[id].notify

  def do_wait(id, timeout) = "count #{@handles[id].wait(timeout: seconds(timeout))}"

  def do_lock(id, timeout)
    lock = @handles[id].lock(timeout: seconds(timeout))
    "ok abandoned=#{lock.abandoned_pid ? 1 : 0}"
  end

  def do_unlock(id) = @handles[id].unlock

  def do_call(id, method, word, manner = nil)
    args = parse(word)
    listed, named = args.is_a?(Hash) ? [[], args.transform_keys(&:to_sym)] : [[*args], {}]
    if manner == "oneway"
      @handles[id].send(method, *listed, **named)
      return "call 0"
    end
    number = (@calls.size + 1).to_s
    @calls[number] = @handles[id].start(method, *listed, idempotent: !manner.nil?, **named)
    "call #{number}"
  end

  def do_result(_id, number, timeout)
    reply = @calls.fetch(number).reply(timeout: seconds(timeout))
    "reply #{print_value(reply.value)} more=#{reply.more? ? 1 : 0}"
  rescue SimpleIPC::ServiceError => error
    "failed #{error.code} #{print_value(error.message)} #{print_value(error.data)}"
  end

  def do_cancel(_id, number) = @calls.fetch(number).cancel

  def do_serve(id, timeout)
    @request&.release
    @request = @handles[id].receive(timeout: seconds(timeout))
    one_way = @request.one_way? ? 1 : 0
    "request #{@request.method} #{print_value(@request.args)} oneway=#{one_way}"
  end

  def do_reply(value, more = nil) = more ? @request.push(parse(value)) : done(parse(value))

  def do_fail(code, text, data)
    @request.fail(Integer(code), parse(text), parse(data))
    @request.release
  end

  def do_cancelled = "cancelled #{@request.cancelled? ? 1 : 0}"

  def do_start(id, plugin, program, args, restarts)
    @handles[id].start(plugin, parse(program), *parse(args), restarts: Integer(restarts))
  end

  def do_stop(id, plugin) = @handles[id].stop(plugin)

  def do_event(id, timeout)
    event = @handles[id].receive(timeout: seconds(timeout), &:value)
    facts = event.values_at(*FACTS[event["event"]])
    fact = facts.size > 1 ? facts : facts.first
    "event #{event['event']} #{event['plugin']} #{print_value(fact)}"
  end

  def do_peer(id, timeout)
    told = @handles[id].receive(timeout: seconds(timeout), &:value)
    "peer #{told.values_at('event', 'role', 'language', 'pid').join(' ')}"
  end

  # The plurals: the same verb many times, in loops that are measured from outside.
  def do_puts(id, word, count)
    sender = @handles[id]
    value = parse(word)
    Integer(count).times { sender.send(value, timeout: ROOM) }
    nil
  end

  # Of each frame only the ends are written: what it costs to fill is not the library's.
  def do_loans(id, height, width, count)
    sender = @handles[id]
    shape = [Integer(height), Integer(width), 3]
    Integer(count).times do
      sender.loan(:u8, shape, timeout: ROOM) do |lent|
        lent.pointer[0] = 1
        lent.pointer[lent.bytesize - 1] = 2
      end
    end
    nil
  end

  # Adds up sequence numbers and both ends of the data.
  def do_takes(id, count)
    receiver = @handles[id]
    sum = 0
    Integer(count).times do
      receiver.receive(timeout: ROOM) { |message| sum += message.sequence + ends(message.value) }
    end
    "sum #{sum}"
  end

  # Adds up the results of `add`.
  def do_calls(id, count)
    client = @handles[id]
    "sum #{Array.new(Integer(count)) { client.call('add', 2, 3) }.sum}"
  end

  def do_serves(id, count)
    server = @handles[id]
    Integer(count).times do
      request = server.receive(timeout: ROOM)
      request.reply(request.args.sum)
      request.release
    end
    nil
  end

  # Values of no type and range that a message has, and of no encoding.
  BAD = { "type" => -> {}, "range" => 1 << 64, "text" => "caf\xe9" }.freeze

  def do_misuse(kind, id)
    case kind
    when "closed" then use_closed(id)
    when "thread" then use_from_two_threads(@handles[id])
    when "forgotten" then forget(@handles[id])
    when "handler" then fail_in_handler(@handles[id])
    else @handles[id].send(BAD.fetch(kind))
    end
  rescue SimpleIPC::Error, TypeError, ArgumentError, RangeError, EncodingError => error
    "refused #{error.message}"
  end

  def do_close(id) = @handles.delete(id).close

  def do_quit = @handles.each_value(&:close).clear && nil

  private

  def use_closed(name)
    sender = SimpleIPC::Sender.new(name)
    2.times { sender.close }
    sender.send(1)
  end

  def use_from_two_threads(receiver)
    waiting = Thread.new { wait_inside(receiver) }
    begin
      loop { receiver.receive(timeout: 0) }
    rescue SimpleIPC::Timeout
      Thread.pass
      retry
    end
  ensure
    receiver.interrupt
    waiting.join
  end

  def wait_inside(receiver)
    receiver.receive
  rescue SimpleIPC::Retry => error
    retry if error.status == SimpleIPC::C::BUSY # the other one looks
  end

  # The stack of a thread goes with it, where the collector might see the message yet.
  def forget(receiver)
    Thread.new { receiver.receive(timeout: 10) && nil }.join
    GC.start
  end

  def fail_in_handler(server)
    server.on("boom") do |_number|
      server.interrupt
      raise KeyError, "boom"
    end
    server.serve
  end

  def parse(word) = DriverNotation::Parser.new(word).value

  def print_value(value) = DriverNotation.print(value)

  def ends(value)
    return value.getbyte(0) + value.getbyte(-1) if value.is_a?(String)

    value.pointer[0] + value.pointer[value.bytesize - 1]
  end

  def seconds(milliseconds) = Integer(milliseconds) / 1000.0

  def done(value)
    @request.reply(value)
    @request.release
  end

  def let_go
    @held&.release
    @held = nil
  end

  def describe(message)
    aged = message.publish_time_ns.positive? && message.receive_time_ns >= message.publish_time_ns
    "value #{print_value(message.value)} seq=#{message.sequence} missed=#{message.missed} " \
      "redelivered=#{message.redelivered? ? 1 : 0} capture=#{message.capture_time_ns} " \
      "aged=#{aged ? 1 : 0}"
  end
end

# Serves `add` and `crash`, until its host ends it.
def be_a_plugin
  puts "hello from ruby"
  SimpleIPC::Server.open do |server|
    server.on("add") { |a, b| a + b }
    server.on("crash") { Process.kill(:ABRT, Process.pid) && sleep }
    server.serve
  end
end

$stdout.sync = true
be_a_plugin if ARGV == ["plugin"]
driver = Driver.new
$stdin.each_line do |line|
  puts driver.answer(line)
  break if line.chomp == "quit"
end
