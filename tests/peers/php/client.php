<?php
// The client on Apache's runtime for PHP; cases_test.go tells what each case is.

error_reporting(E_ALL & ~E_DEPRECATED); // the runtime is older than the language here
require __DIR__ . '/dialect.php';

use bar\BarApiClient;
use foo\ApiError;
use foo\FooApiClient;
use Thrift\Exception\TApplicationException;
use Thrift\Protocol\TMultiplexedProtocol;
use Thrift\Transport\TMemoryBuffer;
use Thrift\Type\TMessageType;
use Thrift\Type\TType;

function equal($got, $want)
{
    if ($got !== $want) {
        $text = fn($value) => substr(var_export($value, true), 0, 80);
        throw new RuntimeException("got {$text($got)}, want {$text($want)}");
    }
}

final class Client
{
    private $transport, $protocol, $foo, $bar, $bare, $absent, $wrong, $wrongBare;

    public function __construct($host, $port, $transport, private $encoding)
    {
        $this->transport = connect($host, $port, $transport);
        $this->protocol = encode($encoding, $this->transport);
        $this->foo = new FooApiClient($this->named('FooApi'));
        $this->bar = new BarApiClient($this->named('BarApi'));
        $this->bare = new FooApiClient($this->protocol);
        $this->absent = new FooApiClient($this->named('NoApi'));
        $this->wrong = new BarApiClient($this->named('FooApi'));
        $this->wrongBare = new BarApiClient($this->protocol);
    }

    public function run($name)
    {
        match ($name) {
            'foo' => $this->callFoo(),
            'bar' => $this->callBar(),
            'slow' => equal($this->foo->slow(20), 'slept 20'),
            'declared-exception' => $this->declared(),
            'oneway' => $this->oneway(),
            'unicode' => $this->unicode(),
            'blob' => $this->blob(),
            'empty' => $this->blank(),
            'unknown-service' => $this->refused(
                TApplicationException::UNKNOWN_METHOD,
                fn() => $this->absent->echo('hello')
            ),
            'unknown-method' => $this->unknownMethod(),
            'unknown-oneway' => $this->absent->note('to nobody'),
            'undecodable-args' => $this->undecodable(),
            'cut-frame' => $this->cutFrame(),
            'default-service' => $this->defaultService(),
            'large-blob' => $this->blobOf(64 << 10),
            'big-blob' => $this->blobOf(8 << 20),
            'interleaved' => $this->interleaved(),
        };
        equal($this->foo->echo('still here'), 'still here');
    }

    private function named($service)
    {
        return new TMultiplexedProtocol($this->protocol, $service);
    }

    private function refused($type, $call)
    {
        try {
            $call();
        } catch (TApplicationException $e) {
            equal($e->getCode(), $type);
            equal($this->foo->echo('still here'), 'still here');
            return;
        }
        throw new RuntimeException('answered, want an exception');
    }

    private function throwException($name, $seqid)
    {
        $this->protocol->readMessageBegin($gotName, $gotType, $gotSeqid);
        equal([$gotName, $gotType, $gotSeqid], [$name, TMessageType::EXCEPTION, $seqid]);
        $refusal = new TApplicationException();
        $refusal->read($this->protocol);
        $this->protocol->readMessageEnd();
        throw $refusal;
    }

    private function callFoo()
    {
        equal($this->foo->echo('hello'), 'hello');
        equal($this->foo->add(2, 3), 5);
        equal($this->foo->add(-5, 2), -3);
        equal($this->foo->add(2 ** 31 - 1, 1), -(2 ** 31));
    }

    private function callBar()
    {
        equal($this->bar->echo('hello'), 'bar: hello');
        $index = $this->bar->index(['a', 'b', 'a']);
        ksort($index);
        equal($index, ['a' => [0, 2], 'b' => [1]]);
    }

    private function declared()
    {
        try {
            $this->foo->fail('because');
        } catch (ApiError $e) {
            equal([$e->reason, $e->code], ['because', 7]);
            return;
        }
        throw new RuntimeException('answered, want an ApiError');
    }

    private function oneway()
    {
        $before = $this->foo->notes();
        $this->foo->note('a note');
        equal($this->foo->notes() > $before, true);
    }

    private function unicode()
    {
        equal($this->foo->echo('añ€😀'), 'añ€😀');
        equal($this->bar->reverse('añ€😀'), '😀€ña');
    }

    private function blob()
    {
        $all = implode('', array_map('chr', range(0, 255)));
        equal($this->bar->blob($all), $all);
    }

    private function blank()
    {
        equal($this->foo->echo(''), '');
        equal($this->bar->blob(''), '');
        equal($this->bar->index([]), []);
    }

    private function unknownMethod()
    {
        $this->refused(TApplicationException::UNKNOWN_METHOD, fn() => $this->wrong->reverse('hello'));
        $this->refused(TApplicationException::UNKNOWN_METHOD, fn() => $this->wrongBare->reverse('hello'));
    }

    private function undecodable()
    {
        $p = $this->protocol;
        $p->writeMessageBegin('BarApi:index', TMessageType::CALL, 99);
        $p->writeStructBegin('index_args');
        $p->writeFieldBegin('words', TType::LST, 1);
        $p->writeListBegin(TType::I32, 2);
        $p->writeI32(1000000);
        $p->writeI32(-1);
        $p->writeListEnd();
        $p->writeFieldEnd();
        $p->writeFieldStop();
        $p->writeStructEnd();
        $p->writeMessageEnd();
        $this->transport->flush();
        $this->refused(TApplicationException::PROTOCOL_ERROR, fn() => $this->throwException('index', 99));
    }

    // cutFrame sends a frame that holds all but the last 50 bytes of a call.
    private function cutFrame()
    {
        $memory = new TMemoryBuffer();
        $whole = encode($this->encoding, $memory);
        $whole->writeMessageBegin('BarApi:echo', TMessageType::CALL, 98);
        (new bar\BarApi_echo_args(['msg' => str_repeat('x', 100)]))->write($whole);
        $whole->writeMessageEnd();
        $whole->getTransport()->flush();
        $this->transport->write(substr($memory->getBuffer(), 0, -50));
        $this->transport->flush();
        $this->refused(TApplicationException::PROTOCOL_ERROR, fn() => $this->throwException('echo', 98));
    }

    private function defaultService()
    {
        for ($i = 0; $i < 3; $i++) {
            equal($this->bare->echo("bare $i"), "bare $i");
            equal($this->bar->echo("bare $i"), "bar: bare $i");
        }
    }

    private function blobOf($size)
    {
        $sent = str_repeat('0123456789abcdef', $size / 16);
        equal($this->bar->blob($sent) === $sent, true);
    }

    private function interleaved()
    {
        for ($i = 0; $i < 100; $i++) {
            equal($this->foo->echo("call $i"), "call $i");
            equal($this->bar->echo("call $i"), "bar: call $i");
        }
    }
}

[, $host, $port, $transport, $protocol] = $argv;
$client = new Client($host, (int) $port, $transport, $protocol);
foreach (array_slice($argv, 5) as $name) {
    try {
        $client->run($name);
        echo "ok $name\n";
    } catch (Throwable $e) {
        echo "FAIL $name ", get_class($e), ': ', strtok($e->getMessage(), "\n"), "\n";
    }
}
