//! The viewer: receives the camera's frames and the detector's boxes, shows live figures, and at
//! the end writes an annotated picture and a report.
//!
//! ```text
//! camera-viewer REPORT_FOLDER
//! ```
//!
//! Ctrl-C ends it.

mod chart;
mod drawing;
mod figures;
mod frame;
mod report;
mod view;

use signal_hook::consts::{SIGINT, SIGTERM};
use std::env;
use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use view::View;

/// How long a wait lasts at most before the terminal is brought up to date.
const WAIT: Duration = Duration::from_millis(100);
const REPORT_PERIOD: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("viewer: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os()
        .nth(1)
        .map(PathBuf::from)
        .ok_or("name a folder for the report")?;
    let is_stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&is_stopped))?;
    }
    let mut view = View::open()?;
    let is_terminal = io::stdout().is_terminal();
    println!("viewer: waits for frames and boxes");
    let mut next_report = Instant::now() + REPORT_PERIOD;
    while !is_stopped.load(Ordering::Relaxed) {
        view.receive_some(WAIT)?;
        if Instant::now() >= next_report {
            next_report += REPORT_PERIOD;
            if is_terminal {
                // No wrapping: the next line overwrites this one in a narrow window too.
                print!("\r\x1b[K\x1b[?7l{}\x1b[?7h", view.figures.live());
                io::stdout().flush()?;
            } else {
                println!("viewer: {}", view.figures);
            }
        }
    }
    if is_terminal {
        println!("\r\x1b[K{}", view.figures.live());
    } else {
        println!("viewer: {}", view.figures);
    }
    let page = report::write(&folder, &view.figures, view.picture()?.as_ref())?;
    println!("viewer: wrote {}", page.display());
    Ok(())
}
