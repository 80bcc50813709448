#include "client.h"

#include <functional>

#include <thrift/protocol/TMultiplexedProtocol.h>

#include "dialect.h"

using apache::thrift::protocol::TMultiplexedProtocol;
using apache::thrift::protocol::TProtocol;

Client::Client(const std::string& host,
               int port,
               const std::string& transport,
               const std::string& protocol)
  : encoding_(protocol),
    protocol_(connect(host, port, transport, protocol)),
    foo_(named("FooApi")),
    bare_(protocol_),
    absent_(named("NoApi")),
    bar_(named("BarApi")),
    wrong_(named("FooApi")),
    wrongBare_(protocol_) {}

std::shared_ptr<TProtocol> Client::named(const std::string& service) {
  return std::make_shared<TMultiplexedProtocol>(protocol_, service);
}

void Client::run(const std::string& name) {
  const std::map<std::string, std::function<void()>> cases = {
      {"foo", [this] { callFoo(); }},
      {"bar", [this] { callBar(); }},
      {"slow", [this] { callSlow(); }},
      {"declared-exception", [this] { declared(); }},
      {"oneway", [this] { oneway(); }},
      {"unicode", [this] { unicode(); }},
      {"blob", [this] { blob(); }},
      {"empty", [this] { empty(); }},
      {"unknown-service", [this] { unknownService(); }},
      {"unknown-method", [this] { unknownMethod(); }},
      {"unknown-oneway", [this] { unknownOneway(); }},
      {"undecodable-args", [this] { undecodable(); }},
      {"cut-frame", [this] { cutFrame(); }},
      {"default-service", [this] { defaultService(); }},
      {"large-blob", [this] { blobOf(64 << 10); }},
      {"big-blob", [this] { blobOf(8 << 20); }},
      {"interleaved", [this] { interleaved(); }},
  };
  auto found = cases.find(name);
  if (found == cases.end()) {
    throw std::invalid_argument("no such case here");
  }
  found->second();
}

std::string Client::echo(const std::string& msg) {
  std::string answer;
  foo_.echo(answer, msg);
  return answer;
}

std::string Client::barEcho(const std::string& msg) {
  std::string answer;
  bar_.echo(answer, msg);
  return answer;
}
