// The stubs of one connection. The runtime looks a reply's stub up by the
// reply's sequence id, and one without a service's name it gives to the
// connection's one plain stub; so all of them draw from one row of ids, and the
// stubs of services that are taken or not there replace others for one call.
'use strict';

const thrift = require('thrift');

const BarApi = require('./BarApi');
const FooApi = require('./FooApi');

module.exports = class Stubs {
  constructor(connection) {
    this.connection = connection;
    this.multiplexer = new thrift.Multiplexer();
    this.bare = this.plain(FooApi);
    this.foo = this.multiplexer.createClient('FooApi', FooApi, connection);
    this.bar = this.multiplexer.createClient('BarApi', BarApi, connection);
    this.absent = this.multiplexer.createClient('NoApi', FooApi, connection);
  }

  nextSeqid() {
    return (this.multiplexer.seqid += 1);
  }

  plain(service) {
    const named = this.connection.client;
    const stub = thrift.createClient(service, this.connection);
    stub.new_seqid = () => this.nextSeqid();
    return Object.assign(stub, named && { FooApi: named.FooApi, BarApi: named.BarApi, NoApi: named.NoApi });
  }

  // withBareBar makes a call on BarApi's stub without a service's name.
  async withBareBar(call) {
    const before = this.connection.client;
    const stub = this.plain(BarApi);
    try {
      return await call(stub);
    } finally {
      this.connection.client = before;
    }
  }

  // withBarAsFoo makes a call on BarApi's stub under FooApi's name.
  async withBarAsFoo(call) {
    const stub = this.multiplexer.createClient('FooApi', BarApi, this.connection);
    try {
      return await call(stub);
    } finally {
      this.connection.client.FooApi = this.foo;
    }
  }

  // expect returns what the reply to a hand-made call of BarApi will be.
  expect(seqid) {
    this.connection.seqId2Service[seqid] = 'BarApi';
    return new Promise((resolve, reject) => {
      this.bar._reqs[seqid] = (error, answer) => (error ? reject(error) : resolve(answer));
    });
  }
};
