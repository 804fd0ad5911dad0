# frozen_string_literal: true

require "timeout"
require_relative "harness"

class ChannelsTest < SipcTest
  C = SimpleIPC::C

  def test_a_message_says_where_it_comes_from
    SimpleIPC::Sender.open("facts") do |sender|
      2.times { sender.send("x", capture_time_ns: 7) }
    end
    SimpleIPC::Receiver.open("facts") do |receiver|
      message = receiver.receive(timeout: SOON)
      assert_equal [0, 0, 7, false], [message.sequence, message.missed, message.capture_time_ns,
                                      message.redelivered?]
      assert_operator message.age, :>=, 0
      assert_equal 1, receiver.receive(timeout: SOON, &:sequence)
    end
  end

  def test_closing_twice_does_no_harm_and_then_nothing_goes
    sender = SimpleIPC::Sender.new("closed")
    receiver = SimpleIPC::Receiver.new("closed")
    sender.put("still here")
    message = receiver.receive(timeout: SOON)
    loan = sender.loan(:bytes, 8)
    2.times { [sender, receiver].each(&:close) }
    assert_equal "still here", message.value
    2.times { message.release }
    assert_equal C::CLOSED, status_of(SimpleIPC::Gone) { sender.put(1) }
    assert_equal C::CLOSED, status_of(SimpleIPC::Gone) { receiver.receive(timeout: 0) }
    assert_equal C::CLOSED, status_of(SimpleIPC::Gone) { receiver.interrupt }
    assert_equal C::CLOSED, status_of(SimpleIPC::Gone) { loan.put }
    loan.cancel
  end

  def test_wrong_names_roles_and_options_are_errors
    assert_equal C::BAD_NAME, status_of(SimpleIPC::Misuse) { SimpleIPC.send("a/b", 1) }
    assert_raises(SimpleIPC::Misuse) { SimpleIPC::Receiver.new(nil) }
    SimpleIPC::Publisher.open("a topic") do
      assert_equal C::WRONG_PATTERN, status_of(SimpleIPC::Misuse) { SimpleIPC.send("a topic", 1) }
    end
    assert_raises(TypeError) { SimpleIPC::Sender.new(5) }
    assert_raises(ArgumentError) { SimpleIPC::Sender.new("a\0b") }
    assert_raises(ArgumentError) { SimpleIPC::Sender.new("n", colour: 1) }
    assert_raises(TypeError) { SimpleIPC::Sender.new("n", depth: "16") }
    assert_raises(RangeError) { SimpleIPC::Sender.new("n", depth: -1) }
    assert_raises(RangeError) { SimpleIPC::Sender.new("n", depth: 1 << 32) }
    assert_raises(SimpleIPC::Misuse) { SimpleIPC::Sender.new("n", depth: 100) }
    assert_equal C::NO_DIRECTORY, status_of(SimpleIPC::System) {
      SimpleIPC::Sender.new("n", directory: "/no/such/place")
    }
  end

  def test_wrong_timeouts_are_errors
    SimpleIPC::Receiver.open("patience") do |receiver|
      assert_raises(TypeError) { receiver.receive(timeout: "1") }
      assert_raises(ArgumentError) { receiver.receive(timeout: -1) }
      assert_raises(ArgumentError) { receiver.receive(timeout: Float::NAN) }
      assert_raises(SimpleIPC::Timeout) { receiver.receive(timeout: 0) }
      assert_raises(SimpleIPC::Timeout) { receiver.receive(timeout: 0.01) }
      assert_raises(SimpleIPC::Timeout) { receiver.receive(timeout: 1/100r) }
    end
  end

  def test_iterating_ends_when_nothing_comes
    5.times { |number| SimpleIPC.send("numbers", number) }
    SimpleIPC::Receiver.open("numbers", timeout: 0.01) do |receiver|
      assert_equal [0, 1], receiver.lazy.map(&:value).first(2)
      assert_equal [2, 3, 4], receiver.map(&:value)
      assert_equal [], receiver.each.to_a
    end
  end

  def test_a_full_queue_is_said_after_the_timeout
    SimpleIPC::Sender.open("full", depth: 16) do |sender|
      status = status_of(SimpleIPC::Retry) { 100.times { sender.put(1, timeout: 0.01) } }
      assert_equal C::FULL, status
      assert_operator SimpleIPC::Receiver.open("full", timeout: 0, &:count), :>=, 16
    end
  end

  def test_subscribers_get_what_their_options_say
    SimpleIPC::Publisher.open("options", history: 2, depth: 16) do |publisher|
      tap = SimpleIPC::Subscriber.new("options", tap: true, timeout: SOON)
      (1..3).each { |number| publisher.publish(number) }
      late = SimpleIPC::Subscriber.new("options", history: 2, timeout: 0)
      latest = SimpleIPC::Subscriber.new("options", history: 2, latest: true, timeout: 0)
      lossless = SimpleIPC::Subscriber.new("options", lossless: true, timeout: 0)
      assert_equal [2, 3], late.map(&:value)
      assert_equal [3], latest.map(&:value)
      16.times { |number| publisher.publish(number) }
      assert_equal C::FULL, status_of(SimpleIPC::Retry) { publisher.publish(16, timeout: 0.01) }
      assert_equal (0..15).to_a, lossless.map(&:value)
      100.times { |number| publisher.publish(number) if lossless.each { nil } }
      assert_operator late.receive(&:missed), :>, 0
      assert_kind_of Integer, tap.receive(&:value)
      [tap, late, latest, lossless].each(&:close)
    end
  end

  def test_a_loan_is_filled_in_place
    SimpleIPC::Publisher.open("loans") do |publisher|
      SimpleIPC::Subscriber.open("loans", timeout: SOON) do |subscriber|
        publisher.loan(:u8, [2, 3], "grey", capture_time_ns: 9) do |loan|
          assert_equal 6, loan.bytesize
          loan.write("abc")
          loan.write("def", 3)
          assert_raises(IndexError) { loan.write("g", 6) }
          assert_raises(IndexError) { loan.write("g", -1) }
        end
        subscriber.receive do |message|
          tensor = message.value
          assert_equal ["abcdef", [2, 3], "grey", 9],
                       [tensor.bytes, tensor.shape, tensor.format, message.capture_time_ns]
        end
        loan = publisher.loan(:bytes, 200)
        loan.pointer[0, 200] = "z" * 200
        loan.put
        assert_equal "z" * 200, subscriber.receive(&:value)
        assert_raises(SimpleIPC::Gone) { loan.put }
        assert_raises(SimpleIPC::Gone) { loan.write("late") }
      end
    end
  end

  def test_a_loan_that_is_not_put_goes_back
    SimpleIPC::Sender.open("returned") do |sender|
      loans = Array.new(16) { sender.loan(:bytes, 100) }
      assert_raises(SimpleIPC::Misuse) { sender.loan(:bytes, 100) }
      2.times { loans.each(&:cancel) }
      40.times { assert_raises(RuntimeError) { sender.loan(:bytes, 100) { raise "no" } } }
      assert_raises(ArgumentError) { sender.loan(:u9, [1]) }
      assert_raises(ArgumentError) { sender.loan(:u8, [-1]) }
      assert_raises(TypeError) { sender.loan(:bytes, nil) }
      forget = proc { |count| count.times { sender.loan(:bytes, 100) } && nil }
      10.times do
        forget.call(8)
        eventually_collected(sender)
      end
    end
  end

  # The collector may see the last few later than the others.
  def eventually_collected(sender)
    eventually do
      GC.start
      Array.new(8) { sender.loan(:bytes, 100) }.each(&:cancel)
    rescue SimpleIPC::Misuse
      false
    end
  end

  def test_what_is_let_go_of_while_another_thread_waits_goes_back
    [method(:collect), proc { |loans| loans.each(&:cancel) }].each do |let_go|
      SimpleIPC::Sender.open("room", pool_bytes_max: 1 << 20) do |sender|
        # In a thread that has gone, and with it its stack.
        loans = Thread.new { Array.new(8) { sender.loan(:bytes, 120_000) } }.value
        waiting = beside { sender.put("x".b * 600_000, timeout: SOON) }
        eventually { busy? { sender.put(1, timeout: 0) } }
        let_go.call(loans)
        said_by(waiting)
        SimpleIPC::Receiver.open("room", timeout: 0) { |receiver| receiver.each { nil } }
        eventually { GC.start || SimpleIPC.audit("room").first["chunks_in_use"].zero? }
      end
    end
  end

  def test_a_loan_that_is_cancelled_while_it_is_put_is_either
    SimpleIPC::Sender.open("either", depth: 16) do |sender|
      SimpleIPC::Receiver.open("either", timeout: 0) do |receiver|
        [proc { sender.interrupt }, proc { receiver.receive(&:value) }].each do |finish|
          loan = sender.loan(:bytes, 200)
          loan.write("x" * 200)
          assert_equal C::FULL, status_of { loop { sender.put(0, timeout: 0) } }
          waiting = beside { loan.put(timeout: SOON) }
          waiting.report_on_exception = false
          eventually { busy? { sender.put(0, timeout: 0) } }
          loan.cancel
          loan.write("y") # it is still needed
          finish.call
          begin
            said_by(waiting)
          rescue SimpleIPC::Retry => error
            assert_equal C::INTERRUPTED, error.status
          end
          assert_raises(SimpleIPC::Gone) { loan.write("late") }
        end
        assert_equal ["y#{"x" * 199}"], receiver.map(&:value) - [0]
      end
      assert_equal 0, SimpleIPC.audit("either").first["chunks_in_use"]
    end
  end

  def test_who_meets_the_collector_in_a_handle_tries_again
    SimpleIPC::Sender.open("met") do |sender|
      tries = 0
      status = C.patiently(0, sender) do
        tries += 1
        sender.give_back { C::OK } if tries == 1
        tries < 3 ? C::BUSY : C::OK
      end
      assert_equal [C::BUSY, 2], [status, tries]
    end
  end

  def test_ten_thousand_messages_leave_nothing_whoever_releases_them
    SimpleIPC::Sender.open("many", depth: 16) do |sender|
      SimpleIPC::Receiver.open("many") do |receiver|
        10_000.times do |number|
          sender.put(number.odd? ? "x".b * 300 : number)
          message = receiver.receive(timeout: SOON)
          message.release if (number % 3).zero?
        end
        GC.start
        # Ruby may see one on its stack a little longer.
        eventually { GC.start || SimpleIPC.audit("many").first["chunks_in_use"] <= 1 }
      end
    end
  end

  def test_a_message_that_was_not_released_comes_again
    SimpleIPC.send("again", "important")
    victim = program('SimpleIPC::Receiver.new("again").receive { puts "taken"; sleep }')
    assert_equal "taken\n", victim.gets
    Process.kill(:KILL, victim.pid)
    victim.close
    SimpleIPC.receive("again", timeout: SOON) do |message|
      assert_equal ["important", true], [message.value, message.redelivered?]
    end
  end

  def test_other_threads_run_while_one_waits
    SimpleIPC::Receiver.open("waited for") do |receiver|
      waiting = beside { receiver.receive(timeout: SOON, &:value) }
      eventually { busy? { receiver.receive(timeout: 0) } }
      SimpleIPC.send("waited for", "news")
      assert_equal "news", said_by(waiting)
    end
  end

  def test_a_handle_in_use_is_busy_for_others_and_they_can_interrupt_and_close
    receiver = SimpleIPC::Receiver.new("busy")
    ends = { interrupt: C::INTERRUPTED, close: C::CLOSED }
    ends.each do |verb, status|
      waiting = beside { receiver.receive }
      waiting.report_on_exception = false
      eventually { busy? { receiver.receive(timeout: 0) } }
      receiver.public_send(verb)
      assert_equal status, status_of { said_by(waiting) }
    end
  end

  def test_a_thread_that_waits_can_be_ended
    SimpleIPC::Receiver.open("ended") do |receiver|
      waiting = beside { receiver.receive }
      eventually { busy? { receiver.receive(timeout: 0) } }
      assert waiting.kill.join(SOON)
      assert_raises(::Timeout::Error) { ::Timeout.timeout(0.01) { receiver.receive } }
      SimpleIPC.send("ended", 1)
      assert_equal 1, receiver.receive(timeout: SOON, &:value)
    end
  end

  def test_ctrl_c_ends_a_program_that_waits
    SimpleIPC::Lock.new("held").lock
    ['Receiver.new("c").receive', 'Lock.new("held").lock', 'receive("one-call")',
     'Client.new("nobody").call("m")', 'Host.new("idle").each { nil }'].each do |waits|
      child = program("puts 1; SimpleIPC::#{waits}", err: File::NULL)
      child.gets
      eventually { sleeps?(child.pid) }
      Process.kill(:INT, child.pid)
      assert_equal "", child.read
      child.close
      assert_equal Signal.list["INT"], $?.termsig, waits
    end
  end

  # Whether a program sleeps in a futex.
  def sleeps?(pid)
    %w[202 449].include?(File.read("/proc/#{pid}/syscall")[/\A\d+/])
  end

  def test_a_handler_of_signals_runs_and_the_wait_goes_on
    child = program('trap(:USR1) { puts "heard" }; puts "waiting"; p SimpleIPC.receive("on").value')
    assert_equal "waiting\n", child.gets
    Process.kill(:USR1, child.pid)
    assert_equal "heard\n", child.gets
    SimpleIPC.send("on", 42)
    assert_equal "42\n", child.gets
    child.close
  end

  def test_several_handles_and_descriptors
    SimpleIPC::Receiver.open("first") do |first|
      SimpleIPC::Waiter.open("second") do |second|
        assert_raises(SimpleIPC::Timeout) { SimpleIPC.wait_any(first, second, timeout: 0.01) }
        SimpleIPC.notify("second")
        assert_same second, SimpleIPC.wait_any(first, second, timeout: SOON)
        assert_equal 1, second.wait(timeout: 0)
        SimpleIPC.send("first", 1)
        assert_same first, SimpleIPC.wait_any(first, second, timeout: SOON)
        # A descriptor may be readable although nothing is there.
        eventually { IO.select([first, second], nil, nil, SOON).first.include?(first) }
        assert_equal 1, first.receive(timeout: 0, &:value)
        assert_raises(SimpleIPC::Misuse) { SimpleIPC.wait_any(timeout: 0) }
      end
    end
  end

  def test_fibers_go_on_while_one_waits
    Fiber.set_scheduler(TurnTaking.new)
    said = []
    Fiber.schedule do
      SimpleIPC::Receiver.open("fibers") do |receiver|
        said << receiver.receive(timeout: SOON, &:value)
      end
    end
    Fiber.schedule do
      said << "another fiber"
      SimpleIPC.send("fibers", "news")
    end
    Fiber.set_scheduler(nil)
    assert_equal ["another fiber", "news"], said
  end

  # The smallest scheduler: fibers that wait to read, one after the other.
  class TurnTaking
    def initialize
      @waiting = {}
    end

    def fiber(&block) = Fiber.new(blocking: false, &block).tap(&:resume)

    def io_wait(io, events, _timeout)
      @waiting[Fiber.current] = io
      Fiber.yield
      events
    end

    def run
      until @waiting.empty?
        ready = IO.select(@waiting.values).first
        fiber, = @waiting.find { |_, io| ready.include?(io) }
        @waiting.delete(fiber)
        fiber.resume
      end
    end

    def close = run

    def block(*) = raise("not needed here")
    alias unblock block
    alias kernel_sleep block
  end

  def test_a_forked_child_has_its_own_handles
    sender = SimpleIPC::Sender.new("forked")
    child = fork do
      status = begin
        sender.put(1)
      rescue SimpleIPC::Gone => error
        error.status
      end
      SimpleIPC.send("forked", status)
      exit!(0)
    end
    Process.wait(child)
    assert_equal C::FORKED, SimpleIPC.receive("forked", timeout: SOON, &:value)
    sender.close
  end

  def test_a_state_is_there_for_whoever_comes_late
    assert_raises(SimpleIPC::Timeout) { SimpleIPC.get("speed", timeout: 0) }
    SimpleIPC.set("speed", 30)
    assert_equal 30, SimpleIPC.get("speed", &:value)
    SimpleIPC::Setter.open("speed") do |setter|
      SimpleIPC::Watcher.open("speed") do |watcher|
        refute setter.set_if(31, nil)
        seen = watcher.get(&:sequence)
        assert setter.set_if(31, seen)
        refute setter.set_if(32, seen)
        setter.set(33)
        assert_equal [33, 33], [watcher.receive(&:value), watcher.get(&:value)]
        assert_raises(SimpleIPC::Timeout) { watcher.receive(timeout: 0) }
      end
    end
    assert_raises(RangeError) { SimpleIPC::Setter.open("speed") { |one| one.set_if(1, -2) } }
  end

  def test_notifications_are_counted
    SimpleIPC::Waiter.open("bell", timeout: 0) do |waiter|
      SimpleIPC::Notifier.open("bell") { |notifier| 3.times { notifier.notify } }
      assert_equal 3, waiter.wait
      assert_raises(SimpleIPC::Timeout) { waiter.wait }
      SimpleIPC.notify("bell")
      assert_equal [1], waiter.to_a
    end
    assert_raises(SimpleIPC::Timeout) { SimpleIPC.wait("bell", timeout: 0) }
    SimpleIPC.notify("bell")
    assert_equal 1, SimpleIPC.wait("bell", timeout: SOON)
  end

  def test_a_notification_can_be_a_signal
    child = program('trap(:USR2) { puts "heard"; exit }; w = SimpleIPC::Waiter.new("loud", ' \
                    'signal: Signal.list["USR2"]); puts "open"; sleep')
    assert_equal "open\n", child.gets
    SimpleIPC.notify("loud")
    assert_equal "heard\n", child.gets
    child.close
  end

  def test_a_lock_has_one_owner
    mine = SimpleIPC::Lock.new("robot")
    other = SimpleIPC::Lock.new("robot")
    assert_equal 5, mine.synchronize { 5 }
    mine.synchronize do
      refute other.try_lock
      assert_raises(SimpleIPC::Timeout) { other.lock(timeout: 0.01) }
      assert_equal C::BAD_ARGUMENT, status_of(SimpleIPC::Misuse) { mine.lock }
      assert_raises(TypeError) { mine.lock(timeout: "1") }
      refute other.try_lock
    end
    assert_raises(RuntimeError) { mine.synchronize { raise "no" } }
    assert other.try_lock
    [mine, other].each(&:close)
    permits = Array.new(3) { SimpleIPC::Lock.new("places", permits: 2) }
    assert_equal [true, true, false], permits.map(&:try_lock)
    permits.each(&:close)
  end

  def test_the_next_owner_is_told_of_a_death
    victim = program('SimpleIPC::Lock.new("mortal lock").lock; puts "locked"; sleep')
    victim.gets
    pid = victim.pid
    Process.kill(:KILL, pid)
    victim.close
    SimpleIPC::Lock.open("mortal lock") do |lock|
      lock.synchronize(timeout: SOON) { assert_equal pid, lock.abandoned_pid }
      lock.synchronize { assert_nil lock.abandoned_pid }
    end
  end

  def test_who_comes_and_goes_is_told
    assert_empty SimpleIPC.peers("visited")
    SimpleIPC::PeerWatcher.open("visited", timeout: SOON) do |watcher|
      told = -> { watcher.receive { |message| message.value.values_at("event", "role") } }
      child = program('$PROGRAM_NAME = "x"; SimpleIPC.identify("guest"); ' \
                      'r = SimpleIPC::Receiver.new("visited"); puts 1; sleep')
      child.gets
      assert_equal %w[up receive], told.call
      SimpleIPC::Sender.open("visited") do
        assert_equal %w[up send], told.call
        peers = SimpleIPC.peers("visited").to_h { |peer| [peer["role"], peer] }
        assert_equal %w[receive send], peers.keys.sort
        assert_equal ["guest", "ruby", child.pid],
                     peers["receive"].values_at("program", "language", "pid")
        assert_equal File.basename($PROGRAM_NAME), peers["send"]["program"]
      end
      assert_equal %w[down send], told.call
      Process.kill(:KILL, child.pid)
      child.close
      assert_equal %w[down receive], told.call
    end
    assert_raises(SimpleIPC::Misuse) { SimpleIPC.peers("a/b") }
    assert_raises(EncodingError, SimpleIPC::Misuse) { SimpleIPC.identify("\xff") }
  end

  def test_audit_and_clean
    SimpleIPC::Sender.open("seen") do |sender|
      sender.put("x")
      names = SimpleIPC.audit.map { |channel| channel["name"] }
      assert_includes names, "seen"
      assert_equal "queue", SimpleIPC.audit("seen").first["pattern"]
    end
    assert_kind_of Integer, SimpleIPC.clean(age_max: 0)
    assert_empty SimpleIPC.audit("seen")
    assert_match(/\A\d+\.\d+\.\d+/, SimpleIPC.version)
    assert_operator SimpleIPC.now_ns, :>, 0
  end

  def test_an_unknown_status_is_an_error_of_its_class
    kinds = [9, 19, 29, 39, 59, 99].map { |status| SimpleIPC::Error.of(status, 0, "x").class }
    assert_equal [SimpleIPC::Retry, SimpleIPC::Gone, SimpleIPC::Misuse, SimpleIPC::Corrupt,
                  SimpleIPC::System, SimpleIPC::Error], kinds
  end
end
