//! Hosts of plugins.

use std::time::Duration;

use simpleipc::{Error, Host, Plugin, Result, Status, Value};

use crate::channel::{Channel, End};
use crate::generated::{sipc_channel, sipc_error, sipc_value};
use crate::guard::{guard, misuse, present};
use crate::handle;
use crate::value::Given;

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_plugin(
    channel: *mut sipc_channel,
    plugin: *const sipc_value,
    error: *mut sipc_error,
) -> i32 {
    let plugin = || {
        present(channel, "channel")?;
        // SAFETY: the pointers are what the header says.
        let given = unsafe { Given::new(plugin)? }.read()?;
        let wish = Wish::read(&given)?;
        handle::with(channel, |channel| wish.grant(channel.host()?))
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, plugin) }
}

/// What a map says.
#[derive(Default)]
struct Wish<'a> {
    name: &'a str,
    program: &'a str,
    args: Vec<&'a str>,
    restarts: Option<u32>,
    within: Option<Duration>,
    hang_after: Option<Duration>,
    stop: bool,
}

impl<'a> Wish<'a> {
    fn read(given: &'a Value<'_>) -> Result<Self> {
        let Value::Map(pairs) = given else {
            return Err(misuse("plugin is no map"));
        };
        let mut wish = Self::default();
        for (key, value) in pairs {
            match (&**key, value) {
                ("name", Value::Str(text)) => wish.name = text,
                ("program", Value::Str(text)) => wish.program = text,
                ("args", Value::List(list)) => {
                    let texts = list.iter().map(|item| match item {
                        Value::Str(text) => Ok(&**text),
                        _ => Err(misuse("plugin.args has an item that is no SIPC_KIND_STR")),
                    });
                    wish.args = texts.collect::<Result<_>>()?;
                }
                ("restarts", Value::Int(count)) => {
                    let count = u32::try_from(*count);
                    let count = count.map_err(|_| misuse("plugin.restarts is out of range"))?;
                    wish.restarts = Some(count);
                }
                ("seconds", value) => wish.within = Some(span(key, value)?),
                ("hang_after", value) => wish.hang_after = Some(span(key, value)?),
                ("stop", Value::Bool(stop)) => wish.stop = *stop,
                _ => return Err(misuse(format!("plugin has a key '{key}' of no use here"))),
            }
        }
        Ok(wish)
    }

    fn grant(&self, host: &mut Host) -> Result<()> {
        if self.stop {
            return match host.stop(self.name) {
                true => Ok(()),
                false => Err(misuse(format!("there is no plugin '{}'", self.name))),
            };
        }
        if self.program.is_empty() {
            return Err(misuse("plugin has no program"));
        }
        let mut plugin = Plugin::new(self.name, self.program).args(self.args.iter().copied());
        if self.restarts.is_some() || self.within.is_some() {
            let within = self.within.unwrap_or(Duration::from_secs(60));
            plugin = plugin.restarts(self.restarts.unwrap_or(3), within);
        }
        if let Some(time) = self.hang_after {
            plugin = plugin.hang_after(time);
        }
        host.start(plugin)
    }
}

/// Seconds, as a number of either kind.
fn span(key: &str, value: &Value<'_>) -> Result<Duration> {
    let seconds = match value {
        Value::Int(seconds) => *seconds as f64,
        Value::Float(seconds) => *seconds,
        _ => return Err(misuse(format!("plugin.{key} is no number of seconds"))),
    };
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| misuse(format!("plugin.{key} is out of range")))
}

impl Channel {
    fn host(&mut self) -> Result<&mut Host> {
        match &mut self.end {
            End::Host(host) => Ok(host),
            _ => Err(Error::new(
                Status::WrongRole,
                "the handle was not opened with SIPC_ROLE_HOST",
            )),
        }
    }
}
