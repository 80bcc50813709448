use std::collections::BTreeMap;

use crate::bar::TBarApiSyncClient;
use crate::client::{equal, Client};
use crate::dialect::Failure;
use crate::foo::{ApiError, FooApiSyncClient, TFooApiSyncClient};

type Outcome = Result<(), Failure>;

impl Client {
    pub fn call_foo(&mut self) -> Outcome {
        equal(self.foo.echo("hello".into())?, "hello".into())?;
        equal(self.foo.add(2, 3)?, 5)?;
        equal(self.foo.add(-5, 2)?, -3)?;
        equal(self.foo.add(i32::MAX, 1)?, i32::MIN)
    }

    pub fn call_bar(&mut self) -> Outcome {
        equal(self.bar.echo("hello".into())?, "bar: hello".into())?;
        let index = self.bar.index(vec!["a".into(), "b".into(), "a".into()])?;
        equal(index, BTreeMap::from([("a".into(), vec![0, 2]), ("b".into(), vec![1])]))
    }

    pub fn call_slow(&mut self) -> Outcome {
        equal(self.foo.slow(20)?, "slept 20".into())
    }

    pub fn declared(&mut self) -> Outcome {
        match self.foo.fail("because".into()) {
            Err(thrift::Error::User(thrown)) => {
                let thrown = thrown.downcast::<ApiError>().map_err(|e| e.to_string())?;
                equal((thrown.reason, thrown.code), (Some("because".into()), Some(7)))
            }
            other => Err(format!("got {other:?}, want an ApiError").into()),
        }
    }

    pub fn oneway(&mut self) -> Outcome {
        let before = self.foo.notes()?;
        self.foo.note("a note".into())?;
        equal(self.foo.notes()? > before, true)
    }

    pub fn unicode(&mut self) -> Outcome {
        equal(self.foo.echo("añ€😀".into())?, "añ€😀".into())?;
        equal(self.bar.reverse("añ€😀".into())?, "😀€ña".into())
    }

    pub fn blob(&mut self) -> Outcome {
        let all: Vec<u8> = (0..=255).collect();
        equal(self.bar.blob(all.clone())?, all)
    }

    pub fn empty(&mut self) -> Outcome {
        equal(self.foo.echo("".into())?, "".into())?;
        equal(self.bar.blob(vec![])?, vec![])?;
        equal(self.bar.index(vec![])?, BTreeMap::new())
    }

    pub fn default_service(&mut self) -> Outcome {
        let mut bare = FooApiSyncClient::new(self.reader(), self.writer());
        for i in 0..3 {
            let sent = format!("bare {i}");
            equal(bare.echo(sent.clone())?, sent.clone())?;
            equal(self.bar.echo(sent.clone())?, format!("bar: {sent}"))?;
        }
        Ok(())
    }

    pub fn blob_of(&mut self, size: usize) -> Outcome {
        let sent = b"0123456789abcdef".repeat(size / 16);
        equal(self.bar.blob(sent.clone())? == sent, true)
    }

    pub fn interleaved(&mut self) -> Outcome {
        for i in 0..100 {
            let sent = format!("call {i}");
            equal(self.foo.echo(sent.clone())?, sent.clone())?;
            equal(self.bar.echo(sent.clone())?, format!("bar: {sent}"))?;
        }
        Ok(())
    }
}
