import bar.BarApi;
import foo.FooApi;
import java.util.Arrays;
import org.apache.thrift.TApplicationException;
import org.apache.thrift.protocol.TField;
import org.apache.thrift.protocol.TList;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TMessageType;
import org.apache.thrift.protocol.TMultiplexedProtocol;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.protocol.TStruct;
import org.apache.thrift.protocol.TType;
import org.apache.thrift.transport.TMemoryBuffer;
import org.apache.thrift.transport.TTransport;

/** The cases in which the server must answer with a TApplicationException. */
final class Refusals {
  private final TTransport transport;
  private final String encoding;
  private final TProtocol protocol;

  Refusals(TTransport transport, String encoding, TProtocol protocol) {
    this.transport = transport;
    this.encoding = encoding;
    this.protocol = protocol;
  }

  private interface Call {
    Object make() throws Exception;
  }

  void run(String name) throws Exception {
    switch (name) {
      case "unknown-service" -> {
        FooApi.Client absent = new FooApi.Client(new TMultiplexedProtocol(protocol, "NoApi"));
        refused(TApplicationException.UNKNOWN_METHOD, () -> absent.echo("hello"));
      }
      case "unknown-method" -> {
        BarApi.Client wrong = new BarApi.Client(new TMultiplexedProtocol(protocol, "FooApi"));
        refused(TApplicationException.UNKNOWN_METHOD, () -> wrong.reverse("hello"));
        BarApi.Client bare = new BarApi.Client(protocol);
        refused(TApplicationException.UNKNOWN_METHOD, () -> bare.reverse("hello"));
      }
      case "undecodable-args" -> {
        sendWrongList();
        refused(TApplicationException.PROTOCOL_ERROR, () -> readException("index", 99));
      }
      case "cut-frame" -> {
        sendCutFrame();
        refused(TApplicationException.PROTOCOL_ERROR, () -> readException("echo", 98));
      }
      default -> throw new IllegalArgumentException("no such case here");
    }
  }

  private static void refused(int type, Call call) throws Exception {
    try {
      throw new AssertionError("answered " + call.make() + ", want an exception");
    } catch (TApplicationException e) {
      Client.equal(e.getType(), type);
    }
  }

  private void sendWrongList() throws Exception {
    protocol.writeMessageBegin(new TMessage("BarApi:index", TMessageType.CALL, 99));
    protocol.writeStructBegin(new TStruct("index_args"));
    protocol.writeFieldBegin(new TField("words", TType.LIST, (short) 1));
    protocol.writeListBegin(new TList(TType.I32, 2));
    protocol.writeI32(1000000);
    protocol.writeI32(-1);
    protocol.writeListEnd();
    protocol.writeFieldEnd();
    protocol.writeFieldStop();
    protocol.writeStructEnd();
    protocol.writeMessageEnd();
    transport.flush();
  }

  /** Sends a frame that holds all but the last 50 bytes of a call. */
  private void sendCutFrame() throws Exception {
    TMemoryBuffer memory = new TMemoryBuffer(256);
    TProtocol whole = Dialect.encode(encoding, memory);
    whole.writeMessageBegin(new TMessage("BarApi:echo", TMessageType.CALL, 98));
    new BarApi.echo_args("x".repeat(100)).write(whole);
    whole.writeMessageEnd();
    transport.write(Arrays.copyOf(memory.getArray(), memory.length() - 50));
    transport.flush();
  }

  private Object readException(String name, int seqid) throws Exception {
    Client.equal(protocol.readMessageBegin(), new TMessage(name, TMessageType.EXCEPTION, seqid));
    TApplicationException refusal = TApplicationException.readFrom(protocol);
    protocol.readMessageEnd();
    throw refusal;
  }
}
