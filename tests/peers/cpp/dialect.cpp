#include "dialect.h"

#include <stdexcept>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/protocol/THeaderProtocol.h>
#include <thrift/protocol/TJSONProtocol.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/THttpClient.h>
#include <thrift/transport/TSocket.h>

using namespace apache::thrift::protocol;
using namespace apache::thrift::transport;

std::shared_ptr<TProtocol> encode(const std::string& protocol, std::shared_ptr<TTransport> on) {
  if (protocol == "binary") {
    return std::make_shared<TBinaryProtocol>(on);
  }
  if (protocol == "binary+old") {
    return std::make_shared<TBinaryProtocol>(on, 0, 0, false, false);
  }
  if (protocol == "compact") {
    return std::make_shared<TCompactProtocol>(on);
  }
  if (protocol == "json") {
    return std::make_shared<TJSONProtocol>(on);
  }
  throw std::invalid_argument("no protocol " + protocol + " here");
}

static std::shared_ptr<TProtocol> header(std::shared_ptr<TTransport> socket,
                                         const std::string& protocol,
                                         bool zlib) {
  auto made = std::make_shared<THeaderProtocol>(std::make_shared<TBufferedTransport>(socket),
                                                protocol == "binary" ? T_BINARY_PROTOCOL
                                                                     : T_COMPACT_PROTOCOL);
  if (zlib) {
    std::dynamic_pointer_cast<THeaderTransport>(made->getTransport())
        ->setTransform(THeaderTransport::ZLIB_TRANSFORM);
  }
  return made;
}

std::shared_ptr<TProtocol> connect(const std::string& host,
                                   int port,
                                   const std::string& transport,
                                   const std::string& protocol) {
  auto socket = std::make_shared<TSocket>(host, port);
  socket->setConnTimeout(10000);
  socket->setRecvTimeout(60000);
  std::shared_ptr<TTransport> stack;
  if (transport == "framed") {
    stack = std::make_shared<TFramedTransport>(socket);
  } else if (transport == "unframed") {
    stack = std::make_shared<TBufferedTransport>(socket);
  } else if (transport == "http") {
    stack = std::make_shared<THttpClient>(socket, host, "/");
  } else if (transport == "header" || transport == "header-zlib") {
    socket->open();
    return header(socket, protocol, transport == "header-zlib");
  } else {
    throw std::invalid_argument("no transport " + transport + " here");
  }
  stack->open();
  return encode(protocol, stack);
}
