"""The transports and protocols of Apache's runtime for Python, by their names as arguments."""

from thrift.protocol import TBinaryProtocol, TCompactProtocol, THeaderProtocol, TJSONProtocol
from thrift.transport import THeaderTransport, THttpClient, TSocket, TTransport

PROTOCOLS = {
    "binary": TBinaryProtocol.TBinaryProtocol,
    "binary+old": lambda t: TBinaryProtocol.TBinaryProtocol(t, strictRead=False, strictWrite=False),
    "binary+accelerated": lambda t: TBinaryProtocol.TBinaryProtocolAccelerated(t, fallback=False),
    "compact": TCompactProtocol.TCompactProtocol,
    "compact+accelerated": lambda t: TCompactProtocol.TCompactProtocolAccelerated(t, fallback=False),
    "json": TJSONProtocol.TJSONProtocol,
}


def connect(host, port, transport, protocol):
    """Opens a connection and returns its protocol, whose trans is the transport."""
    if transport == "http":
        stack = THttpClient.THttpClient(f"http://{host}:{port}/")
        stack.open()
        return PROTOCOLS[protocol](stack)
    socket = TSocket.TSocket(host, port)
    socket.setTimeout(60_000)
    socket.open()
    if transport in ("header", "header-zlib"):
        return header(TTransport.TBufferedTransport(socket), transport, protocol)
    wrap = {"framed": TTransport.TFramedTransport, "unframed": TTransport.TBufferedTransport}[transport]
    return PROTOCOLS[protocol](wrap(socket))


def header(below, transport, protocol):
    ids = THeaderTransport.THeaderSubprotocolID
    made = THeaderProtocol.THeaderProtocol(
        below,
        (THeaderTransport.THeaderClientType.HEADERS,),
        {"binary": ids.BINARY, "compact": ids.COMPACT}[protocol],
    )
    if transport == "header-zlib":
        made.add_transform(THeaderTransport.THeaderTransformID.ZLIB)
    return made
