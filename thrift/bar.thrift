/**
 * The second of the two services of the examples and the tests.
 *
 * Its echo has the name of one of FooApi's methods: only the service's name on
 * the wire tells the two apart.
 */

namespace c_glib bar
namespace cpp bar
namespace go bar
namespace java bar
namespace js bar
namespace perl bar
namespace php bar
namespace py bar
namespace rb Bar
namespace rs bar

service BarApi {
  /** Returns "bar: " and msg. */
  string echo(1: string msg)

  /** Returns msg from its last code point to its first. */
  string reverse(1: string msg)

  /** Returns data. */
  binary blob(1: binary data)

  /** Returns each word with its positions in words, counted from 0. */
  map<string, list<i64>> index(1: list<string> words)
}
