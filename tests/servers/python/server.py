"""Serves FooApi on Apache's runtime for Python; see ../doc.go."""

import itertools
import logging
import sys
import time

from foo import FooApi
from foo.ttypes import ApiError
from thrift.protocol import TBinaryProtocol, TCompactProtocol
from thrift.server import TServer
from thrift.TMultiplexedProcessor import TMultiplexedProcessor
from thrift.transport import TSocket, TTransport


class FooService:
    def __init__(self):
        self.noted = itertools.count()
        self.last = 0

    def echo(self, msg):
        return msg

    def add(self, a, b):
        return (a + b + 2**31) % 2**32 - 2**31

    def slow(self, ms):
        time.sleep(ms / 1000)
        return f"slept {ms}"

    def fail(self, reason):
        raise ApiError(reason, 7)

    def note(self, text):
        self.last = next(self.noted) + 1

    def notes(self):
        return self.last


class Socket(TSocket.TServerSocket):
    """Says where it listens, once it does."""

    def listen(self):
        super().listen()
        print(f"serving FooApi on 127.0.0.1:{self.handle.getsockname()[1]}", flush=True)


def main():
    logging.disable()
    foo = FooApi.Processor(FooService())
    processor = TMultiplexedProcessor()
    processor.registerDefault(foo)
    processor.registerProcessor("FooApi", foo)
    transports = TTransport.TFramedTransportFactory()
    if "unframed" in sys.argv:
        transports = TTransport.TBufferedTransportFactory()
    protocols = TBinaryProtocol.TBinaryProtocolAcceleratedFactory()
    if "compact" in sys.argv:
        protocols = TCompactProtocol.TCompactProtocolAcceleratedFactory()
    TServer.TThreadedServer(processor, Socket("127.0.0.1", 0), transports, protocols, daemon=True).serve()


main()
