// Serves FooApi on Apache's runtime for C++; see ../doc.go.

#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <thread>

#include <thrift/processor/TMultiplexedProcessor.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/protocol/THeaderProtocol.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TServerSocket.h>

#include "FooApi.h"

using namespace apache::thrift;
using namespace apache::thrift::protocol;
using namespace apache::thrift::server;
using namespace apache::thrift::transport;

class FooService : public foo::FooApiIf {
 public:
  void echo(std::string& result, const std::string& msg) override { result = msg; }

  int32_t add(const int32_t a, const int32_t b) override {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }

  void slow(std::string& result, const int32_t ms) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    result = "slept " + std::to_string(ms);
  }

  void fail(std::string&, const std::string& reason) override {
    foo::ApiError error;
    error.reason = reason;
    error.code = 7;
    throw error;
  }

  void note(const std::string&) override { notes_++; }

  int32_t notes() override { return notes_; }

 private:
  std::atomic<int32_t> notes_{0};
};

// Says where the server listens, once it does.
class Announce : public TServerEventHandler {
 public:
  explicit Announce(std::shared_ptr<TServerSocket> socket) : socket_(socket) {}

  void preServe() override {
    std::cout << "serving FooApi on 127.0.0.1:" << socket_->getPort() << std::endl;
  }

 private:
  std::shared_ptr<TServerSocket> socket_;
};

int main(int argc, char** argv) {
  std::map<std::string, std::string> args;
  for (int i = 1; i + 1 < argc; i += 2) {
    args[argv[i]] = argv[i + 1];
  }
  std::shared_ptr<TTransportFactory> transports = std::make_shared<TFramedTransportFactory>();
  if (args["-transport"] == "unframed") {
    transports = std::make_shared<TBufferedTransportFactory>();
  }
  std::shared_ptr<TProtocolFactory> protocols = std::make_shared<TBinaryProtocolFactory>();
  if (args["-protocol"] == "compact") {
    protocols = std::make_shared<TCompactProtocolFactory>();
  }

  if (args["-transport"] == "header") {
    transports = std::make_shared<TTransportFactory>();
    protocols = std::make_shared<THeaderProtocolFactory>();
  }

  auto foo = std::make_shared<foo::FooApiProcessor>(std::make_shared<FooService>());
  auto processor = std::make_shared<TMultiplexedProcessor>();
  processor->registerDefault(foo);
  processor->registerProcessor("FooApi", foo);
  auto socket = std::make_shared<TServerSocket>("127.0.0.1", 0);
  TThreadedServer server(processor, socket, transports, protocols);
  server.setServerEventHandler(std::make_shared<Announce>(socket));
  server.serve();
}
