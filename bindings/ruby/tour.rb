# Every pattern once, in one program; each part could be in a program of its own.

require_relative "simpleipc"

# A queue: each message goes to one receiver.
SimpleIPC.send("tour.queue", "hello")
SimpleIPC::Receiver.open("tour.queue") do |receiver|
  receiver.receive(timeout: 20) { |message| puts "queue: #{message.value}" }
  begin
    receiver.receive(timeout: 0)
  rescue SimpleIPC::Timeout
    puts "queue: nothing more"
  end
end

# A topic: every subscriber gets every message. The frame is filled where it is read.
subscriber = SimpleIPC::Subscriber.new("tour.topic", timeout: 20)
SimpleIPC::Publisher.open("tour.topic") do |publisher|
  publisher.publish(42)
  puts "topic: #{subscriber.receive(&:value)}"
  publisher.loan(:u8, [4, 6, 3], "rgb8", capture_time_ns: SimpleIPC.now_ns) do |frame|
    frame.write("\x07" * frame.bytesize)
  end
  subscriber.receive do |message|
    tensor = message.value
    puts "topic: #{tensor.shape} #{tensor.format} #{tensor.pointer[0]}"
  end
end
subscriber.close

# A state: the latest value, for whoever comes whenever.
setter = SimpleIPC::Setter.new("tour.state")
watcher = SimpleIPC::Watcher.new("tour.state", timeout: 20)
setter.set(30)
speed = watcher.get
puts "state: #{speed.value}"
is_set = setter.set_if(31, speed.sequence) # false if somebody else has set it since
puts "state: #{watcher.receive(&:value)} #{is_set}"
[setter, watcher].each(&:close)

# A signal: something has happened.
SimpleIPC::Waiter.open("tour.signal") do |waiter|
  SimpleIPC.notify("tour.signal")
  puts "signal: #{waiter.wait(timeout: 20)}"
end

# A lock: one owner at a time, and free when it dies.
SimpleIPC::Lock.open("tour.lock") do |lock|
  lock.synchronize(timeout: 20) { puts "lock: died with it: #{lock.abandoned_pid.inspect}" }
end

# A service; `server.on("add") { |a, b| a + b }` and `server.serve` are the usual way to answer.
server = SimpleIPC::Server.new("tour.service")
SimpleIPC::Client.open("tour.service") do |client|
  call = client.start("add", 1, 2)
  server.receive(timeout: 20) do |request|
    puts "service: #{request.method} #{request.args}"
    request.reply(request.args.sum)
  end
  puts "service: #{call.result(timeout: 20)}"
end
server.close
