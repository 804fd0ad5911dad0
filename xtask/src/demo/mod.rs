//! `cargo xtask demo`: the main job on real pictures. Three programs in three languages: a camera
//! (Object Pascal), a model (Python) and a viewer (Rust); see examples/camera. With a name, as
//! `demo plugins`, another whole system of examples/.

mod check;
mod program;
mod script;

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::artifacts::Artifacts;
use crate::process::{self, announce};
use crate::{bindings, repository, setup};
use check::Check;
use program::{Program, Show};

/// Real pictures and a real detector ship inside these.
const PYTHON_PACKAGES: [&str; 3] = [
    setup::NUMPY,
    "opencv-python-headless==4.14.0.94",
    "scikit-image==0.25.2",
];

/// How `cargo xtask demo` is called.
#[derive(clap::Args)]
pub struct Options {
    /// What to run.
    #[arg(value_enum, default_value = "camera")]
    example: Example,
    /// Verify everything, kill and restart each program, then say what failed.
    #[arg(long)]
    check: bool,
    /// How long to run the camera without --check.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

/// The whole systems in examples/.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Example {
    /// Pictures from a camera through a model to a viewer.
    Camera,
    /// An editor whose plugins may crash.
    Plugins,
    /// A rover whose camera is looked at in three languages.
    Rover,
    /// A weather station with a web page.
    Weather,
}

/// Sets up, builds, runs.
pub fn run(root: &Path, options: &Options) -> Result<(), String> {
    match options.example {
        Example::Camera => camera(root, options),
        Example::Plugins => script::PLUGINS.run(root, options.check),
        Example::Rover => script::ROVER.run(root, options.check),
        Example::Weather => script::WEATHER.run(root, options.check),
    }
}

fn camera(root: &Path, options: &Options) -> Result<(), String> {
    let started = Instant::now();
    let products = Products::make(root)?;
    announce(&format!(
        "everything is in place after {} s",
        started.elapsed().as_secs()
    ));
    products.remove_report()?;
    let directory = ChannelDirectory::make()?;
    let interruption = Interruption::catch()?;
    if options.check {
        let three = products.programs(&directory, true);
        let (products, directory, interruption) = (&products, &directory, &interruption);
        Check {
            three,
            products,
            directory,
            interruption,
            failed: 0,
        }
        .run()?;
    } else {
        let time = Duration::from_secs(options.seconds);
        watch(products.programs(&directory, false), time, &interruption)?;
    }
    directory.expect_empty()?;
    announce(&format!("report: {}", products.report().display()));
    Ok(())
}

/// Lets the three run until the time is over, somebody presses Ctrl-C or one of them ends.
fn watch(mut three: Three, time: Duration, interruption: &Interruption) -> Result<(), String> {
    announce(&format!(
        "running for {} s; Ctrl-C ends it sooner",
        time.as_secs()
    ));
    three.start()?;
    let started = Instant::now();
    while started.elapsed() < time && interruption.sleep(Duration::from_millis(100)).is_ok() {
        three.expect_running()?;
    }
    three.stop()?;
    announce(&format!(
        "camera: {} frames, {:.2} per second, {} left out for being late",
        three.camera.figure("frames"),
        three.camera.figure("fps"),
        three.camera.figure("skipped"),
    ));
    announce(&format!(
        "detector: {} frames, {:.1} ms for each, {} torn; it skipped {} to have the newest",
        three.detector.figure("frames"),
        three.detector.figure("detect_ms"),
        three.detector.figure("torn"),
        three.detector.figure("missed"),
    ));
    Ok(())
}

/// Knows whether somebody has pressed Ctrl-C; from then on nothing takes long.
struct Interruption {
    has_come: Arc<AtomicBool>,
}

impl Interruption {
    fn catch() -> Result<Interruption, String> {
        let has_come = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&has_come))
                .map_err(|why| format!("Ctrl-C cannot be caught: {why}"))?;
        }
        Ok(Interruption { has_come })
    }

    /// Sleeps, unless or until Ctrl-C is pressed: that is an error.
    fn sleep(&self, time: Duration) -> Result<(), String> {
        let deadline = Instant::now() + time;
        while !self.has_come.load(Ordering::Relaxed) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(Duration::from_millis(50)));
        }
        Err("interrupted".to_owned())
    }
}

/// The programs of the demo.
struct Three {
    camera: Program,
    detector: Program,
    viewer: Program,
}

impl Three {
    /// Any order would do.
    fn start(&mut self) -> Result<(), String> {
        self.detector.start()?;
        self.viewer.start()?;
        self.camera.start()
    }

    fn expect_running(&mut self) -> Result<(), String> {
        for program in [&mut self.camera, &mut self.detector, &mut self.viewer] {
            program.expect_running()?;
        }
        Ok(())
    }

    fn stop(&mut self) -> Result<(), String> {
        // All three, whatever becomes of the first.
        let outcomes = [self.camera.stop(), self.detector.stop(), self.viewer.stop()];
        outcomes.into_iter().collect()
    }
}

/// What was built, and where.
struct Products {
    folder: PathBuf,
    libraries: PathBuf,
    interpreter: PathBuf,
    camera: PathBuf,
    viewer: PathBuf,
    detector: PathBuf,
    wall: PathBuf,
}

impl Products {
    fn make(root: &Path) -> Result<Products, String> {
        bindings::tools(root, "pascal")?;
        let mut artifacts = Artifacts::library(root)?;
        artifacts.add_python(root, &PYTHON_PACKAGES)?;
        let sources = root.join("examples/camera");
        let folder = repository::target(root).join("demo");
        let products = Products {
            libraries: artifacts.libraries,
            interpreter: artifacts.python.ok_or("the Python package was not built")?,
            camera: folder.join("camera"),
            viewer: repository::target(root).join("release/camera-viewer"),
            detector: sources.join("detector.py"),
            wall: folder.join("wall.ppm"),
            folder,
        };

        announce("build: viewer (Rust)");
        let arguments = [
            "build",
            "--release",
            "--quiet",
            "--package",
            "camera-viewer",
        ];
        process::run(repository::cargo(root).args(arguments))?;

        announce("build: camera (Object Pascal)");
        let units = products.folder.join("units");
        fs::create_dir_all(&units).map_err(|why| format!("{}: {why}", units.display()))?;
        let mut compiler = Command::new("fpc");
        compiler.args(["-O3", "-v0e", "-l-"]);
        compiler.arg(format!("-Fu{}", root.join("bindings/pascal").display()));
        compiler.arg(format!("-Fl{}", products.libraries.display()));
        compiler.arg(format!("-FU{}", units.display()));
        compiler.arg(format!("-o{}", products.camera.display()));
        process::run(compiler.arg(sources.join("camera.pas")))?;

        announce("pictures: photographs from the scikit-image package");
        let mut pictures = Command::new(&products.interpreter);
        pictures
            .arg(sources.join("pictures.py"))
            .arg(&products.wall);
        process::run(&mut pictures)?;
        Ok(products)
    }

    /// What the viewer leaves.
    fn report(&self) -> PathBuf {
        self.folder.join("report.html")
    }

    /// The report of this run is not to be mistaken for an earlier one's.
    fn remove_report(&self) -> Result<(), String> {
        match fs::remove_file(self.report()) {
            Err(why) if why.kind() != ErrorKind::NotFound => {
                Err(format!("{}: {why}", self.report().display()))
            }
            _ => Ok(()),
        }
    }

    /// The check needs pictures of which it knows where the face is.
    fn programs(&self, directory: &ChannelDirectory, is_check: bool) -> Three {
        let program = |name, command: &mut Command, show| {
            command
                .env("SIPC_DIR", &directory.path)
                .env("LD_LIBRARY_PATH", &self.libraries);
            Program::new(name, command, show)
        };
        let mut camera = Command::new(&self.camera);
        let mut detector = Command::new(&self.interpreter);
        let mut viewer = Command::new(&self.viewer);
        camera.arg(&self.wall);
        let mut viewer_shows = Show::Output;
        if is_check {
            camera.arg("--no-device");
            viewer_shows = Show::Words;
        }
        Three {
            camera: program("camera", &mut camera, Show::Words),
            detector: program("detector", detector.arg(&self.detector), Show::Words),
            viewer: program("viewer", viewer.arg(&self.folder), viewer_shows),
        }
    }
}

/// A directory for this run's channels alone, in shared memory; removed at the end.
struct ChannelDirectory {
    path: PathBuf,
}

impl ChannelDirectory {
    fn make() -> Result<ChannelDirectory, String> {
        let path = PathBuf::from(format!("/dev/shm/simpleipc-demo-{}", std::process::id()));
        let made = fs::DirBuilder::new().mode(0o700).create(&path);
        made.map_err(|why| format!("{}: {why}", path.display()))?;
        Ok(ChannelDirectory { path })
    }

    /// The last program out removes the channels' files.
    fn expect_empty(&self) -> Result<(), String> {
        let failed = |why| format!("{}: {why}", self.path.display());
        let entries = fs::read_dir(&self.path).map_err(failed)?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let left = names.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("left in shared memory: {left:?}"))
        }
    }
}

impl Drop for ChannelDirectory {
    fn drop(&mut self) {
        // Nothing can be done about a failure, and the run's own outcome matters more.
        let _ = fs::remove_dir_all(&self.path);
    }
}
