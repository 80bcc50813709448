import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import com.twitter.finagle.Service;
import com.twitter.finagle.thrift.ThriftClientRequest;
import com.twitter.util.ExceptionalFunction;
import com.twitter.util.Future;

import org.apache.thrift.TApplicationException;
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

/** The calls of FooApi and BarApi over a Finagle service, as stubs would make them. */
final class Calls {
    private final Service<ThriftClientRequest, byte[]> service;

    Calls(Service<ThriftClientRequest, byte[]> service) {
        this.service = service;
    }

    Future<String> text(String name, String argument) {
        return bytes(name, argument.getBytes(StandardCharsets.UTF_8)).map(
            new com.twitter.util.Function<byte[], String>() {
                @Override
                public String apply(byte[] b) {
                    return new String(b, StandardCharsets.UTF_8);
                }
            });
    }

    /** A call whose argument and result are a string or binary. */
    Future<byte[]> bytes(String name, byte[] argument) {
        return call(name, TType.STRING, argument, 0);
    }

    /** FooApi.slow. */
    Future<String> slow(int ms) {
        return call("FooApi:slow", TType.I32, null, ms).map(
            new com.twitter.util.Function<byte[], String>() {
                @Override
                public String apply(byte[] b) {
                    return new String(b, StandardCharsets.UTF_8);
                }
            });
    }

    private Future<byte[]> call(String name, byte type, byte[] text, int number) {
        try {
            TMemoryBuffer buffer = new TMemoryBuffer(64);
            TBinaryProtocol out = new TBinaryProtocol(buffer);
            out.writeMessageBegin(new TMessage(name, TMessageType.CALL, 7));
            out.writeStructBegin(new TStruct("args"));
            out.writeFieldBegin(new TField("argument", type, (short) 1));
            if (type == TType.I32) {
                out.writeI32(number);
            } else {
                out.writeBinary(ByteBuffer.wrap(text));
            }
            out.writeFieldEnd();
            out.writeFieldStop();
            out.writeStructEnd();
            out.writeMessageEnd();
            byte[] request = Arrays.copyOf(buffer.getArray(), buffer.length());
            String method = name.substring(name.indexOf(':') + 1);
            return service.apply(new ThriftClientRequest(request, false)).map(new Reply(method));
        } catch (TException e) {
            return Future.exception(e);
        }
    }

    /** Reads a reply; an exception of any kind is thrown. */
    private static final class Reply extends ExceptionalFunction<byte[], byte[]> {
        private final String method;

        Reply(String method) {
            this.method = method;
        }

        @Override
        public byte[] applyE(byte[] reply) throws TException {
            TBinaryProtocol in = new TBinaryProtocol(new TMemoryInputTransport(reply));
            TMessage message = in.readMessageBegin();
            if (!message.name.equals(method) || message.seqid != 7) {
                throw new TException("the reply is to " + message.name + " " + message.seqid);
            }
            if (message.type == TMessageType.EXCEPTION) {
                TApplicationException e = new TApplicationException();
                e.read(in);
                throw e;
            }
            in.readStructBegin();
            for (TField f = in.readFieldBegin(); f.type != TType.STOP; f = in.readFieldBegin()) {
                if (f.id == 0 && f.type == TType.STRING) {
                    ByteBuffer b = in.readBinary();
                    byte[] result = new byte[b.remaining()];
                    b.get(result);
                    return result;
                }
                TProtocolUtil.skip(in, f.type);
            }
            throw new TException("no result");
        }
    }
}
