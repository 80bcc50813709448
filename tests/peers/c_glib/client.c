// The client on Apache's runtime for C with GLib.

#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thrift/c_glib/protocol/thrift_binary_protocol.h>
#include <thrift/c_glib/protocol/thrift_compact_protocol.h>
#include <thrift/c_glib/protocol/thrift_multiplexed_protocol.h>
#include <thrift/c_glib/transport/thrift_buffered_transport.h>
#include <thrift/c_glib/transport/thrift_framed_transport.h>
#include <thrift/c_glib/transport/thrift_socket.h>

ThriftProtocol *encode(const char *protocol, ThriftTransport *on) {
  if (strcmp(protocol, "binary") == 0) {
    return g_object_new(THRIFT_TYPE_BINARY_PROTOCOL, "transport", on, NULL);
  }
  if (strcmp(protocol, "compact") == 0) {
    return g_object_new(THRIFT_TYPE_COMPACT_PROTOCOL, "transport", on, NULL);
  }
  return NULL;
}

static ThriftTransport *connect_to(const char *host, int port, const char *transport, GError **error) {
  GType type = strcmp(transport, "framed") == 0     ? THRIFT_TYPE_FRAMED_TRANSPORT
               : strcmp(transport, "unframed") == 0 ? THRIFT_TYPE_BUFFERED_TRANSPORT
                                                    : G_TYPE_INVALID;
  if (type == G_TYPE_INVALID) {
    return NULL;
  }
  ThriftSocket *socket = g_object_new(THRIFT_TYPE_SOCKET, "hostname", host, "port", port, NULL);
  ThriftTransport *stack = g_object_new(type, "transport", socket, NULL);
  return thrift_transport_open(stack, error) ? stack : NULL;
}

static ThriftProtocol *named(Client *c, const char *service) {
  return g_object_new(THRIFT_TYPE_MULTIPLEXED_PROTOCOL, "transport", c->transport, "protocol",
                      c->protocol, "service-name", service, NULL);
}

static fooFooApiIf *foo_stub(ThriftProtocol *in, ThriftProtocol *out) {
  return g_object_new(FOO_TYPE_FOO_API_CLIENT, "input_protocol", in, "output_protocol", out, NULL);
}

static barBarApiIf *bar_stub(ThriftProtocol *in, ThriftProtocol *out) {
  return g_object_new(BAR_TYPE_BAR_API_CLIENT, "input_protocol", in, "output_protocol", out, NULL);
}

static void make_stubs(Client *c) {
  c->foo = foo_stub(c->protocol, named(c, "FooApi"));
  c->bar = bar_stub(c->protocol, named(c, "BarApi"));
  c->bare = foo_stub(c->protocol, c->protocol);
  c->absent = foo_stub(c->protocol, named(c, "NoApi"));
  c->wrong = bar_stub(c->protocol, named(c, "FooApi"));
  c->wrong_bare = bar_stub(c->protocol, c->protocol);
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fputs("usage: client HOST PORT TRANSPORT PROTOCOL CASE...\n", stderr);
    return 2;
  }
  GError *error = NULL;
  Client c = {.encoding = argv[4]};
  c.transport = connect_to(argv[1], atoi(argv[2]), argv[3], &error);
  c.protocol = c.transport == NULL ? NULL : encode(argv[4], c.transport);
  if (c.protocol == NULL) {
    fprintf(stderr, "no connection: %s\n", error == NULL ? "no such dialect here" : error->message);
    return 1;
  }
  make_stubs(&c);
  for (int i = 5; i < argc; i++) {
    Case *run = find_case(argv[i]);
    if (run != NULL && run(&c, &error)) {
      printf("ok %s\n", argv[i]);
    } else {
      printf("FAIL %s %s\n", argv[i], error == NULL ? "no such case here" : error->message);
    }
    fflush(stdout);
    g_clear_error(&error);
  }
  return 0;
}
