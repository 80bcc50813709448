#pragma once

#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include <thrift/TApplicationException.h>
#include <thrift/protocol/TProtocol.h>

#include "BarApi.h"
#include "FooApi.h"

// equal throws unless an answer is what it should be.
template <typename Got, typename Want>
void equal(const std::string& what, const Got& got, const Want& want) {
  if (!(got == want)) {
    std::ostringstream text;
    text << what << ": got " << got << ", want " << want;
    throw std::runtime_error(text.str());
  }
}

// A Client has the stubs of one connection, and the cases as methods:
// cases_test.go tells what each of them is.
class Client {
public:
  Client(const std::string& host, int port, const std::string& transport, const std::string& protocol);

  // run runs a case, which throws if it fails.
  void run(const std::string& name);

private:
  using Kind = apache::thrift::TApplicationException::TApplicationExceptionType;

  void callFoo();
  void callBar();
  void callSlow();
  void declared();
  void oneway();
  void unicode();
  void blob();
  void empty();
  void unknownService();
  void unknownMethod();
  void unknownOneway();
  void undecodable();
  void cutFrame();
  void defaultService();
  void blobOf(size_t size);
  void interleaved();

  std::shared_ptr<apache::thrift::protocol::TProtocol> named(const std::string& service);
  std::string echo(const std::string& msg);
  std::string barEcho(const std::string& msg);
  template <typename Call>
  void refused(Kind kind, Call call);
  void throwException(const std::string& name, int32_t seqid);

  const std::string encoding_;
  std::shared_ptr<apache::thrift::protocol::TProtocol> protocol_;
  // bare_ names no service, absent_ one that is not there, and wrong_ has
  // BarApi's methods under FooApi's name.
  foo::FooApiClient foo_, bare_, absent_;
  bar::BarApiClient bar_, wrong_, wrongBare_;
};
