import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;

import com.twitter.finagle.ListeningServer;
import com.twitter.finagle.Service;
import com.twitter.finagle.ThriftMux;
import com.twitter.util.Duration;
import com.twitter.util.Future;
import com.twitter.util.JavaTimer;
import com.twitter.util.Timer;

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
 * Serves the method echo with Finagle's ThriftMux server as it comes. The service
 * decodes and encodes with libthrift's binary protocol, as Scrooge's stubs do.
 */
public final class Server {
    private static final int OVERHEAD = 64; // of a reply over its string

    public static void main(String[] args) throws Exception {
        long block = 0;
        for (int i = 0; i + 1 < args.length; i += 2) {
            if (args[i].equals("-block")) {
                block = micros(args[i + 1]);
            }
        }
        ListeningServer server = ThriftMux.server().serve(new InetSocketAddress("127.0.0.1", 0), new Echo(block));
        int port = ((InetSocketAddress) server.boundAddress()).getPort();
        System.out.println("listening 127.0.0.1:" + port);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = commands.readLine()) != null; ) {
            if (line.equals("collect")) {
                System.gc();
            }
            System.out.println("{\"versions\":\"Finagle 22.7.0, Java " + System.getProperty("java.version") + "\"}");
        }
        System.exit(0);
    }

    /** Reads a duration as Go prints it: "300µs" or "1ms". */
    private static long micros(String text) {
        double n = Double.parseDouble(text.replaceAll("[^0-9.].*", ""));
        return (long) (text.endsWith("ms") ? n * 1000 : n);
    }

    private static final class Echo extends Service<byte[], byte[]> {
        private final long block; // in microseconds
        private final Timer timer = new JavaTimer(true);

        Echo(long block) {
            this.block = block;
        }

        @Override
        public Future<byte[]> apply(byte[] request) {
            Future<byte[]> reply;
            try {
                reply = Future.value(answer(request));
            } catch (TException e) {
                return Future.exception(e);
            }
            return block == 0 ? reply : reply.delayed(Duration.fromMicroseconds(block), timer);
        }

        private static byte[] answer(byte[] request) throws TException {
            TBinaryProtocol in = new TBinaryProtocol(new TMemoryInputTransport(request));
            TMessage message = in.readMessageBegin();
            String text = "";
            in.readStructBegin();
            for (TField f = in.readFieldBegin(); f.type != TType.STOP; f = in.readFieldBegin()) {
                if (f.id == 1 && f.type == TType.STRING) {
                    text = in.readString();
                } else {
                    TProtocolUtil.skip(in, f.type);
                }
                in.readFieldEnd();
            }
            in.readStructEnd();
            in.readMessageEnd();

            TMemoryBuffer buffer = new TMemoryBuffer(text.length() + OVERHEAD);
            TBinaryProtocol out = new TBinaryProtocol(buffer);
            out.writeMessageBegin(new TMessage(message.name, TMessageType.REPLY, message.seqid));
            out.writeStructBegin(new TStruct("echo_result"));
            out.writeFieldBegin(new TField("success", TType.STRING, (short) 0));
            out.writeString(text);
            out.writeFieldEnd();
            out.writeFieldStop();
            out.writeStructEnd();
            out.writeMessageEnd();
            return java.util.Arrays.copyOf(buffer.getArray(), buffer.length());
        }
    }
}
