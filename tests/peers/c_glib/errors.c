#include "client.h"

#include <string.h>

#include <thrift/c_glib/thrift_application_exception.h>
#include <thrift/c_glib/transport/thrift_memory_buffer.h>

// refused checks that a call ended in a TApplicationException of the type, and
// that the connection goes on after it. It takes the call's error.
static gboolean refused(Client *c, gint type, GError *got, GError **error) {
  CHECK(got != NULL);
  if (!g_error_matches(got, THRIFT_APPLICATION_EXCEPTION_ERROR, type)) {
    g_propagate_prefixed_error(error, got, "want type %d, got %d: ", type, got->code);
    return FALSE;
  }
  g_error_free(got);
  return alive(c, error);
}

gboolean unknown_service(Client *c, GError **error) {
  gchar *answer = NULL;
  GError *got = NULL;
  foo_foo_api_if_echo(c->absent, &answer, "hello", &got);
  return refused(c, THRIFT_APPLICATION_EXCEPTION_ERROR_UNKNOWN_METHOD, got, error);
}

gboolean unknown_method(Client *c, GError **error) {
  gchar *answer = NULL;
  GError *got = NULL;
  bar_bar_api_if_reverse(c->wrong, &answer, "hello", &got);
  CHECK(refused(c, THRIFT_APPLICATION_EXCEPTION_ERROR_UNKNOWN_METHOD, got, error));
  got = NULL;
  bar_bar_api_if_reverse(c->wrong_bare, &answer, "hello", &got);
  return refused(c, THRIFT_APPLICATION_EXCEPTION_ERROR_UNKNOWN_METHOD, got, error);
}

gboolean unknown_oneway(Client *c, GError **error) {
  CHECK(foo_foo_api_if_note(c->absent, "to nobody", error));
  return alive(c, error);
}

// flush ends a message that was made by hand.
static gboolean flush(Client *c, GError **error) {
  return thrift_transport_write_end(c->transport, error) && thrift_transport_flush(c->transport, error);
}

gboolean undecodable(Client *c, GError **error) {
  ThriftProtocol *p = c->protocol;
  CHECK(thrift_protocol_write_message_begin(p, "BarApi:index", T_CALL, 99, error) >= 0);
  CHECK(thrift_protocol_write_struct_begin(p, "index_args", error) >= 0);
  CHECK(thrift_protocol_write_field_begin(p, "words", T_LIST, 1, error) >= 0);
  CHECK(thrift_protocol_write_list_begin(p, T_I32, 2, error) >= 0);
  CHECK(thrift_protocol_write_i32(p, 1000000, error) >= 0);
  CHECK(thrift_protocol_write_i32(p, -1, error) >= 0);
  CHECK(thrift_protocol_write_list_end(p, error) >= 0);
  CHECK(thrift_protocol_write_field_end(p, error) >= 0);
  CHECK(thrift_protocol_write_field_stop(p, error) >= 0);
  CHECK(thrift_protocol_write_struct_end(p, error) >= 0);
  CHECK(thrift_protocol_write_message_end(p, error) >= 0);
  CHECK(flush(c, error));

  GHashTable *index = NULL;
  GError *got = NULL;
  bar_bar_api_client_recv_index(c->bar, &index, &got);
  return refused(c, THRIFT_APPLICATION_EXCEPTION_ERROR_PROTOCOL_ERROR, got, error);
}

// cut_frame sends a frame that holds all but the last 50 bytes of a call.
gboolean cut_frame(Client *c, GError **error) {
  ThriftMemoryBuffer *memory = g_object_new(THRIFT_TYPE_MEMORY_BUFFER, NULL);
  ThriftProtocol *whole = encode(c->encoding, THRIFT_TRANSPORT(memory));
  char msg[101] = {0};
  memset(msg, 'x', 100);
  CHECK(thrift_protocol_write_message_begin(whole, "BarApi:echo", T_CALL, 98, error) >= 0);
  CHECK(thrift_protocol_write_struct_begin(whole, "echo_args", error) >= 0);
  CHECK(thrift_protocol_write_field_begin(whole, "msg", T_STRING, 1, error) >= 0);
  CHECK(thrift_protocol_write_string(whole, msg, error) >= 0);
  CHECK(thrift_protocol_write_field_end(whole, error) >= 0);
  CHECK(thrift_protocol_write_field_stop(whole, error) >= 0);
  CHECK(thrift_protocol_write_struct_end(whole, error) >= 0);
  CHECK(thrift_protocol_write_message_end(whole, error) >= 0);
  CHECK(thrift_transport_write(c->transport, memory->buf->data, memory->buf->len - 50, error));
  CHECK(flush(c, error));

  gchar *answer = NULL;
  GError *got = NULL;
  bar_bar_api_client_recv_echo(c->bar, &answer, &got);
  return refused(c, THRIFT_APPLICATION_EXCEPTION_ERROR_PROTOCOL_ERROR, got, error);
}
