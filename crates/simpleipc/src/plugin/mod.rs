//! Plugins: programs of their own that a host starts, calls and looks after. A plugin that crashes
//! or hangs is an event to its host, and nothing else.

mod event;
mod incarnation;
mod supervisor;

pub use event::{Event, Happening};

use crate::channel::{Client, Interrupter, Options, Publisher, Subscriber};
use crate::error::{Error, Result, Status};
use crate::limits::NAME_BYTES_MAX;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use supervisor::Supervisor;

/// The environment variable that tells a plugin which service it is to be.
pub const PLUGIN_VARIABLE: &str = "SIPC_PLUGIN";
/// Events that a host may be behind; older ones are missed, and counted.
const EVENTS_MAX: u32 = 4096;

/// How a plugin is to be run. Build one with [`Plugin::new`].
#[derive(Clone, Debug)]
pub struct Plugin {
    name: String,
    program: OsString,
    args: Vec<OsString>,
    restarts: u32,
    restarts_within: Duration,
    hang_after: Option<Duration>,
}

impl Plugin {
    /// A plugin of this name, which is this program: a path, or a name to be found in `PATH`.
    pub fn new(name: &str, program: impl Into<OsString>) -> Self {
        Self {
            name: name.to_string(),
            program: program.into(),
            args: Vec::new(),
            restarts: 3,
            restarts_within: Duration::from_secs(60),
            hang_after: None,
        }
    }

    /// Adds arguments of the program.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// At most so many restarts in such a time, after which the host gives the plugin up. At first
    /// three in a minute; none, and it runs once. A plugin that ends with code 0 has done what it
    /// wanted, and is not started again.
    #[must_use]
    pub fn restarts(mut self, most: u32, within: Duration) -> Self {
        (self.restarts, self.restarts_within) = (most, within);
        self
    }

    /// A plugin that does not take a call for so long, hangs: it is killed, and started again. At
    /// first a plugin may take as long as it likes. The time also holds from the start until it
    /// serves.
    #[must_use]
    pub fn hang_after(mut self, time: Duration) -> Self {
        self.hang_after = Some(time);
        self
    }
}

/// Starts plugins, and hears what becomes of them. When the host is dropped, or dies, or is
/// killed, its plugins end.
///
/// A plugin named `spell` of a host named `editor` serves `editor.spell`; any program may call it.
/// What happens to the plugins is published on the topic `editor.events`, as maps (see
/// [`Event`]); any program may look on.
pub struct Host {
    name: String,
    options: Options,
    events: Subscriber,
    publisher: Arc<Mutex<Publisher>>,
    plugins: BTreeMap<String, Supervisor>,
}

impl Host {
    /// A host of this name. Of the options, `directory` counts.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let options = Options {
            depth: EVENTS_MAX,
            ..options.clone()
        };
        let topic = format!("{name}.events");
        let events = Subscriber::open(&topic, &options)?;
        let publisher = Publisher::open(&topic, &options)?;
        Ok(Self {
            name: name.to_string(),
            options,
            events,
            publisher: Arc::new(Mutex::new(publisher)),
            plugins: BTreeMap::new(),
        })
    }

    /// Starts a plugin and looks after it from now on. That it has started, or could not be, is an
    /// event. A name that is in use is an error until [`stop`](Self::stop).
    pub fn start(&mut self, plugin: Plugin) -> Result<()> {
        if self
            .plugins
            .get(&plugin.name)
            .is_some_and(|known| !known.is_over())
        {
            let name = &plugin.name;
            let text = format!("the plugin '{name}' is running already; stop it first");
            return Err(Error::new(Status::BadArgument, text));
        }
        let service = self.service(&plugin.name)?;
        let name = plugin.name.clone();
        let publisher = Arc::clone(&self.publisher);
        let directory = self.options.directory.clone();
        let supervisor = Supervisor::start(plugin, service, directory, publisher)?;
        self.plugins.insert(name, supervisor);
        Ok(())
    }

    /// Asks a plugin to end, and after two seconds ends it. False if there is none of this name.
    pub fn stop(&mut self, plugin: &str) -> bool {
        self.plugins.remove(plugin).is_some()
    }

    /// The plugins that have been started, with their process ids; 0 between two lives, and when a
    /// plugin is given up.
    pub fn plugins(&self) -> impl Iterator<Item = (&str, u32)> {
        let facts = |(name, plugin)| (String::as_str(name), Supervisor::pid(plugin));
        self.plugins.iter().map(facts)
    }

    /// A client of a plugin. It goes on with the plugin's next life.
    pub fn client(&self, plugin: &str) -> Result<Client> {
        let options = Options {
            directory: self.options.directory.clone(),
            ..Options::default()
        };
        Client::open(&self.service(plugin)?, &options)
    }

    /// The next event; `Timeout` when there is none in time. `None` waits for ever, zero only
    /// looks.
    pub fn event(&mut self, timeout: Option<Duration>) -> Result<Event> {
        let message = self.events.receive_timeout(timeout)?;
        Event::from_message(&message)
    }

    /// The events as a subscriber, to wait for beside other handles.
    pub fn events(&mut self) -> &mut Subscriber {
        &mut self.events
    }

    /// Ends a wait for events from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.events.interrupter()
    }

    fn service(&self, plugin: &str) -> Result<String> {
        let service = format!("{}.{plugin}", self.name);
        if plugin.is_empty() || plugin.contains('.') || service.len() > NAME_BYTES_MAX {
            let text = format!("'{plugin}' is no name for a plugin; use a short one without dots");
            return Err(Error::new(Status::BadName, text));
        }
        Ok(service)
    }
}

/// The name of the service that this process is to serve because it was started as a plugin.
pub fn plugin_service() -> Result<String> {
    std::env::var(PLUGIN_VARIABLE).map_err(|_| {
        let text = format!(
            "this program was not started as a plugin: {PLUGIN_VARIABLE} is not set; start it by \
             a host, or give the service a name"
        );
        Error::new(Status::BadName, text)
    })
}
