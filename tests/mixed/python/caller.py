"""Calls on Apache's runtime for Python, framed; ../doc.go tells what a caller is."""

import sys
import threading
import time

from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.protocol.TMultiplexedProtocol import TMultiplexedProtocol
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TFramedTransport, TTransportException

from foo import FooApi

THREADS = 4

ended = threading.Event()
printing = threading.Lock()


def say(outcome, call, why=""):
    with printing:
        print(outcome, call, str(why).replace("\n", " "), sep="\t", flush=True)


def connect(host, port):
    """Returns a stub on a new connection and its transport, or None at the end."""
    while not ended.is_set():
        socket = TSocket(host, port)
        socket.setTimeout(30_000)
        framed = TFramedTransport(socket)
        try:
            framed.open()
        except TTransportException:
            time.sleep(0.005)
            continue
        return FooApi.Client(TMultiplexedProtocol(TBinaryProtocol(framed), "FooApi")), framed
    return None


def run(host, port, name):
    number = 0
    while (connected := connect(host, port)) is not None:
        stub, transport = connected
        try:
            while not ended.is_set():
                number += 1
                call = f"{name} {number}"
                answer = stub.echo(call)
                say("answered" if answer == call else "wrong", call, answer)
        except (TTransportException, OSError) as e:
            say("lost", call, repr(e))
        except Exception as e:
            say("wrong", call, repr(e))
        transport.close()


def main(host, port, name):
    threads = [threading.Thread(target=run, args=(host, int(port), f"{name} {i}")) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()


main(*sys.argv[1:])
