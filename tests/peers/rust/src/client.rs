use thrift::protocol::{TInputProtocol, TMultiplexedOutputProtocol, TOutputProtocol};

use crate::bar::BarApiSyncClient;
use crate::dialect::{Connection, Failure};
use crate::foo::{FooApiSyncClient, TFooApiSyncClient};

pub type Input = Box<dyn TInputProtocol>;
pub type Output = Box<dyn TOutputProtocol>;

/// The stubs of one connection.
pub struct Client {
    pub encoding: String,
    pub connection: Connection,
    pub foo: FooApiSyncClient<Input, TMultiplexedOutputProtocol<Output>>,
    pub bar: BarApiSyncClient<Input, TMultiplexedOutputProtocol<Output>>,
}

impl Client {
    pub fn connect(host: &str, port: &str, transport: &str, protocol: &str) -> Result<Self, Failure> {
        if !["binary", "binary+old", "compact"].contains(&protocol) {
            return Err(format!("no protocol {protocol} here").into());
        }
        let connection = Connection::open(host, port, transport)?;
        let named = |service| TMultiplexedOutputProtocol::new(service, connection.writer(protocol));
        Ok(Client {
            encoding: protocol.to_string(),
            foo: FooApiSyncClient::new(connection.reader(protocol), named("FooApi")),
            bar: BarApiSyncClient::new(connection.reader(protocol), named("BarApi")),
            connection,
        })
    }

    pub fn reader(&self) -> Input {
        self.connection.reader(&self.encoding)
    }

    pub fn writer(&self) -> Output {
        self.connection.writer(&self.encoding)
    }

    pub fn named(&self, service: &str) -> TMultiplexedOutputProtocol<Output> {
        TMultiplexedOutputProtocol::new(service, self.writer())
    }

    pub fn run(&mut self, name: &str) -> Result<(), Failure> {
        match name {
            "foo" => self.call_foo(),
            "bar" => self.call_bar(),
            "slow" => self.call_slow(),
            "declared-exception" => self.declared(),
            "oneway" => self.oneway(),
            "unicode" => self.unicode(),
            "blob" => self.blob(),
            "empty" => self.empty(),
            "unknown-service" => self.unknown_service(),
            "unknown-method" => self.unknown_method(),
            "unknown-oneway" => self.unknown_oneway(),
            "undecodable-args" => self.undecodable(),
            "cut-frame" => self.cut_frame(),
            "default-service" => self.default_service(),
            "large-blob" => self.blob_of(64 << 10),
            "big-blob" => self.blob_of(8 << 20),
            "interleaved" => self.interleaved(),
            _ => Err("no such case here".into()),
        }?;
        equal(self.foo.echo("still here".into())?, "still here".into())
    }
}

/// Fails unless an answer is what it should be.
pub fn equal<T: PartialEq + std::fmt::Debug>(got: T, want: T) -> Result<(), Failure> {
    if got == want {
        return Ok(());
    }
    Err(format!("got {got:?}, want {want:?}").into())
}
