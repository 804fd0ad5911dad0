//! What a server calls for each method.

use super::reply::Failure;
use super::request::Request;
use crate::error::Result;
use crate::value::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a handler answers.
type Answer = std::result::Result<Value<'static>, Failure>;

/// One handler.
pub(super) struct Handler<'h> {
    name: String,
    work: Box<dyn FnMut(&Request) -> Answer + 'h>,
}

/// The handlers of a server, one for each method.
///
/// ```no_run
/// use simpleipc::{Failure, Handlers, Options, Server, Value};
///
/// let mut handlers = Handlers::new();
/// handlers.on("add", |request| match request.args()? {
///     Value::List(list) => match list[..] {
///         [Value::Int(a), Value::Int(b)] => Ok((a + b).into()),
///         _ => Err(Failure::new(Failure::BAD_ARGUMENTS, "add takes two ints")),
///     },
///     _ => Err(Failure::new(Failure::BAD_ARGUMENTS, "add takes two ints")),
/// });
/// Server::open("calc", &Options::default())?.run(&mut handlers)?;
/// # Ok::<(), simpleipc::Error>(())
/// ```
#[derive(Default)]
pub struct Handlers<'h> {
    all: Vec<Handler<'h>>,
}

impl<'h> Handlers<'h> {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has `work` answer the calls of a method, from now on. It may push replies of a stream
    /// before it returns the result.
    pub fn on(&mut self, method: &str, work: impl FnMut(&Request) -> Answer + 'h) -> &mut Self {
        self.all.retain(|known| known.name != method);
        self.all.push(Handler {
            name: method.to_string(),
            work: Box::new(work),
        });
        self
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|handler| &*handler.name)
    }

    pub(super) fn find(&mut self, method: &str) -> Option<&mut Handler<'h>> {
        self.all.iter_mut().find(|handler| handler.name == method)
    }
}

impl Handler<'_> {
    /// Calls the handler and sends what it returns.
    pub fn answer(&mut self, request: &Request) -> Result<()> {
        let answer = catch_unwind(AssertUnwindSafe(|| (self.work)(request)));
        match answer {
            Ok(Ok(value)) => request.reply(value),
            Ok(Err(failure)) => request.fail(&failure),
            Err(panic) => {
                let text = (panic.downcast_ref::<&str>().copied())
                    .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                    .unwrap_or("no reason given");
                let text = format!("the method '{}' panicked: {text}", request.method());
                request.fail(&Failure::new(Failure::BROKEN, text))
            }
        }
    }
}
