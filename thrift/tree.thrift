/** A struct that holds itself, for tests of nesting and its bounds. */

namespace go tree

/** A node; nested by inner at 4 bytes a level in the binary protocol. */
struct Tree {
  1: optional Tree inner
  2: i64 v
  3: optional list<Tree> children
}

service TreeApi {
  /** Returns the levels of t: 1 for a node that holds none. */
  i32 depth(1: Tree t)
}
