#pragma once

#include <memory>
#include <string>

#include <thrift/protocol/TProtocol.h>
#include <thrift/transport/TTransport.h>

// connect opens a connection in a dialect and returns its protocol.
std::shared_ptr<apache::thrift::protocol::TProtocol> connect(const std::string& host,
                                                             int port,
                                                             const std::string& transport,
                                                             const std::string& protocol);

// encode returns the protocol of a name on a transport.
std::shared_ptr<apache::thrift::protocol::TProtocol> encode(
    const std::string& protocol,
    std::shared_ptr<apache::thrift::transport::TTransport> on);
