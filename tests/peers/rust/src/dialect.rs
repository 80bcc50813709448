//! The transports and protocols of Apache's runtime for Rust, by their names as arguments.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::time::Duration;

use thrift::protocol::{
    TBinaryInputProtocol, TBinaryOutputProtocol, TCompactInputProtocol, TCompactOutputProtocol,
    TInputProtocol, TOutputProtocol,
};
use thrift::transport::{
    TBufferedReadTransport, TBufferedWriteTransport, TFramedReadTransport, TFramedWriteTransport,
};

pub type Failure = Box<dyn std::error::Error>;

/// The transports of a connection. A stub owns its protocols, so those of
/// several stubs share these.
#[derive(Clone)]
pub struct Connection {
    input: Shared<dyn Read>,
    output: Shared<dyn Write>,
}

pub struct Shared<T: ?Sized>(Rc<RefCell<T>>);

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone())
    }
}

impl Read for Shared<dyn Read> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buf)
    }
}

impl Write for Shared<dyn Write> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

impl Connection {
    pub fn open(host: &str, port: &str, transport: &str) -> Result<Self, Failure> {
        let socket = TcpStream::connect(format!("{host}:{port}"))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        let (input, output) = (socket.try_clone()?, socket);
        match transport {
            "framed" => Ok(Connection {
                input: Shared(Rc::new(RefCell::new(TFramedReadTransport::new(input)))),
                output: Shared(Rc::new(RefCell::new(TFramedWriteTransport::new(output)))),
            }),
            "unframed" => Ok(Connection {
                input: Shared(Rc::new(RefCell::new(TBufferedReadTransport::new(input)))),
                output: Shared(Rc::new(RefCell::new(TBufferedWriteTransport::new(output)))),
            }),
            _ => Err(format!("no transport {transport} here").into()),
        }
    }

    /// Returns a protocol that reads from the connection.
    pub fn reader(&self, protocol: &str) -> Box<dyn TInputProtocol> {
        match protocol {
            "compact" => Box::new(TCompactInputProtocol::new(self.input.clone())),
            _ => Box::new(TBinaryInputProtocol::new(self.input.clone(), protocol == "binary")),
        }
    }

    /// Returns a protocol that writes to the connection.
    pub fn writer(&self, protocol: &str) -> Box<dyn TOutputProtocol> {
        encode(protocol, self.output.clone())
    }

    /// Sends bytes as they are, in a frame if the transport has frames.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.output.write_all(bytes)?;
        self.output.flush()
    }
}

/// Returns a protocol of a name on a writer.
pub fn encode(protocol: &str, on: impl Write + 'static) -> Box<dyn TOutputProtocol> {
    match protocol {
        "compact" => Box::new(TCompactOutputProtocol::new(on)),
        _ => Box::new(TBinaryOutputProtocol::new(on, protocol == "binary")),
    }
}
