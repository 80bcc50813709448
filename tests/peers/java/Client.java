import bar.BarApi;
import foo.ApiError;
import foo.FooApi;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.thrift.protocol.TMultiplexedProtocol;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.transport.TTransport;

/** The client on Apache's runtime for Java; cases_test.go tells what each case is. */
public final class Client {
  private final TTransport transport;
  private final String encoding;
  private final TProtocol protocol;
  private final FooApi.Client foo;
  private final BarApi.Client bar;

  private Client(String host, int port, String transport, String protocol) throws Exception {
    this.transport = Dialect.connect(host, port, transport);
    this.encoding = protocol;
    this.protocol = Dialect.encode(protocol, this.transport);
    foo = new FooApi.Client(named("FooApi"));
    bar = new BarApi.Client(named("BarApi"));
  }

  public static void main(String[] args) throws Exception {
    Client client = new Client(args[0], Integer.parseInt(args[1]), args[2], args[3]);
    for (String name : Arrays.asList(args).subList(4, args.length)) {
      try {
        client.run(name);
        System.out.println("ok " + name);
      } catch (Exception | AssertionError e) {
        System.out.println("FAIL " + name + " " + e);
      }
    }
  }

  private void run(String name) throws Exception {
    switch (name) {
      case "foo" -> callFoo();
      case "bar" -> callBar();
      case "slow" -> equal(foo.slow(20), "slept 20");
      case "declared-exception" -> declared();
      case "oneway" -> oneway();
      case "unicode" -> unicode();
      case "blob" -> blob();
      case "empty" -> empty();
      case "default-service" -> defaultService();
      case "large-blob" -> blobOf(64 << 10);
      case "big-blob" -> blobOf(8 << 20);
      case "interleaved" -> interleaved();
      case "unknown-oneway" -> unknownOneway();
      default -> new Refusals(transport, encoding, protocol).run(name);
    }
    equal(foo.echo("still here"), "still here");
  }

  private TProtocol named(String service) {
    return new TMultiplexedProtocol(protocol, service);
  }

  static void equal(Object got, Object want) {
    if (!Objects.equals(got, want)) {
      throw new AssertionError("got " + got + ", want " + want);
    }
  }

  private void callFoo() throws Exception {
    equal(foo.echo("hello"), "hello");
    equal(foo.add(2, 3), 5);
    equal(foo.add(-5, 2), -3);
    equal(foo.add(Integer.MAX_VALUE, 1), Integer.MIN_VALUE);
  }

  private void callBar() throws Exception {
    equal(bar.echo("hello"), "bar: hello");
    equal(bar.index(List.of("a", "b", "a")), Map.of("a", List.of(0L, 2L), "b", List.of(1L)));
  }

  private void declared() throws Exception {
    try {
      throw new AssertionError("answered " + foo.fail("because") + ", want an ApiError");
    } catch (ApiError e) {
      equal(e.getReason(), "because");
      equal(e.getCode(), 7);
    }
  }

  private void oneway() throws Exception {
    int before = foo.notes();
    foo.note("a note");
    equal(foo.notes() > before, true);
  }

  private void unicode() throws Exception {
    equal(foo.echo("añ€😀"), "añ€😀");
    equal(bar.reverse("añ€😀"), "😀€ña");
  }

  private void blob() throws Exception {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    equal(bar.blob(ByteBuffer.wrap(all)), ByteBuffer.wrap(all));
  }

  private void empty() throws Exception {
    equal(foo.echo(""), "");
    equal(bar.blob(ByteBuffer.allocate(0)).remaining(), 0);
    equal(bar.index(List.of()), Map.of());
  }

  private void unknownOneway() throws Exception {
    new FooApi.Client(named("NoApi")).note("to nobody");
  }

  private void defaultService() throws Exception {
    FooApi.Client bare = new FooApi.Client(protocol);
    for (int i = 0; i < 3; i++) {
      equal(bare.echo("bare " + i), "bare " + i);
      equal(bar.echo("bare " + i), "bar: bare " + i);
    }
  }

  private void blobOf(int size) throws Exception {
    byte[] sent = "0123456789abcdef".repeat(size / 16).getBytes();
    ByteBuffer answer = bar.blob(ByteBuffer.wrap(sent));
    equal(answer.equals(ByteBuffer.wrap(sent)), true);
  }

  private void interleaved() throws Exception {
    for (int i = 0; i < 100; i++) {
      equal(foo.echo("call " + i), "call " + i);
      equal(bar.echo("call " + i), "bar: call " + i);
    }
  }
}
