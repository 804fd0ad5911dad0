//! `cargo xtask demo --check`: is the face where it should be, is every frame whole, and does
//! killing one program leave the other two alone?

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{ChannelDirectory, Interruption, Products, Three};
use crate::process::{announce, output};

/// How long the three run undisturbed.
const STEADY: Duration = Duration::from_secs(10);
/// How long the other two are watched while one is dead.
const WITHOUT_ONE: Duration = Duration::from_millis(1500);
/// How long a program may take to start; Python with OpenCV on a busy machine is slow.
const START_TIME: Duration = Duration::from_secs(30);
/// Programs print their figures every half second.
const FIGURES_AGE: Duration = Duration::from_millis(1100);
/// The camera makes 60 a second; a machine busy with other things may skip some.
const FRAMES_PER_SECOND_MIN: f64 = 45.0;
/// The share of the frames looked at in which the face must be found where it is.
const FOUND_SHARE_MIN: f64 = 0.95;
const DETECTIONS_MIN: f64 = 50.0;
/// So many frames in `WITHOUT_ONE` show that a program goes on.
const FRAMES_MIN: f64 = 10.0;

const AUDIT: &str = "import simpleipc as ipc
channels = sorted(ipc.audit(), key=lambda channel: channel['name'])
print(*(channel['name'] for channel in channels), 'audited')
for channel in channels:
    for leak in channel['leaks']:
        print(channel['name'], leak)
";
const AUDIT_OF_SOUND_TOPICS: &str = "boxes camera audited\n";

/// The check under way.
pub struct Check<'a> {
    pub three: Three,
    pub products: &'a Products,
    pub directory: &'a ChannelDirectory,
    pub interruption: &'a Interruption,
    /// Checks that failed so far.
    pub failed: u32,
}

impl Check<'_> {
    /// Runs every check and fails if one of them did.
    pub fn run(mut self) -> Result<(), String> {
        announce("check: camera, detector and viewer together");
        self.three.start()?;
        self.wait_for("the first boxes", |three| {
            three.viewer.figure("boxes") > 0.0
        })?;
        self.steady()?;

        announce("check: each of them is killed and started again");
        self.kill_detector()?;
        self.kill_viewer()?;
        self.kill_camera()?;
        self.three.expect_running()?;

        announce("check: the end");
        self.soundness("detector");
        self.soundness("viewer");
        self.three.camera.stop()?;
        self.three.detector.stop()?;
        let audit = self.audit()?;
        self.verdict(
            "nothing is leaked",
            audit == AUDIT_OF_SOUND_TOPICS,
            audit.trim_end(),
        );
        self.three.viewer.stop()?;
        let bytes = fs::metadata(self.products.report()).map_or(0, |metadata| metadata.len());
        let size = format!("{} kB", bytes / 1000);
        self.verdict("the report is written", bytes > 0, &size);
        let left = self.directory.expect_empty();
        self.verdict(
            "nothing is left",
            left.is_ok(),
            &left.err().unwrap_or_default(),
        );
        match self.failed {
            0 => Ok(()),
            1 => Err("1 check failed".to_owned()),
            count => Err(format!("{count} checks failed")),
        }
    }

    fn steady(&mut self) -> Result<(), String> {
        let start = Instant::now();
        let frames_before = self.three.camera.figure("frames");
        self.interruption.sleep(STEADY)?;
        self.three.expect_running()?;

        let Three { camera, viewer, .. } = &self.three;
        let frames = camera.figure("frames") - frames_before;
        let per_second = frames / start.elapsed().as_secs_f64();
        let pace = format!(
            "{per_second:.1} frames per second, {} left out, the latest {} us late",
            camera.figure("skipped"),
            camera.figure("lateness_us")
        );
        let (found, expected) = (viewer.figure("found"), viewer.figure("expected"));
        let is_found = expected >= DETECTIONS_MIN && found >= expected * FOUND_SHARE_MIN;
        let place = format!("in {found} of {expected} frames looked at");
        let is_measured = viewer.figure("frame_p50_us") > 0.0 && viewer.figure("box_p50_ms") > 0.0;
        let latencies = format!(
            "frames p50 {} us, p99 {} us; capture to box p50 {} ms, p99 {} ms",
            viewer.figure("frame_p50_us"),
            viewer.figure("frame_p99_us"),
            viewer.figure("box_p50_ms"),
            viewer.figure("box_p99_ms"),
        );
        self.verdict(
            "the camera keeps its pace",
            per_second >= FRAMES_PER_SECOND_MIN,
            &pace,
        );
        self.verdict(
            "the expected face is found at the expected place",
            is_found,
            &place,
        );
        self.verdict("latencies are measured", is_measured, &latencies);
        self.soundness("detector");
        self.soundness("viewer");
        Ok(())
    }

    /// What must hold at every moment, whoever has died.
    fn soundness(&mut self, name: &str) {
        let reader = match name {
            "detector" => &self.three.detector,
            _ => &self.three.viewer,
        };
        let [frames, torn, missed, miscounted] =
            ["frames", "torn", "missed", "miscounted"].map(|key| reader.figure(key));
        self.verdict(
            &format!("every frame is whole in the {name}"),
            frames > 0.0 && torn == 0.0,
            &format!("{torn} torn of {frames}"),
        );
        self.verdict(
            &format!("the {name} counts its misses right"),
            frames > 0.0 && miscounted == 0.0,
            &format!("{missed} missed, {miscounted} times miscounted"),
        );
    }

    fn kill_detector(&mut self) -> Result<(), String> {
        self.three.detector.kill()?;
        let before = self.frames();
        self.interruption.sleep(WITHOUT_ONE)?;
        self.three.camera.expect_running()?;
        self.three.viewer.expect_running()?;
        let [camera, _, viewer] = self.frames_since(before);
        self.went_on("detector killed: camera and viewer go on", [camera, viewer]);

        let boxes = self.three.viewer.figure("boxes");
        self.three.detector.start()?;
        let are_there = |three: &Three| three.viewer.figure("boxes") > boxes + 10.0;
        let time = self.wait_for("boxes of the new detector", are_there)?;
        self.verdict("detector restarted: boxes arrive again", true, &time);
        Ok(())
    }

    fn kill_viewer(&mut self) -> Result<(), String> {
        // The restarted one counts from 0.
        self.soundness("viewer");
        self.three.viewer.kill()?;
        let before = self.frames();
        self.interruption.sleep(WITHOUT_ONE)?;
        self.three.camera.expect_running()?;
        self.three.detector.expect_running()?;
        let [camera, detector, _] = self.frames_since(before);
        self.went_on(
            "viewer killed: camera and detector go on",
            [camera, detector],
        );

        self.three.viewer.start()?;
        let are_there = |three: &Three| three.viewer.figure("boxes") > 10.0;
        let time = self.wait_for("boxes in the new viewer", are_there)?;
        self.verdict(
            "viewer restarted: frames and boxes arrive again",
            true,
            &time,
        );
        Ok(())
    }

    fn kill_camera(&mut self) -> Result<(), String> {
        self.three.camera.kill()?;
        self.interruption.sleep(WITHOUT_ONE)?;
        self.three.detector.expect_running()?;
        self.three.viewer.expect_running()?;
        self.verdict(
            "camera killed: detector and viewer wait for another",
            true,
            "",
        );

        let before = self.frames();
        let boxes = self.three.viewer.figure("boxes");
        self.three.camera.start()?;
        let are_there = |three: &Three| three.viewer.figure("boxes") > boxes + 10.0;
        self.wait_for("boxes in frames of the new camera", are_there)?;
        self.interruption.sleep(FIGURES_AGE)?;
        let [_, detector, viewer] = self.frames_since(before);
        self.went_on(
            "camera restarted: detector and viewer take its frames",
            [detector, viewer],
        );
        Ok(())
    }

    /// What the library's audit says of the channels.
    fn audit(&self) -> Result<String, String> {
        let mut python = Command::new(&self.products.interpreter);
        python
            .args(["-c", AUDIT])
            .env("SIPC_DIR", &self.directory.path);
        output(&mut python)
    }

    /// Frames so far of the camera, the detector and the viewer.
    fn frames(&self) -> [f64; 3] {
        let Three {
            camera,
            detector,
            viewer,
        } = &self.three;
        [camera, detector, viewer].map(|program| program.figure("frames"))
    }

    fn frames_since(&self, before: [f64; 3]) -> [f64; 3] {
        let after = self.frames();
        [0, 1, 2].map(|index| after[index] - before[index])
    }

    /// Says how long it took.
    fn wait_for(&self, what: &str, is_there: impl Fn(&Three) -> bool) -> Result<String, String> {
        let start = Instant::now();
        while !is_there(&self.three) {
            if start.elapsed() > START_TIME {
                return Err(format!(
                    "{what} did not come within {} s",
                    START_TIME.as_secs()
                ));
            }
            self.interruption.sleep(Duration::from_millis(50))?;
        }
        Ok(format!("after {:.1} s", start.elapsed().as_secs_f64()))
    }

    fn went_on(&mut self, what: &str, frames: [f64; 2]) {
        let details = format!("{} and {} frames", frames[0], frames[1]);
        self.verdict(
            what,
            frames.iter().all(|&count| count >= FRAMES_MIN),
            &details,
        );
    }

    /// Says the outcome of one check in a line.
    fn verdict(&mut self, what: &str, holds: bool, details: &str) {
        self.failed += u32::from(!holds);
        let word = if holds { "ok  " } else { "FAIL" };
        let separator = if details.is_empty() { "" } else { ": " };
        println!("  {word}  {what}{separator}{details}");
    }
}
