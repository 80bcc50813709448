#pragma once

#include <glib.h>

#include "bar_bar_api.h"
#include "foo_foo_api.h"

// A Client has the stubs of one connection.
typedef struct {
  const char *encoding;
  ThriftTransport *transport;
  ThriftProtocol *protocol;
  fooFooApiIf *foo, *bare, *absent;
  barBarApiIf *bar, *wrong, *wrong_bare;
} Client;

// A Case returns whether it passed; if not, error may tell why.
typedef gboolean Case(Client *c, GError **error);

// find_case returns the case of a name, or NULL: cases_test.go tells what each is.
Case *find_case(const char *name);

// encode returns a protocol on a transport, or NULL.
ThriftProtocol *encode(const char *protocol, ThriftTransport *on);

// CHECK ends a function with FALSE if a condition does not hold.
#define CHECK(condition)                                                                       \
  do {                                                                                         \
    if (!(condition)) {                                                                        \
      if (error != NULL && *error == NULL) {                                                   \
        g_set_error(error, g_quark_from_static_string("case"), 0, "%s:%d: %s", __FILE__,       \
                    __LINE__, #condition);                                                     \
      }                                                                                        \
      return FALSE;                                                                            \
    }                                                                                          \
  } while (0)

// The cases that have a TApplicationException for an answer.
Case unknown_service, unknown_method, unknown_oneway, undecodable, cut_frame;

// alive checks that the connection still answers.
gboolean alive(Client *c, GError **error);
