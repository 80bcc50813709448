#include "client.h"

#include <thrift/transport/TBufferTransports.h>

#include "dialect.h"

using apache::thrift::TApplicationException;
using apache::thrift::protocol::TMessageType;
using namespace apache::thrift::protocol;

// refused checks that a call gets a TApplicationException of the kind, and that
// the connection goes on after it.
template <typename Call>
void Client::refused(Kind kind, Call call) {
  try {
    call();
  } catch (const TApplicationException& e) {
    equal(std::string("type of \"") + e.what() + "\"", const_cast<TApplicationException&>(e).getType(), kind);
    equal("echo after it", echo("still here"), "still here");
    return;
  }
  throw std::runtime_error("answered, want an exception");
}

void Client::unknownService() {
  std::string answer;
  refused(TApplicationException::UNKNOWN_METHOD, [&] { absent_.echo(answer, "hello"); });
}

void Client::unknownMethod() {
  std::string answer;
  refused(TApplicationException::UNKNOWN_METHOD, [&] { wrong_.reverse(answer, "hello"); });
  refused(TApplicationException::UNKNOWN_METHOD, [&] { wrongBare_.reverse(answer, "hello"); });
}

void Client::unknownOneway() {
  absent_.note("to nobody");
  equal("echo after it", echo("still here"), "still here");
}

void Client::undecodable() {
  protocol_->writeMessageBegin("BarApi:index", T_CALL, 99);
  protocol_->writeStructBegin("index_args");
  protocol_->writeFieldBegin("words", T_LIST, 1);
  protocol_->writeListBegin(T_I32, 2);
  protocol_->writeI32(1000000);
  protocol_->writeI32(-1);
  protocol_->writeListEnd();
  protocol_->writeFieldEnd();
  protocol_->writeFieldStop();
  protocol_->writeStructEnd();
  protocol_->writeMessageEnd();
  protocol_->getTransport()->writeEnd();
  protocol_->getTransport()->flush();
  refused(TApplicationException::PROTOCOL_ERROR, [this] { throwException("index", 99); });
}

// cutFrame sends a frame that holds all but the last 50 bytes of a call.
void Client::cutFrame() {
  auto memory = std::make_shared<apache::thrift::transport::TMemoryBuffer>();
  auto whole = encode(encoding_, memory);
  bar::BarApi_echo_args args;
  args.msg = std::string(100, 'x');
  args.__isset.msg = true;
  whole->writeMessageBegin("BarApi:echo", T_CALL, 98);
  args.write(whole.get());
  whole->writeMessageEnd();

  std::string bytes = memory->getBufferAsString();
  protocol_->getTransport()->write(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size() - 50);
  protocol_->getTransport()->flush();
  refused(TApplicationException::PROTOCOL_ERROR, [this] { throwException("echo", 98); });
}

// throwException reads a message that must be an exception for the call.
void Client::throwException(const std::string& name, int32_t seqid) {
  std::string gotName;
  TMessageType type;
  int32_t gotSeqid;
  protocol_->readMessageBegin(gotName, type, gotSeqid);
  equal("name", gotName, name);
  equal("message type", type, T_EXCEPTION);
  equal("seqid", gotSeqid, seqid);
  TApplicationException refusal;
  refusal.read(protocol_.get());
  protocol_->readMessageEnd();
  protocol_->getTransport()->readEnd();
  throw refusal;
}
