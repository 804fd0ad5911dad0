//! The two topics: takes what arrives, checks it, and brings each set of boxes back to its frame.

use crate::drawing::Canvas;
use crate::figures::{Figures, Sample, in_words};
use crate::frame::{self, Rect, Stamp};
use simpleipc::{Message, Options, Status, Subscriber, Value, wait_any};
use std::collections::VecDeque;
use std::error::Error;
use std::time::Duration;

/// Frames held, in place, until their boxes come: enough for a detector that takes 200 ms.
const HELD_FRAMES: usize = 12;
/// A box is the expected face when the two have at least half of their common area in common.
const OVERLAP_MIN: f64 = 0.5;

/// What the viewer receives, and what it makes of it.
pub struct View {
    pub figures: Figures,
    frames: Subscriber,
    boxes: Subscriber,
    held: VecDeque<HeldFrame>,
    /// The last frame whose boxes came, with them.
    detected: Option<(HeldFrame, Detection)>,
}

/// A received frame; the message keeps its bytes in shared memory valid.
struct HeldFrame {
    stamp: Stamp,
    message: Message,
}

/// What the detector found in one frame.
struct Detection {
    frame: u64,
    boxes: Vec<Rect>,
    detect_ms: f64,
    capture_to_box_ns: i64,
}

impl View {
    /// Subscribes to both topics.
    pub fn open() -> simpleipc::Result<View> {
        Ok(View {
            figures: Figures::default(),
            frames: Subscriber::open("camera", &Options::default())?,
            boxes: Subscriber::open("boxes", &Options::default())?,
            held: VecDeque::with_capacity(HELD_FRAMES),
            detected: None,
        })
    }

    /// Waits for a message and takes one of each topic that has one.
    pub fn receive_some(&mut self, timeout: Duration) -> Result<(), Box<dyn Error>> {
        let ready = wait_any(&mut [&mut self.frames, &mut self.boxes], 0, Some(timeout));
        // One of each is taken below, so neither starves the other.
        if unless_retry(ready)?.is_none() {
            return Ok(());
        }
        if let Some(message) = unless_retry(self.frames.receive_timeout(Some(Duration::ZERO)))? {
            self.add_frame(message)?;
        }
        if let Some(message) = unless_retry(self.boxes.receive_timeout(Some(Duration::ZERO)))? {
            self.add_boxes(&message)?;
        }
        Ok(())
    }

    /// A copy of the last frame whose boxes came, with everything drawn on it.
    pub fn picture(&self) -> Result<Option<Canvas>, Box<dyn Error>> {
        let Some((held, detection)) = &self.detected else {
            return Ok(None);
        };
        let mut canvas = Canvas::copy_of(pixels(&held.message.value()?)?);
        if let Some(face) = held.stamp.face {
            canvas.mark_expected(face);
        }
        for place in &detection.boxes {
            canvas.mark_found(*place, "face");
        }
        canvas.caption(&format!(
            "frame {}  detected in {:.1} ms  capture to box {}",
            detection.frame,
            detection.detect_ms,
            in_words(detection.capture_to_box_ns),
        ));
        Ok(Some(canvas))
    }

    fn add_frame(&mut self, message: Message) -> Result<(), Box<dyn Error>> {
        let latency_ns = message.receive_time_ns() - message.publish_time_ns();
        let sample = Sample {
            at_ns: message.receive_time_ns(),
            latency_ns,
        };
        let (sender, sequence) = (message.sender(), message.sequence());
        self.figures
            .frames
            .add(sender, sequence, message.missed(), sample);
        let stamp = {
            let value = message.value()?;
            let frame = pixels(&value)?;
            let stamp = Stamp::of(frame);
            self.figures.torn += u64::from(!stamp.is_true_of(frame));
            stamp
        };
        if self.held.len() == HELD_FRAMES {
            self.held.pop_front();
        }
        self.held.push_back(HeldFrame { stamp, message });
        Ok(())
    }

    fn add_boxes(&mut self, message: &Message) -> Result<(), Box<dyn Error>> {
        // The detector hands the capture time of the frame on.
        let latency_ns = message.receive_time_ns() - message.capture_time_ns();
        let sample = Sample {
            at_ns: message.receive_time_ns(),
            latency_ns,
        };
        let (sender, sequence) = (message.sender(), message.sequence());
        self.figures
            .boxes
            .add(sender, sequence, message.missed(), sample);
        let detection = Detection::of(&message.value()?, latency_ns)
            .ok_or("the topic \"boxes\" carries something else than boxes")?;
        let position = self
            .held
            .iter()
            .position(|held| held.stamp.number == detection.frame);
        if let Some(held) = position.and_then(|position| self.held.remove(position)) {
            if let Some(face) = held.stamp.face {
                let is_found = |place: &Rect| place.overlap(&face) >= OVERLAP_MIN;
                self.figures.expected += 1;
                self.figures.found += u64::from(detection.boxes.iter().any(is_found));
            }
            self.detected = Some((held, detection));
        }
        Ok(())
    }
}

impl Detection {
    /// Reads the map that the detector publishes.
    fn of(value: &Value<'_>, capture_to_box_ns: i64) -> Option<Detection> {
        let Value::List(items) = field(value, "boxes")? else {
            return None;
        };
        let Value::Float(detect_ms) = *field(value, "detect_ms")? else {
            return None;
        };
        let rect = |item: &Value<'_>| {
            let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| int(item, name));
            Some(Rect {
                x: x?,
                y: y?,
                width: width?,
                height: height?,
            })
        };
        Some(Detection {
            frame: int(value, "frame")?.try_into().ok()?,
            boxes: items.iter().map(rect).collect::<Option<_>>()?,
            detect_ms,
            capture_to_box_ns,
        })
    }
}

fn field<'v>(value: &'v Value<'_>, name: &str) -> Option<&'v Value<'v>> {
    let Value::Map(pairs) = value else {
        return None;
    };
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

fn int(value: &Value<'_>, name: &str) -> Option<i64> {
    match field(value, name)? {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

/// The bytes of a frame.
fn pixels<'v>(value: &'v Value<'_>) -> Result<&'v [u8], &'static str> {
    match value {
        Value::Tensor(tensor) if tensor.data.len() == frame::BYTES && tensor.format == "rgb8" => {
            Ok(&tensor.data)
        }
        _ => Err("the topic \"camera\" carries something else than 1280 x 720 rgb8 frames"),
    }
}

/// Nothing instead of an error that only says "not now".
fn unless_retry<T>(result: simpleipc::Result<T>) -> simpleipc::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(why) if matches!(why.status(), Status::Timeout | Status::Interrupted) => Ok(None),
        Err(why) => Err(why),
    }
}
