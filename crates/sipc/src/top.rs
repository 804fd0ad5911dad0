//! `sipc top`: what goes on, again and again.

use std::io::{IsTerminal, Write, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyModifiers, poll, read};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, size as terminal_size,
};
use crossterm::{cursor, execute, queue};
use simpleipc::{ChannelReport, PeerReport};

use crate::channels::seconds;
use crate::failure::{Exit, Failure};
use crate::ls::pattern;
use crate::output::print;
use crate::peers::program;
use crate::table::{Table, rate, size, span};

/// Watch the channels: rates, backlog, lag, misses and memory, and who uses them. `q` ends.
///
/// LAG says how long messages wait for a peer: what is behind, at the rate at which it comes.
#[derive(clap::Args)]
pub struct Arguments {
    /// The name of a channel; without it all of them
    channel: Option<String>,
    /// Between two looks
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "1")]
    every: Duration,
    /// Print one screen as text, and end
    #[arg(long)]
    once: bool,
}

/// Two looks at the channels, and the time between them.
struct Looks {
    then: Vec<ChannelReport>,
    now: Vec<ChannelReport>,
    seconds: f64,
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let look = || -> Result<Vec<ChannelReport>, Failure> {
        let mut channels = simpleipc::audit_all(dir)?;
        let is_meant = |channel: &ChannelReport| {
            arguments
                .channel
                .as_ref()
                .is_none_or(|name| *name == channel.name)
        };
        channels.retain(is_meant);
        Ok(channels)
    };
    let mut looks = Looks {
        then: Vec::new(),
        now: look()?,
        seconds: 1.0,
    };
    if arguments.once || !stdout().is_terminal() {
        let began = Instant::now();
        std::thread::sleep(arguments.every);
        looks.then = std::mem::replace(&mut looks.now, look()?);
        looks.seconds = began.elapsed().as_secs_f64();
        return print(&screen(&looks));
    }
    let _screen = Screen::enter()?;
    let mut began = Instant::now();
    loop {
        draw(&screen(&looks))?;
        let until = began + arguments.every;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            let failed = |why| Failure::io("the terminal", &why);
            if !poll(left).map_err(failed)? {
                break;
            }
            if let Event::Key(key) = read().map_err(failed)? {
                let is_break = key.modifiers.contains(KeyModifiers::CONTROL);
                match key.code {
                    KeyCode::Char('q') | KeyCode::Esc => return Ok(Exit::Done),
                    KeyCode::Char('c') if is_break => return Ok(Exit::Done),
                    _ => {}
                }
            }
        }
        looks.then = std::mem::replace(&mut looks.now, look()?);
        looks.seconds = began.elapsed().as_secs_f64();
        began = Instant::now();
    }
}

impl Looks {
    fn before(&self, name: &str) -> Option<&ChannelReport> {
        self.then.iter().find(|channel| channel.name == name)
    }

    fn channel_rate(&self, channel: &ChannelReport) -> f64 {
        let before = self
            .before(&channel.name)
            .map_or(channel.messages, |c| c.messages);
        channel.messages.saturating_sub(before) as f64 / self.seconds
    }

    fn peer_rate(&self, channel: &ChannelReport, peer: &PeerReport) -> f64 {
        let before = self.before(&channel.name).and_then(|channel| {
            let is_same = |then: &&PeerReport| {
                then.endpoint == peer.endpoint && then.pid == peer.pid && then.role == peer.role
            };
            channel.peers.iter().find(is_same)
        });
        let before = before.map_or(peer.sent, |peer| peer.sent);
        peer.sent.saturating_sub(before) as f64 / self.seconds
    }
}

/// How long messages wait for a peer, by how many are behind and how many come a second; with none
/// coming, at least as long as the newest has been there.
fn lag(behind: u64, rate: f64, newest_age_ns: Option<i64>) -> String {
    let waits = match behind {
        0 => None,
        _ if rate == 0.0 => newest_age_ns,
        behind => Some((behind as f64 / rate * 1e9) as i64),
    };
    waits.map_or("-".to_owned(), span)
}

/// What is to be seen.
fn screen(looks: &Looks) -> String {
    let memory: u64 = looks
        .now
        .iter()
        .map(|c| c.control_bytes + c.pool_bytes)
        .sum();
    let mut text = format!("{} channels, {}\n\n", looks.now.len(), size(memory));
    let head = [
        "CHANNEL", "PATTERN", "RATE", "WAITING", "OLD", "MEMORY", "CHUNKS", "WRONG",
    ];
    let mut table = Table::new(&[false, false, true, true, true, true, true, true], &head);
    for channel in &looks.now {
        table.row(vec![
            channel.name.clone(),
            pattern(channel).to_owned(),
            rate(looks.channel_rate(channel)),
            channel.waiting.to_string(),
            channel.newest_age_ns.map_or("-".to_owned(), span),
            size(channel.control_bytes + channel.pool_bytes),
            format!("{}/{}", channel.chunks_in_use, channel.chunks),
            channel.leaks.len().to_string(),
        ]);
    }
    text += &table.text();
    let head = [
        "PEER", "PROGRAM", "ROLE", "OF", "RATE", "BEHIND", "LAG", "MISSED", "ALIVE",
    ];
    const IS_NUMBER: [bool; 9] = [true, false, false, false, true, true, true, true, false];
    let mut table = Table::new(&IS_NUMBER, &head);
    for channel in &looks.now {
        let channel_rate = looks.channel_rate(channel);
        for peer in &channel.peers {
            table.row(vec![
                peer.pid.to_string(),
                program(peer),
                peer.verb().to_owned(),
                channel.name.clone(),
                rate(looks.peer_rate(channel, peer)),
                peer.behind.to_string(),
                lag(peer.behind, channel_rate, channel.newest_age_ns),
                peer.missed.to_string(),
                if peer.alive { "yes" } else { "no" }.to_owned(),
            ]);
        }
    }
    text + "\n" + &table.text()
}

/// The terminal, as long as the screen is ours.
struct Screen;

impl Screen {
    fn enter() -> Result<Self, Failure> {
        let failed = |why| Failure::io("the terminal", &why);
        enable_raw_mode().map_err(failed)?;
        execute!(stdout(), EnterAlternateScreen, cursor::Hide).map_err(failed)?;
        Ok(Self)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // What cannot be put back now cannot be put back.
        let _ = execute!(stdout(), cursor::Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

fn draw(text: &str) -> Result<(), Failure> {
    let failed = |why| Failure::io("the terminal", &why);
    let (columns, rows) = terminal_size().map_err(failed)?;
    let mut to = stdout().lock();
    queue!(to, cursor::MoveTo(0, 0)).map_err(failed)?;
    for line in text.lines().take(usize::from(rows).saturating_sub(1)) {
        let line: String = line.chars().take(usize::from(columns)).collect();
        write!(to, "{line}").map_err(failed)?;
        queue!(to, Clear(ClearType::UntilNewLine)).map_err(failed)?;
        write!(to, "\r\n").map_err(failed)?;
    }
    queue!(to, Clear(ClearType::FromCursorDown)).map_err(failed)?;
    to.flush().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::lag;

    #[test]
    fn lag_is_what_waits_at_the_rate_at_which_it_comes() {
        assert_eq!(lag(30, 1000.0, Some(5)), "30 ms");
        assert_eq!(lag(3, 0.0, Some(2_000_000_000)), "2.0 s");
        assert_eq!(lag(3, 0.0, None), "-");
        assert_eq!(lag(0, 1000.0, Some(5)), "-");
    }
}
