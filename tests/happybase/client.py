"""Runs HappyBase against a server.

    client.py HOST PORT TRANSPORT PROTOCOL check
    client.py HOST PORT TRANSPORT PROTOCOL threads THREADS

"check" does everything that HappyBase can do with tables, once; "threads" works
with HappyBase's own pool in rounds, one for each line of its standard input,
and says "done" after each. What is not as it should be ends the program.
"""

import sys
import threading

import happybase
from thriftpy2.thrift import TException

FAMILIES = {"cf": dict(max_versions=5), "other": dict()}


def same(got, want):
    if got != want:
        raise AssertionError("got %r, want %r" % (got, want))


def fails(error, f, *args, **kwargs):
    try:
        f(*args, **kwargs)
    except TException as e:
        same(type(e).__name__, error)
    else:
        raise AssertionError("%r did not fail with %s" % (f, error))


def check_tables(c):
    same(c.tables(), [])
    c.create_table("t", FAMILIES)
    c.create_table("u", {"cf": dict(time_to_live=60)})
    fails("AlreadyExists", c.create_table, "t", FAMILIES)
    same(c.tables(), [b"t", b"u"])
    families = c.table("t").families()
    same(sorted(families), [b"cf", b"other"])
    same((families[b"cf"]["max_versions"], families[b"other"]["max_versions"]), (5, 3))
    same(c.table("u").families()[b"cf"]["time_to_live"], 60)
    same(len(c.table("t").regions()), 1)
    c.compact_table("t")
    c.compact_table("t", major=True)
    same(c.is_table_enabled("u"), True)
    fails("IOError", c.delete_table, "u")
    c.disable_table("u")
    same(c.is_table_enabled("u"), False)
    fails("IOError", c.table("u").put, b"r", {b"cf:a": b"1"})
    c.enable_table("u")
    c.delete_table("u", disable=True)
    same(c.tables(), [b"t"])
    fails("IOError", c.table("u").row, b"r")


def check_rows(t):
    t.put(b"r1", {b"cf:a": b"1", b"cf:b": b"2", b"other:c": "straße 🚌".encode()})
    t.put("r2", {"cf:a": "3"})
    t.put(b"\x00\xff", {b"cf:\xfe": b"\x00\x01", b"cf:": b""})
    same(t.row(b"r1"), {b"cf:a": b"1", b"cf:b": b"2", b"other:c": "straße 🚌".encode()})
    same(t.row(b"r1", columns=[b"cf"]), {b"cf:a": b"1", b"cf:b": b"2"})
    same(t.row(b"r1", columns=[b"cf:b", b"other"]), {b"cf:b": b"2", b"other:c": "straße 🚌".encode()})
    same(t.row(b"\x00\xff"), {b"cf:\xfe": b"\x00\x01", b"cf:": b""})
    same(t.row(b"none"), {})
    same(dict(t.rows([b"r1", b"r2", b"none"], columns=[b"cf:a"])), {b"r1": {b"cf:a": b"1"}, b"r2": {b"cf:a": b"3"}})
    fails("IOError", t.put, b"r1", {b"nofamily:a": b"1"})
    fails("IOError", t.row, b"r1", columns=[b"nofamily"])
    large = bytes(bytearray(range(256))) * 4096
    t.put(b"large", {b"cf:a": large})
    same(t.row(b"large")[b"cf:a"], large)
    t.delete(b"large")


def check_versions(t):
    for ts in (100, 300, 200):
        t.put(b"v", {b"cf:a": b"at %d" % ts}, timestamp=ts)
    same(t.row(b"v", include_timestamp=True), {b"cf:a": (b"at 300", 300)})
    same(t.row(b"v", timestamp=300), {b"cf:a": b"at 200"})
    same(dict(t.rows([b"v"], timestamp=150)), {b"v": {b"cf:a": b"at 100"}})
    same(t.cells(b"v", b"cf:a"), [b"at 300", b"at 200", b"at 100"])
    same(t.cells(b"v", b"cf:a", versions=2, include_timestamp=True), [(b"at 300", 300), (b"at 200", 200)])
    same(t.cells(b"v", b"cf:a", timestamp=200), [b"at 100"])
    for ts in range(400, 1000, 100):
        t.put(b"v", {b"cf:a": b"more"}, timestamp=ts)
    same(len(t.cells(b"v", b"cf:a", versions=100)), 5)
    t.delete(b"v", columns=[b"cf:a"], timestamp=700)
    same(t.cells(b"v", b"cf:a", include_timestamp=True), [(b"more", 900), (b"more", 800)])
    t.delete(b"v")
    same(t.row(b"v"), {})


def check_deletes(t):
    t.put(b"d", {b"cf:a": b"1", b"cf:b": b"2", b"other:c": b"3"})
    t.delete(b"d", columns=[b"cf:a"])
    same(t.row(b"d"), {b"cf:b": b"2", b"other:c": b"3"})
    t.delete(b"d", columns=[b"cf"])
    same(t.row(b"d"), {b"other:c": b"3"})
    t.delete(b"d")
    same(t.row(b"d"), {})
    t.delete(b"d")


def check_batches(t):
    with t.batch(batch_size=7) as b:
        for i in range(100):
            b.put(b"b%03d" % i, {b"cf:a": b"%d" % i, b"cf:b": b"x"})
        b.delete(b"b050")
    same(len(list(t.scan(row_prefix=b"b"))), 99)
    try:
        with t.batch(transaction=True) as b:
            b.put(b"b100", {b"cf:a": b"1"})
            raise ValueError
    except ValueError:
        pass
    same(t.row(b"b100"), {})
    with t.batch(timestamp=123, wal=False) as b:
        b.put(b"b100", {b"cf:a": b"1"})
    same(t.row(b"b100", include_timestamp=True), {b"cf:a": (b"1", 123)})


def check_scans(t, old):
    def keys(**kwargs):
        return [int(k[1:]) for k, _ in t.scan(**kwargs)]

    many = [i for i in range(101) if i != 50]
    same(keys(row_prefix=b"b"), many)
    same(keys(row_prefix=b"b", batch_size=10), many)
    same(keys(row_start=b"b010", row_stop=b"b013"), [10, 11, 12])
    same(keys(row_start=b"b098", row_stop=b"c"), [98, 99, 100])
    same(keys(row_prefix=b"b", limit=12, batch_size=5), many[:12])
    same(list(t.scan(row_start=b"b001", row_stop=b"b002", columns=[b"cf:a"])), [(b"b001", {b"cf:a": b"1"})])
    same(keys(row_prefix=b"b", timestamp=124), [100])
    same(keys(row_start=b"x"), [])
    same(len(list(t.scan())), len(many) + 3)
    if old:
        return
    same(keys(row_prefix=b"b", reverse=True), many[::-1])
    same(keys(row_start=b"b012", row_stop=b"b010", reverse=True), [12, 11])
    ordered = next(t.scan(row_prefix=b"b001", sorted_columns=True))
    same(list(ordered[1].items()), [(b"cf:a", b"1"), (b"cf:b", b"x")])
    fails("IOError", list, t.scan(filter=b"KeyOnlyFilter ()"))


def check_counters(t):
    same(t.counter_get(b"c", b"cf:n"), 0)
    same(t.counter_inc(b"c", b"cf:n"), 1)
    same(t.counter_inc(b"c", b"cf:n", value=10), 11)
    same(t.counter_dec(b"c", b"cf:n", value=20), -9)
    t.counter_set(b"c", b"cf:n", 1 << 40)
    same(t.counter_inc(b"c", b"cf:n", -1), (1 << 40) - 1)
    t.put(b"c", {b"cf:text": b"abc"})
    fails("IOError", t.counter_inc, b"c", b"cf:text")
    t.delete(b"c")


def check(options):
    c = happybase.Connection(**options)
    check_tables(c)
    t = c.table("t")
    check_rows(t)
    check_versions(t)
    check_deletes(t)
    check_batches(t)
    check_scans(t, old=False)
    check_scans(happybase.Connection(compat="0.90", **options).table("t"), old=True)
    check_counters(t)
    c.delete_table("t", disable=True)
    c.close()
    print("ok")


def work(pool, number, rounds, failed):
    """Runs a thread's part of one round: a row of its own, and a shared counter."""
    try:
        row = b"row %d" % number
        for i in range(rounds):
            with pool.connection() as c:
                t = c.table("threads")
                t.put(row, {b"cf:a": b"%d" % i})
                same(t.row(row), {b"cf:a": b"%d" % i})
                same([k for k, _ in t.scan(row_start=row, row_stop=row + b"\x00")], [row])
                t.counter_inc(b"all", b"cf:n")
    except Exception as e:  # goes to the main thread
        failed.append(e)


def threads(options, count):
    pool = happybase.ConnectionPool(size=count, **options)
    with pool.connection() as c:
        c.create_table("threads", {"cf": dict()})
    done = 0
    for _ in sys.stdin:
        failed = []
        all = [threading.Thread(target=work, args=(pool, i, 5, failed)) for i in range(count)]
        for t in all:
            t.start()
        for t in all:
            t.join()
        if failed:
            raise failed[0]
        done += 5 * count
        with pool.connection() as c:
            same(c.table("threads").counter_get(b"all", b"cf:n"), done)
        print("done", flush=True)


def main(host, port, transport, protocol, mode, *args):
    options = dict(host=host, port=int(port), transport=transport, protocol=protocol, timeout=20000)
    if mode == "check":
        check(options)
    else:
        threads(options, int(args[0]))


main(*sys.argv[1:])
