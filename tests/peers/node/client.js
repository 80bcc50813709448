// The client on Apache's runtime for Node; cases_test.go tells what each case is.
'use strict';

const assert = require('assert').strict;
const thrift = require('thrift');
const { TApplicationException, TApplicationExceptionType, MessageType, Type } = thrift.Thrift;

const { ApiError } = require('./foo_types');
const { connect } = require('./dialect');
const Stubs = require('./stubs');

const [host, port, transport, protocol, ...names] = process.argv.slice(2);
const connection = connect(host, Number(port), transport, protocol);
const stubs = new Stubs(connection);
const { foo, bar } = stubs;

const broken = new Promise((_, reject) => {
  connection.on('error', reject);
  connection.on('close', () => reject(new Error('the connection closed')));
});
broken.catch(() => {}); // whoever waits hears of it

async function refused(type, call) {
  await assert.rejects(call, (thrown) => {
    assert(thrown instanceof TApplicationException, `want a TApplicationException, got ${thrown}`);
    assert.equal(thrown.type, type, thrown.message);
    return true;
  });
  assert.equal(await foo.echo('still here'), 'still here');
}

// handMade writes a message by means of write(protocol) and sends it.
function handMade(write) {
  const out = new connection.transport(undefined, (bytes) => connection.write(bytes));
  write(new connection.protocol(out));
  out.flush();
}

function sendWrongList(seqid) {
  handMade((p) => {
    p.writeMessageBegin('BarApi:index', MessageType.CALL, seqid);
    p.writeStructBegin('index_args');
    p.writeFieldBegin('words', Type.LIST, 1);
    p.writeListBegin(Type.I32, 2);
    p.writeI32(1000000);
    p.writeI32(-1);
    p.writeListEnd();
    p.writeFieldEnd();
    p.writeFieldStop();
    p.writeStructEnd();
    p.writeMessageEnd();
  });
}

// sendCutFrame sends a frame that holds all but the last 50 bytes of a call.
function sendCutFrame(seqid) {
  const memory = new thrift.TBufferedTransport(undefined, (whole) => {
    const cut = whole.subarray(0, whole.length - 50);
    const size = Buffer.alloc(4);
    size.writeInt32BE(cut.length);
    connection.write(Buffer.concat([size, cut]));
  });
  const p = new connection.protocol(memory);
  p.writeMessageBegin('BarApi:echo', MessageType.CALL, seqid);
  p.writeStructBegin('echo_args');
  p.writeFieldBegin('msg', Type.STRING, 1);
  p.writeString('x'.repeat(100));
  p.writeFieldEnd();
  p.writeFieldStop();
  p.writeStructEnd();
  p.writeMessageEnd();
  memory.flush();
}

async function blobOf(size) {
  const sent = Buffer.from('0123456789abcdef'.repeat(size / 16));
  const answer = await bar.blob(sent);
  assert(sent.equals(Buffer.from(answer)), 'the blob came back changed');
}

// plainIndex turns the runtime's numbers of 64 bits into plain ones.
async function plainIndex(words) {
  const index = await bar.index(words);
  return Object.fromEntries(Object.entries(index).map(([word, at]) => [word, at.map(Number)]));
}

const cases = {
  async foo() {
    assert.equal(await foo.echo('hello'), 'hello');
    assert.equal(await foo.add(2, 3), 5);
    assert.equal(await foo.add(-5, 2), -3);
    assert.equal(await foo.add(2 ** 31 - 1, 1), -(2 ** 31));
  },
  async bar() {
    assert.equal(await bar.echo('hello'), 'bar: hello');
    assert.deepEqual(await plainIndex(['a', 'b', 'a']), { a: [0, 2], b: [1] });
  },
  async slow() {
    assert.equal(await foo.slow(20), 'slept 20');
  },
  async 'declared-exception'() {
    await assert.rejects(foo.fail('because'), (thrown) => {
      assert(thrown instanceof ApiError, `want an ApiError, got ${thrown}`);
      assert.deepEqual([thrown.reason, thrown.code], ['because', 7]);
      return true;
    });
  },
  async oneway() {
    const before = await foo.notes();
    await foo.note('a note');
    // Over HTTP this runtime does not wait for a oneway's answer, and what follows may overtake it.
    let tries = transport === 'http' ? 100 : 1;
    while ((await foo.notes()) <= before) {
      assert(--tries > 0, 'as many notes as before');
    }
  },
  async unicode() {
    assert.equal(await foo.echo('añ€😀'), 'añ€😀');
    assert.equal(await bar.reverse('añ€😀'), '😀€ña');
  },
  async blob() {
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    assert(all.equals(Buffer.from(await bar.blob(all))));
  },
  async empty() {
    assert.equal(await foo.echo(''), '');
    assert.equal((await bar.blob(Buffer.alloc(0))).length, 0);
    assert.deepEqual(await plainIndex([]), {});
  },
  async 'unknown-service'() {
    await refused(TApplicationExceptionType.UNKNOWN_METHOD, () => stubs.absent.echo('hello'));
  },
  async 'unknown-method'() {
    await refused(TApplicationExceptionType.UNKNOWN_METHOD, () =>
      stubs.withBarAsFoo((wrong) => wrong.reverse('hello')));
    await refused(TApplicationExceptionType.UNKNOWN_METHOD, () =>
      stubs.withBareBar((wrong) => wrong.reverse('hello')));
  },
  async 'unknown-oneway'() {
    await stubs.absent.note('to nobody');
  },
  async 'undecodable-args'() {
    const seqid = stubs.nextSeqid();
    const reply = stubs.expect(seqid);
    sendWrongList(seqid);
    await refused(TApplicationExceptionType.PROTOCOL_ERROR, () => reply);
  },
  async 'cut-frame'() {
    const seqid = stubs.nextSeqid();
    const reply = stubs.expect(seqid);
    sendCutFrame(seqid);
    await refused(TApplicationExceptionType.PROTOCOL_ERROR, () => reply);
  },
  async 'default-service'() {
    for (let i = 0; i < 3; i++) {
      assert.equal(await stubs.bare.echo(`bare ${i}`), `bare ${i}`);
      assert.equal(await bar.echo(`bare ${i}`), `bar: bare ${i}`);
    }
  },
  'large-blob': () => blobOf(64 << 10),
  'big-blob': () => blobOf(8 << 20),
  async interleaved() {
    const answers = [];
    for (let i = 0; i < 100; i++) {
      // Both calls are on their way at once: only this runtime finds them by their ids.
      answers.push(Promise.all([foo.echo(`call ${i}`), bar.echo(`call ${i}`)]));
    }
    for (const [i, pair] of (await Promise.all(answers)).entries()) {
      assert.deepEqual(pair, [`call ${i}`, `bar: call ${i}`]);
    }
  },
};

async function run(name) {
  if (!cases[name]) {
    throw new Error('no such case here');
  }
  await cases[name]();
  assert.equal(await foo.echo('still here'), 'still here');
}

async function main() {
  for (const name of names) {
    try {
      await Promise.race([run(name), broken]);
      console.log(`ok ${name}`);
    } catch (thrown) {
      console.log(`FAIL ${name} ${String(thrown).split('\n')[0]}`);
    }
  }
  process.exit(0);
}

main();
