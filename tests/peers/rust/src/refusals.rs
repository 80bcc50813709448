use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use thrift::protocol::{
    TFieldIdentifier, TInputProtocol, TListIdentifier, TMessageIdentifier, TMessageType,
    TOutputProtocol, TStructIdentifier, TType,
};
use thrift::ApplicationErrorKind;

use crate::bar::{BarApiSyncClient, TBarApiSyncClient};
use crate::client::{equal, Client};
use crate::dialect::{encode, Failure};
use crate::foo::{FooApiSyncClient, TFooApiSyncClient};

type Outcome = Result<(), Failure>;

/// Fails unless an answer is a TApplicationException of the kind.
fn refused<T: std::fmt::Debug>(kind: ApplicationErrorKind, answer: thrift::Result<T>) -> Outcome {
    match answer {
        Err(thrift::Error::Application(e)) => equal(e.kind, kind),
        other => Err(format!("got {other:?}, want an exception").into()),
    }
}

/// Bytes that a protocol writes and somebody else reads.
#[derive(Clone, Default)]
struct Memory(Rc<RefCell<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Client {
    pub fn unknown_service(&mut self) -> Outcome {
        let mut absent = FooApiSyncClient::new(self.reader(), self.named("NoApi"));
        refused(ApplicationErrorKind::UnknownMethod, absent.echo("hello".into()))
    }

    pub fn unknown_method(&mut self) -> Outcome {
        let mut wrong = BarApiSyncClient::new(self.reader(), self.named("FooApi"));
        refused(ApplicationErrorKind::UnknownMethod, wrong.reverse("hello".into()))?;
        let mut bare = BarApiSyncClient::new(self.reader(), self.writer());
        refused(ApplicationErrorKind::UnknownMethod, bare.reverse("hello".into()))
    }

    pub fn unknown_oneway(&mut self) -> Outcome {
        let mut absent = FooApiSyncClient::new(self.reader(), self.named("NoApi"));
        Ok(absent.note("to nobody".into())?)
    }

    pub fn undecodable(&mut self) -> Outcome {
        let mut out = self.writer();
        out.write_message_begin(&TMessageIdentifier::new("BarApi:index", TMessageType::Call, 99))?;
        out.write_struct_begin(&TStructIdentifier::new("index_args"))?;
        out.write_field_begin(&TFieldIdentifier::new("words", TType::List, 1))?;
        out.write_list_begin(&TListIdentifier::new(TType::I32, 2))?;
        out.write_i32(1000000)?;
        out.write_i32(-1)?;
        out.write_list_end()?;
        out.write_field_end()?;
        out.write_field_stop()?;
        out.write_struct_end()?;
        out.write_message_end()?;
        out.flush()?;
        refused(ApplicationErrorKind::ProtocolError, self.read_exception("index", 99))
    }

    /// Sends a frame that holds all but the last 50 bytes of a call.
    pub fn cut_frame(&mut self) -> Outcome {
        let memory = Memory::default();
        let mut whole = encode(&self.encoding, memory.clone());
        whole.write_message_begin(&TMessageIdentifier::new("BarApi:echo", TMessageType::Call, 98))?;
        whole.write_struct_begin(&TStructIdentifier::new("echo_args"))?;
        whole.write_field_begin(&TFieldIdentifier::new("msg", TType::String, 1))?;
        whole.write_string(&"x".repeat(100))?;
        whole.write_field_end()?;
        whole.write_field_stop()?;
        whole.write_struct_end()?;
        whole.write_message_end()?;
        whole.flush()?;
        let bytes = memory.0.borrow();
        self.connection.send(&bytes[..bytes.len() - 50])?;
        refused(ApplicationErrorKind::ProtocolError, self.read_exception("echo", 98))
    }

    /// Reads a message that must be an exception for the call, and returns it as an error.
    fn read_exception(&self, name: &str, seqid: i32) -> thrift::Result<()> {
        let mut input = self.reader();
        let header = input.read_message_begin()?;
        if header != TMessageIdentifier::new(name, TMessageType::Exception, seqid) {
            return Err(format!("got {header:?}, want an exception for {name} {seqid}").into());
        }
        let refusal = thrift::Error::read_application_error_from_in_protocol(&mut input)?;
        input.read_message_end()?;
        Err(thrift::Error::Application(refusal))
    }
}
