import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.thrift.TException;
import org.apache.thrift.TMultiplexedProcessor;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TCompactProtocol;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.TTransportFactory;
import org.apache.thrift.transport.layered.TFramedTransport;

import foo.ApiError;
import foo.FooApi;

/** Serves FooApi on Apache's runtime for Java; see ../doc.go. */
final class Server {
  private Server() {}

  public static void main(String[] args) throws Exception {
    List<String> words = Arrays.asList(args);
    boolean framed = !words.contains("unframed");
    boolean compact = words.contains("compact");

    FooApi.Processor<Foo> foo = new FooApi.Processor<>(new Foo());
    TMultiplexedProcessor processor = new TMultiplexedProcessor();
    processor.registerDefault(foo);
    processor.registerProcessor("FooApi", foo);

    ServerSocket socket = new ServerSocket();
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 128);
    System.out.println("serving FooApi on 127.0.0.1:" + socket.getLocalPort());
    new TThreadPoolServer(
            new TThreadPoolServer.Args(new TServerSocket(socket))
                .maxWorkerThreads(512)
                .transportFactory(framed ? new TFramedTransport.Factory() : new TTransportFactory())
                .protocolFactory(compact ? new TCompactProtocol.Factory() : new TBinaryProtocol.Factory())
                .processor(processor))
        .serve();
  }

  /** The service. */
  private static final class Foo implements FooApi.Iface {
    private final AtomicInteger notes = new AtomicInteger();

    @Override
    public String echo(String msg) {
      return msg;
    }

    @Override
    public int add(int a, int b) {
      return a + b;
    }

    @Override
    public String slow(int ms) throws TException {
      try {
        Thread.sleep(ms);
      } catch (InterruptedException e) {
        throw new TException(e);
      }
      return "slept " + ms;
    }

    @Override
    public String fail(String reason) throws ApiError {
      throw new ApiError(reason, 7);
    }

    @Override
    public void note(String text) {
      notes.incrementAndGet();
    }

    @Override
    public int notes() {
      return notes.get();
    }
  }
}
