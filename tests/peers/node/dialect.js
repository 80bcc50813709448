// The transports and protocols of Apache's runtime for Node, by their names as arguments.
'use strict';

const util = require('util');
const thrift = require('thrift');

// Not a class: the runtime's multiplexer calls protocols as functions.
function OldBinaryProtocol(transport) {
  thrift.TBinaryProtocol.call(this, transport, false, false);
}
util.inherits(OldBinaryProtocol, thrift.TBinaryProtocol);

const transports = {
  framed: thrift.TFramedTransport,
  unframed: thrift.TBufferedTransport,
  http: thrift.TBufferedTransport,
};

const protocols = {
  binary: thrift.TBinaryProtocol,
  'binary+old': OldBinaryProtocol,
  compact: thrift.TCompactProtocol,
  json: thrift.TJSONProtocol,
};

// connect returns a connection, on which requests wait until it is open.
exports.connect = (host, port, transport, protocol) => {
  const options = { transport: transports[transport], protocol: protocols[protocol] };
  if (!options.transport || !options.protocol) {
    throw new Error(`no ${transport} or no ${protocol} here`);
  }
  if (transport === 'http') {
    return thrift.createHttpConnection(host, port, { ...options, path: '/' });
  }
  return thrift.createConnection(host, port, options);
};
