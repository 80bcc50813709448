import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TCompactProtocol;
import org.apache.thrift.protocol.TJSONProtocol;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.transport.THttpClient;
import org.apache.thrift.transport.TSocket;
import org.apache.thrift.transport.TTransport;
import org.apache.thrift.transport.TTransportException;
import org.apache.thrift.transport.layered.TFastFramedTransport;
import org.apache.thrift.transport.layered.TFramedTransport;

/** The transports and protocols of Apache's runtime for Java, by their names as arguments. */
final class Dialect {
  private Dialect() {}

  /** Returns the open transport of a connection. */
  static TTransport connect(String host, int port, String transport) throws TTransportException {
    if (transport.equals("http")) {
      return new THttpClient("http://" + host + ":" + port + "/");
    }
    TTransport socket = new TSocket(host, port, 60_000);
    TTransport stack =
        switch (transport) {
          case "framed" -> new TFramedTransport(socket);
          case "framed+fast" -> new TFastFramedTransport(socket);
          case "unframed" -> socket; // a TSocket has buffers of its own
          default -> throw new IllegalArgumentException("no transport " + transport + " here");
        };
    stack.open();
    return stack;
  }

  /** Returns a protocol on a transport. */
  static TProtocol encode(String protocol, TTransport on) {
    return switch (protocol) {
      case "binary" -> new TBinaryProtocol(on);
      case "binary+old" -> new TBinaryProtocol(on, false, false);
      case "compact" -> new TCompactProtocol(on);
      case "json" -> new TJSONProtocol(on);
      default -> throw new IllegalArgumentException("no protocol " + protocol + " here");
    };
  }
}
