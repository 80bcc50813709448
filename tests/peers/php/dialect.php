<?php
// The transports and protocols of Apache's runtime for PHP, by their names as arguments.

use Thrift\Protocol\TBinaryProtocol;
use Thrift\Protocol\TBinaryProtocolAccelerated;
use Thrift\Protocol\TCompactProtocol;
use Thrift\Protocol\TJSONProtocol;
use Thrift\Transport\TBufferedTransport;
use Thrift\Transport\TFramedTransport;
use Thrift\Transport\THttpClient;
use Thrift\Transport\TSocket;

// Debian keeps the runtime's folders in PHP's own; the stubs are beside this file.
spl_autoload_register(function ($class) {
    $path = str_replace('\\', '/', $class) . '.php';
    $file = str_starts_with($path, 'Thrift/') ? '/usr/lib/php/' . substr($path, 7) : __DIR__ . '/' . $path;
    if (is_file($file)) {
        require_once $file;
    }
});

// connect returns the open transport of a connection.
function connect($host, $port, $transport)
{
    if ($transport === 'http') {
        $stack = new THttpClient($host, $port, '/');
        $stack->open();
        return $stack;
    }
    $socket = new TSocket($host, $port);
    $socket->setSendTimeout(20000);
    $socket->setRecvTimeout(20000);
    $stack = match ($transport) {
        'framed' => new TFramedTransport($socket),
        'unframed' => new TBufferedTransport($socket, 4096, 4096),
    };
    $stack->open();
    return $stack;
}

// encode returns a protocol on a transport.
function encode($protocol, $on)
{
    return match ($protocol) {
        'binary' => new TBinaryProtocol($on),
        'binary+old' => new TBinaryProtocol($on, false, false),
        'binary+accelerated' => new TBinaryProtocolAccelerated($on),
        'compact' => new TCompactProtocol($on),
        'json' => new TJSONProtocol($on),
    };
}
