# frozen_string_literal: true

require_relative "harness"

class ServicesTest < SipcTest
  C = SimpleIPC::C

  # Serves in a thread of its own while the block runs, which gets a client.
  def serving(name, *definitions)
    server = SimpleIPC::Server.new(name)
    yield_definitions(server, definitions)
    thread = Thread.new { server.serve }
    SimpleIPC::Client.open(name) { |client| yield client }
  ensure
    server&.close
    thread&.value
  end

  def yield_definitions(server, definitions)
    definitions.each { |method, callable| server.on(method, callable) }
  end

  def test_a_method_is_called_with_places_or_names
    add = ->(a, b = 10, scale: 1) { (a + b) * scale }
    block = proc { |first, second| [first, second] }
    serving("calc", ["add", add], ["block", block], ["one", ->(x) { x }],
            ["none", -> {}], ["all", ->(*all, **named) { [all, named] }]) do |client|
      assert_equal 3, client.call("add", 1, 2, timeout: SOON)
      assert_equal 11, client.call("add", 1, timeout: SOON)
      assert_equal 30, client.call("add", a: 1, b: 2, scale: 10, timeout: SOON)
      assert_equal [1, 2], client.call("block", 1, 2, timeout: SOON)
      assert_equal [[1], 2], client.call("block", [1], 2, timeout: SOON)
      assert_equal [1, 2], client.call("one", [1, 2], timeout: SOON)
      assert_equal({ "k" => 1 }, client.call("one", { k: 1 }, timeout: SOON))
      assert_nil client.call("none", timeout: SOON)
      assert_equal [[1], {}], client.call("all", 1, timeout: SOON)
      assert_equal [[], { "x" => 1 }], client.call("all", x: 1, timeout: SOON)
      [[[1, 2, 3], {}], [[], {}], [[], { b: 1 }], [[], { a: 1, c: 2 }]].each do |listed, named|
        error = assert_raises(SimpleIPC::ServiceError) do
          client.call("add", *listed, timeout: SOON, **named)
        end
        assert_equal SimpleIPC::Server::BAD_ARGUMENTS, error.code
      end
      assert_raises(SimpleIPC::ServiceError) { client.call("block", 1, timeout: SOON) }
      assert_raises(ArgumentError) { client.call("add", 1, b: 2) }
    end
  end

  def test_a_handler_that_raises_is_an_error_of_its_caller_and_the_server_goes_on
    calls = { "no" => -> { raise SimpleIPC::ServiceError.new(17, "empty", { "left" => 3 }) },
              "zero" => -> { 1 / 0 }, "deep" => -> { serving_deep }, "odd" => -> { Object.new },
              "text" => -> { "\xff" }, "fine" => -> { 1 } }
    serving("bank", *calls) do |client|
      error = assert_raises(SimpleIPC::ServiceError) { client.call("no", timeout: SOON) }
      assert_equal [17, "empty", { "left" => 3 }], [error.code, error.message, error.data]
      %w[zero deep odd text].each do |method|
        error = assert_raises(SimpleIPC::ServiceError) { client.call(method, timeout: SOON) }
        assert_equal SimpleIPC::Server::BROKEN, error.code
      end
      error = assert_raises(SimpleIPC::ServiceError) { client.call("unknown", timeout: SOON) }
      assert_equal SimpleIPC::Server::NO_SUCH_METHOD, error.code
      assert_equal 1, client.call("fine", timeout: SOON)
    end
  end

  def serving_deep = serving_deep

  def test_replies_are_streamed_one_by_one
    count = lambda do |to|
      Enumerator.new { |replies| to.times { |number| replies << number } && "the end" }
    end
    serving("log", ["count", count]) do |client|
      seen = []
      assert_equal "the end", client.start("count", 3).each(timeout: SOON) { |value| seen << value }
      assert_equal [0, 1, 2], seen
      assert_equal "the end", client.call("count", 3, timeout: SOON)
    end
  end

  def test_a_call_can_be_cancelled_and_the_server_learns_it
    SimpleIPC::Server.open("long") do |server|
      SimpleIPC::Client.open("long") do |client|
        call = client.start("work")
        server.receive(timeout: SOON) do |request|
          refute request.cancelled?
          assert_raises(SimpleIPC::Timeout) { call.reply(timeout: 0.01) }
          call.cancel
          assert request.cancelled?
          assert_equal C::CANCELLED, status_of(SimpleIPC::Retry) { request.push(1) }
        end
        assert_equal C::CANCELLED, status_of(SimpleIPC::Retry) { call.reply(timeout: SOON) }
        assert_raises(SimpleIPC::Timeout) { client.call("work", timeout: 0.01) }
      end
    end
  end

  def test_a_call_that_nobody_keeps_is_cancelled
    SimpleIPC::Server.open("forgotten") do |server|
      SimpleIPC::Client.open("forgotten") do |client|
        proc { client.start("work") && nil }.call
        server.receive(timeout: SOON) do |request|
          eventually { GC.start || request.cancelled? }
        end
      end
    end
  end

  def test_calls_that_nobody_keeps_while_another_thread_waits_are_cancelled
    SimpleIPC::Server.open("neglected", timeout: SOON) do |server|
      SimpleIPC::Client.open("neglected") do |client|
        awaited = client.start("work")
        calls = Thread.new { Array.new(8) { client.start("more work") } }.value
        waiting = beside { awaited.result(timeout: SOON) }
        eventually { busy? { awaited.reply(timeout: 0) } }
        collect(calls)
        server.receive { |request| request.reply(1) }
        assert_equal 1, said_by(waiting)
        client.send("end")
        left = server.lazy.map(&:method).take_while { |method| method != "end" }.to_a
        assert_operator left.size, :<=, 2, "calls that are still to be answered"
      end
    end
  end

  def test_a_request_that_is_let_go_of_is_an_error
    SimpleIPC::Server.open("rude") do |server|
      SimpleIPC::Client.open("rude") do |client|
        call = client.start("work")
        server.receive(timeout: SOON) { nil }
        error = assert_raises(SimpleIPC::ServiceError) { call.reply(timeout: SOON) }
        assert_equal SimpleIPC::Server::BROKEN, error.code
        call = client.start("work")
        request = server.receive(timeout: SOON)
        request.reply(1)
        assert_equal C::BAD_ARGUMENT, status_of(SimpleIPC::Misuse) { request.reply(2) }
        2.times { request.release }
        assert_raises(SimpleIPC::Gone) { request.reply(3) }
        assert_equal 1, call.result(timeout: SOON)
      end
    end
  end

  def test_a_client_is_waited_for_beside_others
    SimpleIPC::Server.open("slow") do |server|
      SimpleIPC::Client.open("slow") do |client|
        call = client.start("work")
        assert_same server, SimpleIPC.wait_any(client, server, timeout: SOON)
        server.receive(timeout: SOON) { |request| request.reply(5) }
        assert_same client, SimpleIPC.wait_any(client, server, timeout: SOON)
        assert IO.select([client], nil, nil, SOON)
        assert_equal 5, call.result(timeout: 0)
      end
    end
  end

  def test_one_way_calls_and_what_there_is
    server = SimpleIPC::Server.new("notes")
    server.on("note", idempotent: true, about: "Keeps it.") { |text| text }
    SimpleIPC::Client.open("notes") do |client|
      assert_nil client.send("note", "x")
      server.receive(timeout: SOON) do |request|
        assert_equal [true, ["x"]], [request.one_way?, request.args]
      end
      thread = Thread.new { server.serve }
      assert_equal [{ "name" => "note", "args" => [%w[text any]], "idempotent" => true,
                      "about" => "Keeps it." }], client.offers(timeout: SOON)
      server.interrupt
      thread.value
    end
    assert_raises(TypeError) { server.on("x", 5) }
    server.close
  end

  def test_a_server_that_dies_is_said_and_an_idempotent_call_goes_to_another
    dies = 's = SimpleIPC::Server.new("mortal"); s.on("do") { puts 2; exit!(1) }; puts 1; s.serve'
    SimpleIPC::Client.open("mortal") do |client|
      victims = [program(dies)]
      assert_equal C::SERVER_DIED, status_of(SimpleIPC::Gone) { client.call("do", timeout: SOON) }
      victims << program(dies)
      call = client.start("do", idempotent: true)
      victims.each { |victim| assert_equal "1\n2\n", victim.read }
      SimpleIPC::Server.open("mortal") do |server|
        server.receive(timeout: SOON) { |request| request.reply("another") }
        assert_equal "another", call.result(timeout: SOON)
      end
      victims.each(&:close)
    end
  end

  PLUGIN = <<~RUBY
    require "#{__dir__}/../simpleipc"
    SimpleIPC::Server.open do |server|
      server.on("add") { |a, b| a + b }
      server.on("crash") { Process.kill(:KILL, Process.pid) }
      server.serve
    end
  RUBY

  def test_a_host_starts_plugins_and_hears_of_their_crashes
    SimpleIPC::Host.open("host", timeout: SOON) do |host|
      host.start("calc", RbConfig.ruby, "-e", PLUGIN, restarts: 3, within: 60.0)
      host.client("calc") do |calc|
        assert_equal 5, calc.call("add", 2, 3, timeout: SOON)
        status = status_of(SimpleIPC::Gone) { calc.call("crash", timeout: SOON) }
        assert_equal C::SERVER_DIED, status
        seen = []
        seen << host.receive { |message| message.value["event"] } until seen.include?("restarting")
        assert_equal %w[started ready killed restarting], seen
        assert_equal 5, calc.call("add", 2, 3, timeout: SOON)
      end
      host.stop("calc")
      assert host.find { |message| %w[ended killed].include?(message.value["event"]) }
      assert_raises(TypeError) { host.start("calc", 5) }
      assert_raises(SimpleIPC::Misuse) { host.start("calc", "false", restarts: -1) }
      assert_raises(SimpleIPC::Misuse) { host.stop("nobody") }
    end
    assert_raises(SimpleIPC::Misuse) { SimpleIPC::Server.new }
  end
end
