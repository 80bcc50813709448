"""The client on Apache's runtime for Python; cases_test.go tells what each case is."""

import sys

from thrift.Thrift import TApplicationException, TMessageType, TType
from thrift.protocol.TMultiplexedProtocol import TMultiplexedProtocol
from thrift.transport.TTransport import TMemoryBuffer

import dialects
from bar import BarApi
from foo import FooApi
from foo.ttypes import ApiError


def equal(got, want):
    if got != want:
        raise AssertionError(f"got {got!r:.80}, want {want!r:.80}")


class Client:
    def __init__(self, host, port, transport, protocol):
        self.encoding = protocol
        self.protocol = dialects.connect(host, port, transport, protocol)
        self.foo = FooApi.Client(self.named("FooApi"))
        self.bar = BarApi.Client(self.named("BarApi"))
        self.bare = FooApi.Client(self.protocol)
        self.absent = FooApi.Client(self.named("NoApi"))
        self.wrong = BarApi.Client(self.named("FooApi"))
        self.wrong_bare = BarApi.Client(self.protocol)

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
        got = self.protocol.readMessageBegin()
        equal(got, (name, TMessageType.EXCEPTION, seqid))
        refusal = TApplicationException()
        refusal.read(self.protocol)
        self.protocol.readMessageEnd()
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
        except ApiError as e:
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
        p = self.protocol
        p.writeMessageBegin("BarApi:index", TMessageType.CALL, 99)
        p.writeStructBegin("index_args")
        p.writeFieldBegin("words", TType.LIST, 1)
        p.writeListBegin(TType.I32, 2)
        p.writeI32(1000000)
        p.writeI32(-1)
        p.writeListEnd()
        p.writeFieldEnd()
        p.writeFieldStop()
        p.writeStructEnd()
        p.writeMessageEnd()
        p.trans.flush()
        self.refused(TApplicationException.PROTOCOL_ERROR, self.read_exception, "index", 99)

    def case_cut_frame(self):
        memory = TMemoryBuffer()
        p = dialects.PROTOCOLS[self.encoding](memory)
        p.writeMessageBegin("BarApi:echo", TMessageType.CALL, 98)
        BarApi.echo_args("x" * 100).write(p)
        p.writeMessageEnd()
        self.protocol.trans.write(memory.getvalue()[:-50])
        self.protocol.trans.flush()
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
    client = Client(host, int(port), transport, protocol)
    for name in cases:
        try:
            getattr(client, "case_" + name.replace("-", "_"))()
        except Exception as e:
            print(f"FAIL {name} {e!r}", flush=True)
        else:
            print(f"ok {name}", flush=True)


main(*sys.argv[1:])
