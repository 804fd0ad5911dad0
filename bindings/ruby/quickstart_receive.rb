# Prints what arrives; ends when nothing came for 2 seconds.

require_relative "simpleipc"

SimpleIPC::Receiver.open("chat", timeout: 2) do |chat|
  chat.each { |message| p message.value }
end
