"""The client on thriftpy2, which is not Apache's; cases_test.go tells what each case is."""

import os
import sys

import thriftpy2
from thriftpy2.protocol import TBinaryProtocol, TCompactProtocol, TCyBinaryProtocol
from thriftpy2.protocol.multiplex import TMultiplexedProtocol
from thriftpy2.thrift import TApplicationException, TClient, TMessageType, TPayload, TType
from thriftpy2.transport import (
    TBufferedTransport,
    TCyBufferedTransport,
    TCyFramedTransport,
    TCyMemoryBuffer,
    TFramedTransport,
    TMemoryBuffer,
    TSocket,
)

HERE = os.path.dirname(__file__)
foo = thriftpy2.load(os.path.join(HERE, "foo.thrift"), module_name="foo_thrift")
bar = thriftpy2.load(os.path.join(HERE, "bar.thrift"), module_name="bar_thrift")

PROTOCOLS = {
    "binary": TBinaryProtocol,
    "binary+old": lambda t: TBinaryProtocol(t, strict_read=False, strict_write=False),
    "binary+accelerated": TCyBinaryProtocol,
    "compact": TCompactProtocol,
}


class Numbers(TPayload):
    """The arguments of index with numbers for words."""

    thrift_spec = {1: (TType.LIST, "words", TType.I32, False)}
    default_spec = [("words", None)]


def connect(host, port, transport, accelerated):
    socket = TSocket(host, int(port), socket_timeout=20_000)
    socket.open()
    if accelerated:
        return {"framed": TCyFramedTransport, "unframed": TCyBufferedTransport}[transport](socket)
    return {"framed": TFramedTransport, "unframed": TBufferedTransport}[transport](socket)


def equal(got, want):
    if got != want:
        raise AssertionError(f"got {got!r:.80}, want {want!r:.80}")


class Client:
    def __init__(self, host, port, transport, protocol):
        self.encode = PROTOCOLS[protocol]
        self.accelerated = protocol.endswith("+accelerated")
        self.transport = connect(host, port, transport, self.accelerated)
        self.protocol = self.encode(self.transport)
        self.foo = TClient(foo.FooApi, self.named("FooApi"))
        self.bar = TClient(bar.BarApi, self.named("BarApi"))
        self.bare = TClient(foo.FooApi, self.protocol)
        self.absent = TClient(foo.FooApi, self.named("NoApi"))
        self.wrong = TClient(bar.BarApi, self.named("FooApi"))
        self.wrong_bare = TClient(bar.BarApi, self.protocol)

    def named(self, service):
        return TMultiplexedProtocol(self.protocol, service)

    def alive(self):
        equal(self.foo.echo("still here"), "still here")

    def refused(self, kind, call, *args):
        """The call gets a TApplicationException of the kind, and the connection goes on."""
        try:
            answer = call(*args)
        except TApplicationException as e:
            equal((e.type, e.message), (kind, e.message))
        else:
            raise AssertionError(f"answered {answer!r:.80}, want an exception")
        self.alive()

    def read_exception(self, name, seqid):
        equal(tuple(self.protocol.read_message_begin()), (name, TMessageType.EXCEPTION, seqid))
        refusal = TApplicationException()
        self.protocol.read_struct(refusal)
        self.protocol.read_message_end()
        raise refusal

    def case_foo(self):
        equal(self.foo.echo("hello"), "hello")
        equal(self.foo.add(2, 3), 5)
        equal(self.foo.add(-5, 2), -3)
        equal(self.foo.add(2**31 - 1, 1), -(2**31))

    def case_bar(self):
        equal(self.bar.echo("hello"), "bar: hello")
        equal(self.bar.index(["a", "b", "a"]), {"a": [0, 2], "b": [1]})

    def case_slow(self):
        equal(self.foo.slow(20), "slept 20")

    def case_declared_exception(self):
        try:
            answer = self.foo.fail("because")
        except foo.ApiError as e:
            equal((e.reason, e.code), ("because", 7))
        else:
            raise AssertionError(f"answered {answer!r}, want an ApiError")
        self.alive()

    def case_oneway(self):
        before = self.foo.notes()
        self.foo.note("a note")
        after = self.foo.notes()
        if after <= before:
            raise AssertionError(f"{before} notes before and {after} after")

    def case_unicode(self):
        equal(self.foo.echo("añ€😀"), "añ€😀")
        equal(self.bar.reverse("añ€😀"), "😀€ña")

    def case_blob(self):
        equal(self.bar.blob(bytes(range(256))), bytes(range(256)))

    def case_empty(self):
        equal(self.foo.echo(""), "")
        equal(self.bar.blob(b""), b"")
        equal(self.bar.index([]), {})

    def case_unknown_service(self):
        self.refused(TApplicationException.UNKNOWN_METHOD, self.absent.echo, "hello")

    def case_unknown_method(self):
        self.refused(TApplicationException.UNKNOWN_METHOD, self.wrong.reverse, "hello")
        self.refused(TApplicationException.UNKNOWN_METHOD, self.wrong_bare.reverse, "hello")

    def case_unknown_oneway(self):
        self.absent.note("to nobody")
        self.alive()

    def case_undecodable_args(self):
        self.protocol.write_message_begin("BarApi:index", TMessageType.CALL, 99)
        self.protocol.write_struct(Numbers(words=[1000000, -1]))
        self.protocol.write_message_end()
        self.transport.flush()
        self.refused(TApplicationException.PROTOCOL_ERROR, self.read_exception, "index", 99)

    def case_cut_frame(self):
        memory = TCyMemoryBuffer() if self.accelerated else TMemoryBuffer()
        whole = self.encode(memory)
        whole.write_message_begin("BarApi:echo", TMessageType.CALL, 98)
        whole.write_struct(bar.BarApi.echo_args(msg="x" * 100))
        whole.write_message_end()
        if self.accelerated:
            memory.flush()
        self.transport.write(memory.getvalue()[:-50])
        self.transport.flush()
        self.refused(TApplicationException.PROTOCOL_ERROR, self.read_exception, "echo", 98)

    def case_default_service(self):
        for i in range(3):
            equal(self.bare.echo(f"bare {i}"), f"bare {i}")
            equal(self.bar.echo(f"bare {i}"), f"bar: bare {i}")

    def case_large_blob(self):
        self.blob_of(64 * 2**10)

    def case_big_blob(self):
        self.blob_of(8 * 2**20)

    def blob_of(self, size):
        sent = b"0123456789abcdef" * (size // 16)
        if self.bar.blob(sent) != sent:
            raise AssertionError("the blob came back changed")

    def case_interleaved(self):
        for i in range(100):
            equal(self.foo.echo(f"call {i}"), f"call {i}")
            equal(self.bar.echo(f"call {i}"), f"bar: call {i}")


def main(host, port, transport, protocol, *cases):
    client = Client(host, port, transport, protocol)
    for name in cases:
        try:
            getattr(client, "case_" + name.replace("-", "_"))()
        except Exception as e:
            print(f"FAIL {name} {e!r}", flush=True)
        else:
            print(f"ok {name}", flush=True)


main(*sys.argv[1:])
