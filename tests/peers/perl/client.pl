# The client on Apache's runtime for Perl; cases_test.go tells what each case is.
# Strings are bytes here: this file does not say "use utf8".
use strict;
use warnings;

use Thrift::BinaryProtocol;
use Thrift::BufferedTransport;
use Thrift::FramedTransport;
use Thrift::MemoryBuffer;
use Thrift::MessageType;
use Thrift::MultiplexedProtocol;
use Thrift::Socket;
use Thrift::Type;

use bar::BarApi;
use foo::FooApi;

$| = 1;
my ($host, $port, $transport_name, $protocol_name, @cases) = @ARGV;
die "no protocol $protocol_name here" unless $protocol_name eq 'binary';

my %transports = (
    framed   => sub { Thrift::FramedTransport->new(@_) },
    unframed => sub { Thrift::BufferedTransport->new(@_, 4096, 4096) },
);
my $socket = Thrift::Socket->new({ host => $host, port => $port, recvTimeout => 20_000, sendTimeout => 20_000 });
my $transport = $transports{$transport_name}->($socket);
my $protocol = Thrift::BinaryProtocol->new($transport);
$transport->open();

sub named { return Thrift::MultiplexedProtocol->new($protocol, shift) }
my $foo        = foo::FooApiClient->new(named('FooApi'));
my $bar        = bar::BarApiClient->new(named('BarApi'));
my $bare       = foo::FooApiClient->new($protocol);
my $absent     = foo::FooApiClient->new(named('NoApi'));
my $wrong      = bar::BarApiClient->new(named('FooApi'));
my $wrong_bare = bar::BarApiClient->new($protocol);

sub equal {
    my ($got, $want) = @_;
    die sprintf("got %.80s, want %.80s\n", $got // 'nothing', $want) unless defined $got && $got eq $want;
}

sub alive { equal($foo->echo('still here'), 'still here') }

# refused checks that a call gets a TApplicationException of the type, and that
# the connection goes on after it.
sub refused {
    my ($type, $call) = @_;
    my $answer = eval { $call->() };
    my $thrown = $@;
    die "answered, want an exception\n" if defined $answer;
    die $thrown unless ref $thrown && $thrown->isa('Thrift::TApplicationException');
    equal($thrown->getCode(), $type);
    alive();
}

# die_of_exception reads a message that must be an exception for the call.
sub die_of_exception {
    my ($name, $seqid) = @_;
    my ($got_name, $got_type, $got_seqid);
    $protocol->readMessageBegin(\$got_name, \$got_type, \$got_seqid);
    equal("$got_name $got_type $got_seqid", join ' ', $name, Thrift::TMessageType::EXCEPTION, $seqid);
    my $refusal = Thrift::TApplicationException->new();
    $refusal->read($protocol);
    $protocol->readMessageEnd();
    die $refusal;
}

sub send_wrong_list {
    $protocol->writeMessageBegin('BarApi:index', Thrift::TMessageType::CALL, 99);
    $protocol->writeStructBegin('index_args');
    $protocol->writeFieldBegin('words', Thrift::TType::LIST, 1);
    $protocol->writeListBegin(Thrift::TType::I32, 2);
    $protocol->writeI32(1000000);
    $protocol->writeI32(-1);
    $protocol->writeListEnd();
    $protocol->writeFieldEnd();
    $protocol->writeFieldStop();
    $protocol->writeStructEnd();
    $protocol->writeMessageEnd();
    $transport->flush();
}

# send_cut_frame sends a frame that holds all but the last 50 bytes of a call.
sub send_cut_frame {
    my $memory = Thrift::MemoryBuffer->new();
    my $whole  = Thrift::BinaryProtocol->new($memory);
    $whole->writeMessageBegin('BarApi:echo', Thrift::TMessageType::CALL, 98);
    bar::BarApi_echo_args->new({ msg => 'x' x 100 })->write($whole);
    $whole->writeMessageEnd();
    $transport->write(substr $memory->getBuffer(), 0, -50);
    $transport->flush();
}

sub blob_of {
    my $sent = '0123456789abcdef' x (shift() / 16);
    die "the blob came back changed\n" unless $bar->blob($sent) eq $sent;
}

my %run = (
    'foo' => sub {
        equal($foo->echo('hello'), 'hello');
        equal($foo->add(2,  3), 5);
        equal($foo->add(-5, 2), -3);
        equal($foo->add(2**31 - 1, 1), -2**31);
    },
    'bar' => sub {
        equal($bar->echo('hello'), 'bar: hello');
        my $index = $bar->index([ 'a', 'b', 'a' ]);
        equal(join(';', map { "$_ @{$index->{$_}}" } sort keys %$index), 'a 0 2;b 1');
    },
    'slow'               => sub { equal($foo->slow(20), 'slept 20') },
    'declared-exception' => sub {
        die "answered, want an ApiError\n" if eval { $foo->fail('because'); 1 };
        my $thrown = $@;
        die $thrown unless ref $thrown && $thrown->isa('foo::ApiError');
        equal("$thrown->{reason} $thrown->{code}", 'because 7');
        alive();
    },
    'oneway' => sub {
        my $before = $foo->notes();
        $foo->note('a note');
        my $after = $foo->notes();
        die "$before notes before and $after after\n" unless $after > $before;
    },
    'unicode' => sub {
        equal($foo->echo('añ€😀'),    'añ€😀');
        equal($bar->reverse('añ€😀'), '😀€ña');
    },
    'blob' => sub {
        my $all = pack 'C*', 0 .. 255;
        equal($bar->blob($all), $all);
    },
    'empty' => sub {
        equal($foo->echo(''), '');
        equal($bar->blob(''), '');
        equal(scalar keys %{ $bar->index([]) }, 0);
    },
    'unknown-service' => sub {
        refused(Thrift::TApplicationException::UNKNOWN_METHOD, sub { $absent->echo('hello') });
    },
    'unknown-method' => sub {
        refused(Thrift::TApplicationException::UNKNOWN_METHOD, sub { $wrong->reverse('hello') });
        refused(Thrift::TApplicationException::UNKNOWN_METHOD, sub { $wrong_bare->reverse('hello') });
    },
    'unknown-oneway' => sub {
        $absent->note('to nobody');
        alive();
    },
    'undecodable-args' => sub {
        send_wrong_list();
        refused(Thrift::TApplicationException::PROTOCOL_ERROR, sub { die_of_exception('index', 99) });
    },
    'cut-frame' => sub {
        send_cut_frame();
        refused(Thrift::TApplicationException::PROTOCOL_ERROR, sub { die_of_exception('echo', 98) });
    },
    'default-service' => sub {
        for my $i (0 .. 2) {
            equal($bare->echo("bare $i"), "bare $i");
            equal($bar->echo("bare $i"),  "bar: bare $i");
        }
    },
    'large-blob'  => sub { blob_of(64 * 2**10) },
    'big-blob'    => sub { blob_of(8 * 2**20) },
    'interleaved' => sub {
        for my $i (0 .. 99) {
            equal($foo->echo("call $i"), "call $i");
            equal($bar->echo("call $i"), "bar: call $i");
        }
    },
);

for my $name (@cases) {
    if (eval { ($run{$name} // die "no such case here\n")->(); 1 }) {
        print "ok $name\n";
        next;
    }
    my $thrown = $@;
    my $text = ref $thrown && $thrown->can('getMessage') ? $thrown->{message} : "$thrown";
    print "FAIL $name ", (split /\n/, $text)[0], "\n";
}
