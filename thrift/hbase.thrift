/**
 * The part of HBase's Thrift interface that HappyBase calls, for the tests with
 * that client. What counts is what goes over the wire: the names of the methods,
 * and the ids and types of their fields, are those of HBase. The rest is named
 * as it suits here.
 *
 * Tables, rows and columns are named by bytes. A column is "family:qualifier",
 * and "family:" alone where a whole family is meant. Timestamps are in
 * milliseconds; one that is given to a reading call leaves out what is not older.
 */

namespace go hbase

/** One version of what stands in a column. */
struct Cell {
  1: binary value
  2: i64 timestamp
}

/** A family of columns, and how the table keeps it. */
struct Family {
  /** With a colon at its end. */
  1: binary name
  2: i32 maxVersions = 3
  3: string compression = "NONE"
  4: bool inMemory = false
  5: string bloomFilterType = "NONE"
  6: i32 bloomFilterVectorSize = 0
  7: i32 bloomFilterNbHashes = 0
  8: bool blockCacheEnabled = false
  9: i32 timeToLive = -1
}

/** A range of rows that one machine serves. */
struct Region {
  1: binary startKey
  /** Behind the last row; empty means that there is no such end. */
  2: binary endKey
  3: i64 id
  4: binary name
  5: i8 version
  6: binary serverName
  7: i32 port
}

/** A column to write or to delete. */
struct Mutation {
  1: bool isDelete = false
  2: binary column
  3: binary value
  4: bool writeToWAL = true
}

/** What is to happen to one row. */
struct RowMutations {
  1: binary row
  2: list<Mutation> mutations
}

/** A column with its newest cell. */
struct Column {
  1: binary name
  2: Cell cell
}

/** A row: a map, or a list in the order of the columns, as was asked. */
struct Row {
  1: binary row
  2: optional map<binary, Cell> columns
  3: optional list<Column> sortedColumns
}

/** What a scan is to go over. */
struct Scan {
  1: optional binary startRow
  /** The first row that is left out. */
  2: optional binary stopRow
  3: optional i64 timestamp
  4: optional list<binary> columns
  5: optional i32 caching
  6: optional binary filterString
  7: optional i32 batchSize
  8: optional bool sortColumns
  9: optional bool reversed
}

/** Something that could not be done. */
exception IOError {
  1: string message
}

/** Something that nobody should have asked for. */
exception IllegalArgument {
  1: string message
}

/** A table of that name is there. */
exception AlreadyExists {
  1: string message
}

service Hbase {
  list<binary> getTableNames() throws (1: IOError io)
  void createTable(1: binary table, 2: list<Family> families)
    throws (1: IOError io, 2: IllegalArgument ia, 3: AlreadyExists exist)
  /** The table must be disabled. */
  void deleteTable(1: binary table) throws (1: IOError io)
  void enableTable(1: binary table) throws (1: IOError io)
  void disableTable(1: binary table) throws (1: IOError io)
  bool isTableEnabled(1: binary table) throws (1: IOError io)
  void compact(1: binary tableOrRegion) throws (1: IOError io)
  void majorCompact(1: binary tableOrRegion) throws (1: IOError io)
  map<binary, Family> getColumnDescriptors(1: binary table) throws (1: IOError io)
  list<Region> getTableRegions(1: binary table) throws (1: IOError io)

  /** Versions of one column, the newest first. */
  list<Cell> getVer(1: binary table, 2: binary row, 3: binary column, 4: i32 versions, 5: map<binary, binary> attributes)
    throws (1: IOError io)
  list<Cell> getVerTs(1: binary table, 2: binary row, 3: binary column, 4: i64 timestamp, 5: i32 versions, 6: map<binary, binary> attributes)
    throws (1: IOError io)
  /** A list of one row, or of none. No columns means all. */
  list<Row> getRowWithColumns(1: binary table, 2: binary row, 3: list<binary> columns, 4: map<binary, binary> attributes)
    throws (1: IOError io)
  list<Row> getRowWithColumnsTs(1: binary table, 2: binary row, 3: list<binary> columns, 4: i64 timestamp, 5: map<binary, binary> attributes)
    throws (1: IOError io)
  list<Row> getRowsWithColumns(1: binary table, 2: list<binary> rows, 3: list<binary> columns, 4: map<binary, binary> attributes)
    throws (1: IOError io)
  list<Row> getRowsWithColumnsTs(1: binary table, 2: list<binary> rows, 3: list<binary> columns, 4: i64 timestamp, 5: map<binary, binary> attributes)
    throws (1: IOError io)

  void mutateRows(1: binary table, 2: list<RowMutations> rows, 3: map<binary, binary> attributes)
    throws (1: IOError io, 2: IllegalArgument ia)
  void mutateRowsTs(1: binary table, 2: list<RowMutations> rows, 3: i64 timestamp, 4: map<binary, binary> attributes)
    throws (1: IOError io, 2: IllegalArgument ia)
  /** Returns the sum. The value is kept in 8 bytes, the highest first. */
  i64 atomicIncrement(1: binary table, 2: binary row, 3: binary column, 4: i64 value)
    throws (1: IOError io, 2: IllegalArgument ia)

  /** Each of these returns a scanner's number. */
  i32 scannerOpenWithScan(1: binary table, 2: Scan scan, 3: map<binary, binary> attributes)
    throws (1: IOError io)
  i32 scannerOpen(1: binary table, 2: binary startRow, 3: list<binary> columns, 4: map<binary, binary> attributes)
    throws (1: IOError io)
  i32 scannerOpenTs(1: binary table, 2: binary startRow, 3: list<binary> columns, 4: i64 timestamp, 5: map<binary, binary> attributes)
    throws (1: IOError io)
  i32 scannerOpenWithStop(1: binary table, 2: binary startRow, 3: binary stopRow, 4: list<binary> columns, 5: map<binary, binary> attributes)
    throws (1: IOError io)
  i32 scannerOpenWithStopTs(1: binary table, 2: binary startRow, 3: binary stopRow, 4: list<binary> columns, 5: i64 timestamp, 6: map<binary, binary> attributes)
    throws (1: IOError io)
  /** At most so many more rows; none means that there are no more. */
  list<Row> scannerGetList(1: i32 scanner, 2: i32 rows) throws (1: IOError io, 2: IllegalArgument ia)
  void scannerClose(1: i32 scanner) throws (1: IOError io, 2: IllegalArgument ia)
}
