/**
 * The first of the two services of the examples and the tests.
 *
 * Between them, FooApi and BarApi have what a call can be: a plain answer, a
 * slow one, a declared exception, a oneway, and containers.
 */

namespace c_glib foo
namespace cpp foo
namespace go foo
namespace java foo
namespace js foo
namespace perl foo
namespace php foo
namespace py foo
namespace rb Foo
namespace rs foo

/** What FooApi.fail throws. */
exception ApiError {
  /** The reason that the caller gave. */
  1: string reason
  /** Always 7. */
  2: i32 code
}

service FooApi {
  /** Returns msg. */
  string echo(1: string msg)

  /** Returns a + b, wrapping around at 32 bits. */
  i32 add(1: i32 a, 2: i32 b)

  /** Returns "slept MS" after ms milliseconds; it ends early if its context does. */
  string slow(1: i32 ms)

  /** Throws ApiError(reason, 7), always. */
  string fail(1: string reason) throws (1: ApiError error)

  /** Takes note of text. There is no answer; notes tells that it came. */
  oneway void note(1: string text)

  /** Returns how many notes have come since the server started. */
  i32 notes()
}
