// Serves FooApi with Apache's C++ runtime: framed binary, TMultiplexedProcessor.
//
//   server -variant threaded|nonblocking|pool [-block 300µs]
//
// threaded is TThreadedServer, nonblocking TNonblockingServer whose one thread
// does all, pool the same with four threads for the calls.

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <thread>

#include <thrift/TConfiguration.h>
#include <thrift/concurrency/ThreadFactory.h>
#include <thrift/concurrency/ThreadManager.h>
#include <thrift/processor/TMultiplexedProcessor.h>
#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/server/TNonblockingServer.h>
#include <thrift/server/TThreadedServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TNonblockingServerSocket.h>
#include <thrift/transport/TServerSocket.h>

#include "FooApi.h"

using namespace apache::thrift;

namespace {

const size_t poolThreads = 4;

// Only echo is called.
class Echo : public foo::FooApiNull {
public:
  explicit Echo(std::chrono::microseconds block) : block_(block) {}

  void echo(std::string& reply, const std::string& msg) override {
    if (block_.count() > 0) {
      std::this_thread::sleep_for(block_);
    }
    reply = msg;
  }

private:
  const std::chrono::microseconds block_;
};

// A connection of TThreadedServer ends when it has read as many bytes in all as
// one message may have, 100 MiB by default, which a benchmark soon has.
std::shared_ptr<TConfiguration> unbounded() {
  return std::make_shared<TConfiguration>(std::numeric_limits<int>::max());
}

class ServerSocket : public transport::TServerSocket {
public:
  ServerSocket() : TServerSocket("127.0.0.1", 0) {}

protected:
  std::shared_ptr<transport::TSocket> createSocket(THRIFT_SOCKET client) override {
    return std::make_shared<transport::TSocket>(client, unbounded());
  }
};

class FramedFactory : public transport::TTransportFactory {
public:
  std::shared_ptr<transport::TTransport>
  getTransport(std::shared_ptr<transport::TTransport> under) override {
    return std::make_shared<transport::TFramedTransport>(under, unbounded());
  }
};

// Prints where the server listens, once it does.
class Announce : public server::TServerEventHandler {
public:
  explicit Announce(std::function<int()> port) : port_(std::move(port)) {}

  void preServe() override { std::cout << "listening 127.0.0.1:" << port_() << std::endl; }

private:
  const std::function<int()> port_;
};

// Answers each line of standard input, and ends the process with it.
void obey() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::cout << "{\"versions\":\"libthrift " PACKAGE_VERSION "\"}" << std::endl;
  }
  std::_Exit(0);
}

std::shared_ptr<concurrency::ThreadManager> pool() {
  auto threads = concurrency::ThreadManager::newSimpleThreadManager(poolThreads);
  threads->threadFactory(std::make_shared<concurrency::ThreadFactory>());
  threads->start();
  return threads;
}

void serve(const std::string& variant, std::chrono::microseconds block) {
  auto processor = std::make_shared<TMultiplexedProcessor>();
  processor->registerProcessor("FooApi",
                               std::make_shared<foo::FooApiProcessor>(std::make_shared<Echo>(block)));
  auto protocol = std::make_shared<protocol::TBinaryProtocolFactory>();
  if (variant == "threaded") {
    auto socket = std::make_shared<ServerSocket>();
    server::TThreadedServer server(processor, socket, std::make_shared<FramedFactory>(), protocol);
    server.setServerEventHandler(std::make_shared<Announce>([socket] { return socket->getPort(); }));
    server.serve();
    return;
  }
  auto socket = std::make_shared<transport::TNonblockingServerSocket>("127.0.0.1", 0);
  auto threads = variant == "pool" ? pool() : nullptr;
  server::TNonblockingServer server(processor, protocol, socket, threads);
  server.setServerEventHandler(
      std::make_shared<Announce>([socket] { return socket->getListenPort(); }));
  server.serve();
}

// Reads a duration as Go prints it: "300µs" or "1ms".
std::chrono::microseconds duration(const char* text) {
  char* unit = nullptr;
  const double n = std::strtod(text, &unit);
  return std::chrono::microseconds(static_cast<long>(std::strcmp(unit, "ms") == 0 ? n * 1000 : n));
}

} // namespace

int main(int argc, char** argv) {
  std::string variant;
  std::chrono::microseconds block{0};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "-variant") == 0) {
      variant = argv[i + 1];
    } else if (std::strcmp(argv[i], "-block") == 0) {
      block = duration(argv[i + 1]);
    }
  }
  std::thread(obey).detach();
  serve(variant, block);
  return 0;
}
