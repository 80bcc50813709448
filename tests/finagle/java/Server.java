import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

import com.twitter.finagle.Failure;
import com.twitter.finagle.ListeningServer;
import com.twitter.finagle.Service;
import com.twitter.finagle.Thrift;
import com.twitter.finagle.ThriftMux;
import com.twitter.finagle.context.Deadline;
import com.twitter.finagle.thrift.ClientId;
import com.twitter.finagle.tracing.Trace;
import com.twitter.finagle.util.DefaultTimer;
import com.twitter.util.Await;
import com.twitter.util.Duration;
import com.twitter.util.Future;
import com.twitter.util.StorageUnit;

import org.apache.thrift.TException;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TField;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TMessageType;
import org.apache.thrift.protocol.TProtocolUtil;
import org.apache.thrift.protocol.TStruct;
import org.apache.thrift.protocol.TType;
import org.apache.thrift.transport.TMemoryBuffer;
import org.apache.thrift.transport.TMemoryInputTransport;

/**
 * A Finagle server of the methods that the Go test calls: java Server thriftmux, or
 * plain. It prints its port, and obeys its standard input: "close" drains the
 * server, "open" serves anew on the same port; anything else is said again, with how
 * many calls were taken back so far. The end of input ends the server.
 */
public final class Server {
    private static final AtomicInteger takenBack = new AtomicInteger();
    private static final ConcurrentHashMap<String, AtomicInteger> seen = new ConcurrentHashMap<>();

    public static void main(String[] args) throws Exception {
        ListeningServer server = serve(args[0], 0);
        int port = ((InetSocketAddress) server.boundAddress()).getPort();
        say("listening 127.0.0.1:" + port);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = commands.readLine()) != null; ) {
            switch (line) {
                case "close":
                    Await.ready(server.close(Duration.fromSeconds(10)), Duration.fromSeconds(20));
                    say("closed");
                    break;
                case "open":
                    server = serve(args[0], port);
                    say("open");
                    break;
                default:
                    say(line + " " + takenBack.get());
            }
        }
        Runtime.getRuntime().halt(0);
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static ListeningServer serve(String kind, int port) {
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", port);
        if (kind.equals("plain")) {
            return Thrift.server().serve(address, new Calls());
        }
        ThriftMux.Server config = (ThriftMux.Server) ThriftMux.server().configured(
            new com.twitter.finagle.Mux$param$MaxFrameSize(StorageUnit.fromKilobytes(64)).mk());
        return config.serve(address, new Calls());
    }

    private static final class Calls extends Service<byte[], byte[]> {
        @Override
        public Future<byte[]> apply(byte[] request) {
            try {
                TBinaryProtocol in = new TBinaryProtocol(new TMemoryInputTransport(request));
                TMessage message = in.readMessageBegin();
                byte[] text = new byte[0];
                int number = 0;
                in.readStructBegin();
                for (TField f = in.readFieldBegin(); f.type != TType.STOP; f = in.readFieldBegin()) {
                    if (f.id == 1 && f.type == TType.STRING) {
                        ByteBuffer b = in.readBinary();
                        text = new byte[b.remaining()];
                        b.get(text);
                    } else if (f.id == 1 && f.type == TType.I32) {
                        number = in.readI32();
                    } else {
                        TProtocolUtil.skip(in, f.type);
                    }
                }
                return answer(message, text, number);
            } catch (TException e) {
                return Future.exception(e);
            }
        }

        private static Future<byte[]> answer(TMessage message, byte[] text, int number) throws TException {
            String method = message.name.substring(message.name.indexOf(':') + 1);
            if (method.equals("slow")) {
                byte[] reply = reply(method, message.seqid, utf8("slept " + number));
                Future<byte[]> later = Future.sleep(Duration.fromMilliseconds(number), DefaultTimer.getInstance()).map(
                    new com.twitter.util.Function<scala.runtime.BoxedUnit, byte[]>() {
                        @Override
                        public byte[] apply(scala.runtime.BoxedUnit u) {
                            return reply;
                        }
                    });
                return later.onFailure(new com.twitter.util.Function<Throwable, scala.runtime.BoxedUnit>() {
                    @Override
                    public scala.runtime.BoxedUnit apply(Throwable t) {
                        takenBack.incrementAndGet();
                        return scala.runtime.BoxedUnit.UNIT;
                    }
                });
            }
            String said = new String(text, 0, Math.min(text.length, 40), StandardCharsets.UTF_8);
            if (said.equals("deadline")) {
                text = utf8(Deadline.current().isEmpty() ? "none" : "" + Deadline.current().get().remaining().inMilliseconds());
            } else if (said.equals("client")) {
                text = utf8(ClientId.current().isEmpty() ? "none" : ClientId.current().get().name());
            } else if (said.equals("trace")) {
                text = utf8(Trace.id().traceId().toString());
            } else if (said.startsWith("twice") && seen.computeIfAbsent(said, k -> new AtomicInteger()).incrementAndGet() < 3) {
                return Future.exception(Failure.rejected("not yet"));
            } else if (said.equals("never")) {
                return Future.exception((Failure) Failure.rejected("never").asNonRetryable());
            }
            return Future.value(reply(method, message.seqid, text));
        }

        private static byte[] utf8(String s) {
            return s.getBytes(StandardCharsets.UTF_8);
        }

        private static byte[] reply(String method, int seqid, byte[] result) throws TException {
            TMemoryBuffer buffer = new TMemoryBuffer(64);
            TBinaryProtocol out = new TBinaryProtocol(buffer);
            out.writeMessageBegin(new TMessage(method, TMessageType.REPLY, seqid));
            out.writeStructBegin(new TStruct("result"));
            out.writeFieldBegin(new TField("success", TType.STRING, (short) 0));
            out.writeBinary(ByteBuffer.wrap(result));
            out.writeFieldEnd();
            out.writeFieldStop();
            out.writeStructEnd();
            out.writeMessageEnd();
            return Arrays.copyOf(buffer.getArray(), buffer.length());
        }
    }
}
