# encoding: UTF-8
# The client on Apache's runtime for Ruby; cases_test.go tells what each case is.
require 'bar_api'
require 'dialect'
require 'foo_api'

$stdout.sync = true

def equal(got, want)
  raise "got #{got.inspect[0, 80]}, want #{want.inspect[0, 80]}" unless got == want
end

class Peer
  def initialize(host, port, transport, protocol)
    @encoding = protocol
    @transport = Dialect.connect(host, port, transport)
    @protocol = Dialect.encode(protocol, @transport)
    @foo = Foo::FooApi::Client.new(named('FooApi'))
    @bar = Bar::BarApi::Client.new(named('BarApi'))
    @bare = Foo::FooApi::Client.new(@protocol)
    @absent = Foo::FooApi::Client.new(named('NoApi'))
    @wrong = Bar::BarApi::Client.new(named('FooApi'))
    @wrong_bare = Bar::BarApi::Client.new(@protocol)
  end

  def named(service)
    Thrift::MultiplexedProtocol.new(@protocol, service)
  end

  def alive
    equal(@foo.echo('still here'), 'still here')
  end

  # The call gets an exception of the type, and the connection goes on.
  def refused(type)
    answer = yield
  rescue Thrift::ApplicationException => e
    equal(e.type, type)
    alive
  else
    raise "answered #{answer.inspect[0, 80]}, want an exception"
  end

  def raise_exception(name, seqid)
    equal(@protocol.read_message_begin, [name, Thrift::MessageTypes::EXCEPTION, seqid])
    refusal = Thrift::ApplicationException.new
    refusal.read(@protocol)
    @protocol.read_message_end
    raise refusal
  end

  def case_foo
    equal(@foo.echo('hello'), 'hello')
    equal(@foo.add(2, 3), 5)
    equal(@foo.add(-5, 2), -3)
    equal(@foo.add(2**31 - 1, 1), -2**31)
  end

  def case_bar
    equal(@bar.echo('hello'), 'bar: hello')
    equal(@bar.index(%w[a b a]), 'a' => [0, 2], 'b' => [1])
  end

  def case_slow
    equal(@foo.slow(20), 'slept 20')
  end

  def case_declared_exception
    answer = @foo.fail('because')
  rescue Foo::ApiError => e
    equal([e.reason, e.code], ['because', 7])
    alive
  else
    raise "answered #{answer.inspect}, want an ApiError"
  end

  def case_oneway
    before = @foo.notes
    @foo.note('a note')
    after = @foo.notes
    raise "#{before} notes before and #{after} after" unless after > before
  end

  def case_unicode
    equal(@foo.echo('añ€😀').b, 'añ€😀'.b) # the JSON protocol leaves the encoding open
    equal(@bar.reverse('añ€😀').b, '😀€ña'.b)
  end

  def case_blob
    all = (0..255).to_a.pack('C*')
    equal(@bar.blob(all), all)
  end

  def case_empty
    equal(@foo.echo(''), '')
    equal(@bar.blob(''), '')
    equal(@bar.index([]), {})
  end

  def case_unknown_service
    refused(Thrift::ApplicationException::UNKNOWN_METHOD) { @absent.echo('hello') }
  end

  def case_unknown_method
    refused(Thrift::ApplicationException::UNKNOWN_METHOD) { @wrong.reverse('hello') }
    refused(Thrift::ApplicationException::UNKNOWN_METHOD) { @wrong_bare.reverse('hello') }
  end

  def case_unknown_oneway
    @absent.note('to nobody')
    alive
  end

  def case_undecodable_args
    @protocol.write_message_begin('BarApi:index', Thrift::MessageTypes::CALL, 99)
    @protocol.write_struct_begin('index_args')
    @protocol.write_field_begin('words', Thrift::Types::LIST, 1)
    @protocol.write_list_begin(Thrift::Types::I32, 2)
    @protocol.write_i32(1_000_000)
    @protocol.write_i32(-1)
    @protocol.write_list_end
    @protocol.write_field_end
    @protocol.write_field_stop
    @protocol.write_struct_end
    @protocol.write_message_end
    @transport.flush
    refused(Thrift::ApplicationException::PROTOCOL_ERROR) { raise_exception('index', 99) }
  end

  # Sends a frame that holds all but the last 50 bytes of a call.
  def case_cut_frame
    memory = Thrift::MemoryBufferTransport.new
    whole = Dialect.encode(@encoding, memory)
    whole.write_message_begin('BarApi:echo', Thrift::MessageTypes::CALL, 98)
    Bar::BarApi::Echo_args.new(msg: 'x' * 100).write(whole)
    whole.write_message_end
    @transport.write(memory.read(memory.available - 50))
    @transport.flush
    refused(Thrift::ApplicationException::PROTOCOL_ERROR) { raise_exception('echo', 98) }
  end

  def case_default_service
    3.times do |i|
      equal(@bare.echo("bare #{i}"), "bare #{i}")
      equal(@bar.echo("bare #{i}"), "bar: bare #{i}")
    end
  end

  def case_large_blob
    blob_of(64 * 2**10)
  end

  def case_big_blob
    blob_of(8 * 2**20)
  end

  def blob_of(size)
    sent = '0123456789abcdef' * (size / 16)
    raise 'the blob came back changed' unless @bar.blob(sent) == sent
  end

  def case_interleaved
    100.times do |i|
      equal(@foo.echo("call #{i}"), "call #{i}")
      equal(@bar.echo("call #{i}"), "bar: call #{i}")
    end
  end
end

host, port, transport, protocol, *cases = ARGV
peer = Peer.new(host, port.to_i, transport, protocol)
cases.each do |name|
  begin
    peer.public_send("case_#{name.tr('-', '_')}")
    puts "ok #{name}"
  rescue StandardError, NotImplementedError => e
    puts "FAIL #{name} #{e.class}: #{e.message.lines.first}"
  end
end
