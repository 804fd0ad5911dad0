//! What each language costs: `interop speed`. Every language calls, puts, lends, serves, takes and
//! looks with the same partner, a driver of C; C does so too, and the difference is the language.
//! All take turns in each round. The loops run inside the drivers; the time is taken here.

mod bout;
mod figures;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, process};

use clap::Parser;

use crate::driver::{Driver, PATIENCE, Stop};
use crate::languages::{Absence, Language, Place, root};
use crate::{FOLDER, remove, sweep};
pub use bout::loops;
use bout::{Bout, Side};
use figures::{Figures, Key};

/// What each language costs above C.
#[derive(Parser)]
#[command(name = "interop speed")]
pub struct Order {
    /// The languages to measure, as `rust,python`; C is always there. Without it all of them.
    #[arg(long)]
    langs: Option<String>,
    /// How often each language has its turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long one measurement lasts at least; before it, shorter ones warm up.
    #[arg(long, default_value_t = 200)]
    milliseconds: u64,
    /// Also write the figures to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where the channels are made, in a folder of their own.
    #[arg(long, default_value = "/dev/shm")]
    dir: PathBuf,
}

/// The partner, and the measure of all.
const PARTNER: &str = "c";

/// The driver of a language and its partner, as long as both do what they are told.
struct Pair {
    language: Driver,
    partner: Driver,
}

/// A language that takes part.
struct Contender<'a> {
    language: &'a Language,
    /// Kept from round to round, because some languages need a while until they are fast.
    pair: Option<Pair>,
}

impl Order {
    /// Measures and prints; whether nothing failed.
    pub fn carry_out(&self) -> Result<bool, String> {
        let all = ::languages::all(&root().map_err(|error| error.to_string())?)?;
        let languages = chosen(all, self.langs.as_deref())?;
        let place = Place::find().map_err(|error| error.to_string())?;
        let mut figures = Figures::default();
        let mut contenders = built(&languages, &place, &mut figures);
        let partner = contenders.first().map(|first| first.language);
        let is_partner = |language: &&Language| language.name == PARTNER;
        let partner = partner
            .filter(is_partner)
            .ok_or("there is no partner without C")?;
        let begin = Instant::now();
        sweep(&self.dir);
        let directory = self.dir.join(format!("{FOLDER}{}", process::id()));
        fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        let start = |language: &Language| Pair::start(&place, language, partner, &directory);
        self.measure(&mut contenders, start, &mut figures);
        let ended = contenders.into_iter().try_for_each(Contender::end);
        let cleaned = simpleipc::clean(Some(&directory), Duration::ZERO);
        let removed = remove(&directory);
        ended.map_err(|Stop(text)| text)?;
        cleaned.map_err(|error| error.to_string())?;
        if removed != "ok" {
            return Err(format!("files are left: {removed}"));
        }
        print!("{}", figures.text());
        if let Some(path) = &self.json {
            let text = figures.json(self.rounds, begin.elapsed());
            fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(figures.is_clean())
    }

    fn measure(
        &self,
        contenders: &mut [Contender],
        start: impl Fn(&Language) -> Result<Pair, Stop>,
        figures: &mut Figures,
    ) {
        let window = Duration::from_millis(self.milliseconds);
        for round in 1..=self.rounds {
            for contender in &mut *contenders {
                let begin = Instant::now();
                take_turn(contender, window, figures, &start);
                let seconds = begin.elapsed().as_secs_f32();
                eprintln!(
                    "round {round}: {} ({seconds:.1} s)",
                    contender.language.name
                );
            }
        }
    }
}

/// Builds the drivers; says of which languages that did not work.
fn built<'a>(
    languages: &'a [Language],
    place: &Place,
    figures: &mut Figures,
) -> Vec<Contender<'a>> {
    let mut contenders = Vec::new();
    for language in languages {
        match place.build(language) {
            Ok(()) => contenders.push(Contender {
                language,
                pair: None,
            }),
            Err(Absence::Skipped(why)) => figures.miss_all(language, &why),
            Err(Absence::Broken(why)) => figures.fail_all(language, &why),
        }
    }
    contenders
}

impl Contender<'_> {
    fn end(self) -> Result<(), Stop> {
        let Some(Pair { language, partner }) = self.pair else {
            return Ok(());
        };
        language.quit()?;
        partner.quit()
    }
}

/// Everything a language does in one round. What fails is not tried again.
fn take_turn(
    contender: &mut Contender,
    window: Duration,
    figures: &mut Figures,
    start: impl Fn(&Language) -> Result<Pair, Stop>,
) {
    let language = contender.language;
    for (bout, side) in Bout::ALL
        .iter()
        .flat_map(|bout| Side::BOTH.map(|side| (bout, side)))
    {
        let key = Key::new(language, bout, side);
        if figures.misses(&key) {
            continue;
        }
        let pair = contender.pair.take().map_or_else(|| start(language), Ok);
        let outcome = pair.and_then(|mut pair| {
            let channel = format!("{}-{}", language.name, bout.name);
            let (own, partner) = (&mut pair.language, &mut pair.partner);
            let nanoseconds = bout.run(own, partner, side, &channel, window)?;
            Ok((pair, nanoseconds))
        });
        match outcome {
            Ok((pair, nanoseconds)) => {
                contender.pair = Some(pair);
                figures.add(key, nanoseconds);
            }
            Err(Stop(why)) => figures.fail(key, &why),
        }
    }
}

impl Pair {
    /// Each on a processor of its own, if there are two.
    fn start(
        place: &Place,
        language: &Language,
        partner: &Language,
        directory: &Path,
    ) -> Result<Pair, Stop> {
        let driver = |of: &Language, role: &str, processor: usize| {
            let mut command = pinned(&place.command(of), processor);
            let title = format!("{} {role}", of.name);
            Driver::start(command.env("SIPC_DIR", directory), &title, PATIENCE)
        };
        Ok(Pair {
            language: driver(language, "driver", 0)?,
            partner: driver(partner, "partner", 1)?,
        })
    }
}

/// The command on one processor alone, so that all languages have the same way to the partner.
fn pinned(command: &Command, processor: usize) -> Command {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let mut pinned = Command::new("taskset");
    pinned.args(["-c", &(processor % count).to_string()]);
    pinned.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        pinned.env(name, value.unwrap_or_default());
    }
    if let Some(folder) = command.get_current_dir() {
        pinned.current_dir(folder);
    }
    pinned
}

/// The languages asked for, C first.
fn chosen(all: Vec<Language>, names: Option<&str>) -> Result<Vec<Language>, String> {
    let with_partner = names.map(|names| ::languages::first(PARTNER, names));
    let mut languages = ::languages::named(all, with_partner.as_deref())?;
    languages.sort_by_key(|language| language.name != PARTNER);
    Ok(languages)
}
