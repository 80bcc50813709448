// Calls on Apache's runtime for C++, unframed; ../doc.go tells what a caller is.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TMultiplexedProtocol.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TSocket.h>

#include "FooApi.h"

using namespace apache::thrift::protocol;
using namespace apache::thrift::transport;

const int threads = 4;

std::atomic<bool> ended(false);
std::mutex printing;

void say(const std::string& outcome, const std::string& call, const std::string& why) {
  std::lock_guard<std::mutex> lock(printing);
  std::cout << outcome << '\t' << call << '\t' << why << std::endl;
}

// open opens a connection; without one it returns nullptr, at the end.
std::shared_ptr<TTransport> open(const std::string& host, int port) {
  while (!ended) {
    auto socket = std::make_shared<TSocket>(host, port);
    socket->setConnTimeout(10000);
    socket->setRecvTimeout(30000);
    auto transport = std::make_shared<TBufferedTransport>(socket);
    try {
      transport->open();
      return transport;
    } catch (const TTransportException&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  return nullptr;
}

void run(const std::string& host, int port, const std::string& name) {
  int number = 0;
  while (auto transport = open(host, port)) {
    auto binary = std::make_shared<TBinaryProtocol>(transport);
    foo::FooApiClient stub(std::make_shared<TMultiplexedProtocol>(binary, "FooApi"));
    std::string call;
    try {
      while (!ended) {
        call = name + " " + std::to_string(++number);
        std::string answer;
        stub.echo(answer, call);
        say(answer == call ? "answered" : "wrong", call, answer);
      }
    } catch (const TTransportException& e) {
      say("lost", call, e.what());
    } catch (const std::exception& e) {
      say("wrong", call, e.what());
    }
    transport->close();
  }
}

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: caller HOST PORT NAME" << std::endl;
    return 2;
  }
  std::vector<std::thread> all;
  for (int i = 0; i < threads; i++) {
    all.emplace_back(run, argv[1], std::atoi(argv[2]), std::string(argv[3]) + " " + std::to_string(i));
  }
  std::string line;
  while (std::getline(std::cin, line)) {
  }
  ended = true;
  for (auto& one : all) {
    one.join();
  }
  return 0;
}
