# frozen_string_literal: true

require "io/wait"
require "minitest/autorun"
require "rbconfig"
require "tmpdir"
require_relative "../simpleipc"

# What the tests have in common. $SIPC_DIR is theirs.
class SipcTest < Minitest::Test
  # Seconds that are long enough on any machine.
  SOON = 20

  # The output of a C program that sees simpleipc.h.
  def compile_and_run(text)
    Dir.mktmpdir do |folder|
      File.write("#{folder}/program.c", text)
      include = ENV.fetch("SIPC_INCLUDE") { "#{__dir__}/../../../include" }
      command = ["cc", "-I#{include}", "#{folder}/program.c", "-o", "#{folder}/program"]
      system(*command, exception: true)
      IO.popen("#{folder}/program", &:read)
    end
  end

  # Starts a program that uses the library, as lines of Ruby; its output can be read.
  def program(text, **redirections)
    library = "#{__dir__}/../simpleipc"
    IO.popen([RbConfig.ruby, "-r#{library}", "-e", "$stdout.sync = true; #{text}"], **redirections)
  end

  def status_of(kind = SimpleIPC::Error, &block) = assert_raises(kind, &block).status

  # Waits until the block is true.
  def eventually
    finish = Time.now + SOON
    until yield
      flunk "it did not come to be" if Time.now > finish
      Thread.pass
    end
  end
end
