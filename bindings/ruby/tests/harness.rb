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

  # A thread that does something in a handle which others look at meanwhile: they make it busy.
  def beside
    Thread.new do
      yield
    rescue SimpleIPC::Retry => error
      error.status == SimpleIPC::C::BUSY ? retry : raise
    end
  end

  # What a thread that is about to end has to say.
  def said_by(thread)
    assert thread.join(SOON), "a thread does not end"
    thread.value
  end

  def busy?
    yield
    false
  rescue SimpleIPC::Retry => error
    error.status == SimpleIPC::C::BUSY
  end

  # Lets go of what is in the list, and answers when the collector has found the most of it.
  def collect(list)
    wanted = list.size - 2 # Ruby may see one or two on its stack a little longer
    found = 0
    note = proc { found += 1 }
    list.each { |one| ObjectSpace.define_finalizer(one, note) }.clear
    eventually { GC.start || found >= wanted }
  end

  # Waits until the block is true.
  def eventually
    finish = Time.now + SOON
    until yield
      flunk "it did not come to be" if Time.now > finish
      Thread.pass
    end
  end
end
