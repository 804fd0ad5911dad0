//! `sipc show`: one message in detail.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use simpleipc::{Dtype, Message, Options, Pattern, Subscriber, Tensor, Value, Watcher};

use crate::channels::{options, seconds};
use crate::failure::{Exit, Failure};
use crate::output::print;
use crate::table::{size, span};

/// Show the newest message of a topic, or the value of a state, in detail, without taking part.
#[derive(clap::Args)]
pub struct Arguments {
    /// The name of the channel
    channel: String,
    /// Wait so long for a message
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "5")]
    timeout: Duration,
    /// Write a tensor of 8-bit pixels to this file, as a picture
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, dir: Option<&Path>) -> Result<Exit, Failure> {
    let name = &arguments.channel;
    let pattern = simpleipc::audit(name, dir)?.and_then(|report| report.pattern);
    let timeout = Some(arguments.timeout);
    let message = match pattern {
        Some(Pattern::State) => Watcher::open(name, &options(dir))?.get_timeout(timeout)?,
        Some(Pattern::Topic) | None => {
            let tap = Options {
                tap: true,
                history: 1,
                ..options(dir)
            };
            Subscriber::open(name, &tap)?.receive_timeout(timeout)?
        }
        Some(pattern) => {
            return Err(Failure::usage(format!(
                "'{name}' is a {pattern}, whose messages can only be taken; show is for topics \
                 and states"
            )));
        }
    };
    let value = message.value()?;
    print(&describe(&message, &value))?;
    match (&arguments.png, &value) {
        (None, _) => Ok(Exit::Done),
        (Some(path), Value::Tensor(tensor)) => write_png(tensor, path),
        (Some(_), _) => Err(Failure::usage("--png is for tensors, and this is none")),
    }
}

fn describe(message: &Message, value: &Value<'_>) -> String {
    let mut lines = vec![
        format!("sequence   {}", message.sequence()),
        format!("sender     {:#x}", message.sender()),
        format!("kind       {:?}", value.kind()),
    ];
    if let Some(age) = message.age() {
        lines.push(format!("age        {}", span(age.as_nanos() as i64)));
    }
    if message.capture_time_ns() != 0 {
        lines.push(format!("captured   at {} ns", message.capture_time_ns()));
    }
    match value {
        Value::Tensor(tensor) => lines.extend(tensor_lines(tensor)),
        Value::Bytes(data) => lines.push(format!("size       {}", size(data.len() as u64))),
        Value::Opaque(opaque) => {
            lines.push(format!("type       {}", opaque.content_type));
            lines.push(format!("size       {}", size(opaque.data.len() as u64)));
        }
        value => lines.push(format!("value      {value:?}")),
    }
    lines.join("\n") + "\n"
}

fn tensor_lines(tensor: &Tensor<'_>) -> Vec<String> {
    let shape: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
    let mut lines = vec![
        format!("dtype      {:?}", tensor.dtype),
        format!("shape      {}", shape.join(" x ")),
        format!("size       {}", size(tensor.data.len() as u64)),
    ];
    if !tensor.format.is_empty() {
        lines.push(format!("format     {}", tensor.format));
    }
    if let Some((least, most, mean)) = statistics(tensor) {
        lines.push(format!("range      {least} .. {most}, mean {mean:.4}"));
    }
    lines
}

/// The least, the largest and the mean of numbers of a size that is known here.
fn statistics(tensor: &Tensor<'_>) -> Option<(f64, f64, f64)> {
    let dense = tensor.to_dense().ok()?;
    let data = &dense.data;
    macro_rules! numbers {
        ($kind:ty) => {{
            let (chunks, _) = data.as_chunks::<{ size_of::<$kind>() }>();
            chunks
                .iter()
                .map(|bytes| <$kind>::from_ne_bytes(*bytes) as f64)
                .collect()
        }};
    }
    let numbers: Vec<f64> = match tensor.dtype {
        Dtype::Bool | Dtype::U8 => data.iter().map(|byte| f64::from(*byte)).collect(),
        Dtype::I8 => numbers!(i8),
        Dtype::U16 => numbers!(u16),
        Dtype::I16 => numbers!(i16),
        Dtype::U32 => numbers!(u32),
        Dtype::I32 => numbers!(i32),
        Dtype::U64 => numbers!(u64),
        Dtype::I64 => numbers!(i64),
        Dtype::F32 => numbers!(f32),
        Dtype::F64 => numbers!(f64),
        _ => return None,
    };
    let least = numbers.iter().copied().reduce(f64::min)?;
    let most = numbers.iter().copied().reduce(f64::max)?;
    Some((
        least,
        most,
        numbers.iter().sum::<f64>() / numbers.len() as f64,
    ))
}

fn write_png(tensor: &Tensor<'_>, path: &Path) -> Result<Exit, Failure> {
    let (height, width, channels) = match tensor.shape[..] {
        [height, width] => (height, width, 1),
        [height, width, channels @ (1 | 3 | 4)] => (height, width, channels),
        _ => return Err(not_pixels(tensor)),
    };
    let fits = |side| u32::try_from(side).ok().filter(|side| *side > 0);
    let (Some(width), Some(height), Dtype::U8) = (fits(width), fits(height), tensor.dtype) else {
        return Err(not_pixels(tensor));
    };
    let mut pixels = tensor.to_dense()?.data.into_owned();
    if tensor.format.starts_with("bgr") {
        for pixel in pixels.chunks_exact_mut(channels as usize) {
            pixel.swap(0, 2);
        }
    }
    let failed = |why: &dyn std::fmt::Display| {
        Failure::new(Exit::System, format!("{}: {why}", path.display()))
    };
    let file = File::create(path).map_err(|why| failed(&why))?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), width, height);
    encoder.set_color(match channels {
        1 => png::ColorType::Grayscale,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Rgba,
    });
    let mut writer = encoder.write_header().map_err(|why| failed(&why))?;
    writer
        .write_image_data(&pixels)
        .map_err(|why| failed(&why))?;
    writer.finish().map_err(|why| failed(&why))?;
    Ok(Exit::Done)
}

fn not_pixels(tensor: &Tensor<'_>) -> Failure {
    Failure::usage(format!(
        "a picture is a tensor of U8 and shape H x W, or H x W x 1, 3 or 4; this is {:?} of {:?}",
        tensor.dtype,
        &tensor.shape[..]
    ))
}
