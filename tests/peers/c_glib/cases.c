#include "client.h"

#include <string.h>

gboolean alive(Client *c, GError **error) {
  gchar *answer = NULL;
  CHECK(foo_foo_api_if_echo(c->foo, &answer, "still here", error));
  CHECK(strcmp(answer, "still here") == 0);
  return TRUE;
}

static gboolean foo_echoes(fooFooApiIf *foo, const char *msg, GError **error) {
  gchar *answer = NULL;
  CHECK(foo_foo_api_if_echo(foo, &answer, msg, error));
  CHECK(strcmp(answer, msg) == 0);
  g_free(answer);
  return TRUE;
}

static gboolean bar_echoes(barBarApiIf *bar, const char *msg, GError **error) {
  gchar *answer = NULL;
  CHECK(bar_bar_api_if_echo(bar, &answer, msg, error));
  CHECK(g_str_has_prefix(answer, "bar: ") && strcmp(answer + 5, msg) == 0);
  g_free(answer);
  return TRUE;
}

static gboolean call_foo(Client *c, GError **error) {
  gint32 sum = 0;
  CHECK(foo_echoes(c->foo, "hello", error));
  CHECK(foo_foo_api_if_add(c->foo, &sum, 2, 3, error) && sum == 5);
  CHECK(foo_foo_api_if_add(c->foo, &sum, -5, 2, error) && sum == -3);
  CHECK(foo_foo_api_if_add(c->foo, &sum, G_MAXINT32, 1, error) && sum == G_MININT32);
  return TRUE;
}

static gboolean index_of(Client *c, const char *const *words, GHashTable **index, GError **error) {
  GPtrArray *list = g_ptr_array_new();
  for (; *words != NULL; words++) {
    g_ptr_array_add(list, g_strdup(*words));
  }
  *index = g_hash_table_new(g_str_hash, g_str_equal);
  return bar_bar_api_if_index(c->bar, index, list, error);
}

static gboolean call_bar(Client *c, GError **error) {
  GHashTable *index = NULL;
  const char *const words[] = {"a", "b", "a", NULL};
  CHECK(bar_echoes(c->bar, "hello", error));
  CHECK(index_of(c, words, &index, error));
  CHECK(g_hash_table_size(index) == 2);
  GArray *a = g_hash_table_lookup(index, "a"), *b = g_hash_table_lookup(index, "b");
  CHECK(a != NULL && a->len == 2 && g_array_index(a, gint64, 0) == 0 && g_array_index(a, gint64, 1) == 2);
  CHECK(b != NULL && b->len == 1 && g_array_index(b, gint64, 0) == 1);
  return TRUE;
}

static gboolean call_slow(Client *c, GError **error) {
  gchar *answer = NULL;
  CHECK(foo_foo_api_if_slow(c->foo, &answer, 20, error));
  CHECK(strcmp(answer, "slept 20") == 0);
  return TRUE;
}

static gboolean declared(Client *c, GError **error) {
  gchar *answer = NULL, *reason = NULL;
  gint32 code = 0;
  fooApiError *thrown = NULL;
  GError *failure = NULL;
  foo_foo_api_if_fail(c->foo, &answer, "because", &thrown, &failure);
  g_clear_error(&failure);
  CHECK(thrown != NULL);
  g_object_get(thrown, "reason", &reason, "code", &code, NULL);
  CHECK(strcmp(reason, "because") == 0 && code == 7);
  return alive(c, error);
}

static gboolean oneway(Client *c, GError **error) {
  gint32 before = 0, after = 0;
  CHECK(foo_foo_api_if_notes(c->foo, &before, error));
  CHECK(foo_foo_api_if_note(c->foo, "a note", error));
  CHECK(foo_foo_api_if_notes(c->foo, &after, error));
  CHECK(after > before);
  return TRUE;
}

static gboolean unicode(Client *c, GError **error) {
  gchar *answer = NULL;
  CHECK(foo_echoes(c->foo, "añ€😀", error));
  CHECK(bar_bar_api_if_reverse(c->bar, &answer, "añ€😀", error));
  CHECK(strcmp(answer, "😀€ña") == 0);
  return TRUE;
}

static gboolean blob_comes_back(Client *c, GByteArray *sent, GError **error) {
  GByteArray *answer = NULL;
  CHECK(bar_bar_api_if_blob(c->bar, &answer, sent, error));
  CHECK(answer->len == sent->len && memcmp(answer->data, sent->data, sent->len) == 0);
  return TRUE;
}

static gboolean blob(Client *c, GError **error) {
  GByteArray *all = g_byte_array_new();
  for (int i = 0; i < 256; i++) {
    guint8 byte = i;
    g_byte_array_append(all, &byte, 1);
  }
  return blob_comes_back(c, all, error);
}

static gboolean empty(Client *c, GError **error) {
  GHashTable *index = NULL;
  const char *const none[] = {NULL};
  GByteArray *answer = NULL;
  CHECK(foo_echoes(c->foo, "", error));
  CHECK(bar_bar_api_if_blob(c->bar, &answer, g_byte_array_new(), error) && answer->len == 0);
  CHECK(index_of(c, none, &index, error) && g_hash_table_size(index) == 0);
  return TRUE;
}

static gboolean default_service(Client *c, GError **error) {
  for (int i = 0; i < 3; i++) {
    CHECK(foo_echoes(c->bare, "bare", error));
    CHECK(bar_echoes(c->bar, "bare", error));
  }
  return TRUE;
}

static gboolean blob_of(Client *c, gsize size, GError **error) {
  GByteArray *sent = g_byte_array_sized_new(size);
  while (sent->len < size) {
    g_byte_array_append(sent, (const guint8 *)"0123456789abcdef", 16);
  }
  return blob_comes_back(c, sent, error);
}

static gboolean large_blob(Client *c, GError **error) { return blob_of(c, 64 << 10, error); }

static gboolean big_blob(Client *c, GError **error) { return blob_of(c, 8 << 20, error); }

static gboolean interleaved(Client *c, GError **error) {
  for (int i = 0; i < 100; i++) {
    gchar *sent = g_strdup_printf("call %d", i);
    CHECK(foo_echoes(c->foo, sent, error));
    CHECK(bar_echoes(c->bar, sent, error));
    g_free(sent);
  }
  return TRUE;
}

Case *find_case(const char *name) {
  static const struct {
    const char *name;
    Case *run;
  } cases[] = {
      {"foo", call_foo},
      {"bar", call_bar},
      {"slow", call_slow},
      {"declared-exception", declared},
      {"oneway", oneway},
      {"unicode", unicode},
      {"blob", blob},
      {"empty", empty},
      {"unknown-service", unknown_service},
      {"unknown-method", unknown_method},
      {"unknown-oneway", unknown_oneway},
      {"undecodable-args", undecodable},
      {"cut-frame", cut_frame},
      {"default-service", default_service},
      {"large-blob", large_blob},
      {"big-blob", big_blob},
      {"interleaved", interleaved},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    if (strcmp(cases[i].name, name) == 0) {
      return cases[i].run;
    }
  }
  return NULL;
}
