# encoding: UTF-8
require 'openssl' # the HTTP transport names it without loading it
require 'thrift'

# The transports and protocols of Apache's runtime for Ruby, by their names as arguments.
module Dialect
  # Returns the open transport of a connection.
  def self.connect(host, port, transport)
    return Thrift::HTTPClientTransport.new("http://#{host}:#{port}/") if transport == 'http'
    socket = Thrift::Socket.new(host, port, 20)
    stack = case transport
            when 'framed' then Thrift::FramedTransport.new(socket)
            when 'unframed' then Thrift::BufferedTransport.new(socket)
            else raise "no transport #{transport} here"
            end
    stack.open
    stack
  end

  # Returns a protocol on a transport.
  def self.encode(protocol, on)
    case protocol
    when 'binary' then Thrift::BinaryProtocol.new(on)
    when 'binary+old' then Thrift::BinaryProtocol.new(on, false, false)
    when 'binary+accelerated' then Thrift::BinaryProtocolAccelerated.new(on)
    when 'compact' then Thrift::CompactProtocol.new(on)
    when 'json' then Thrift::JsonProtocol.new(on)
    else raise "no protocol #{protocol} here"
    end
  end
end
