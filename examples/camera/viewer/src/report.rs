//! What remains of a run: an annotated picture and one HTML page that needs no other file.

use crate::chart::{Chart, Scale};
use crate::drawing::Canvas;
use crate::figures::{Figures, in_words, percentiles};
use crate::frame::{BYTES, HEIGHT, WIDTH};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

const JPEG_QUALITY: u8 = 90;
const STYLE: &str = include_str!("report.css");

/// Writes `camera.jpg` and `report.html` into a folder; the result is the page's path.
pub fn write(
    folder: &Path,
    figures: &Figures,
    picture: Option<&Canvas>,
) -> Result<PathBuf, Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let mut figure = String::from("<p>No frame with boxes was received.</p>");
    if let Some(canvas) = picture {
        let jpeg = jpeg_of(canvas)?;
        fs::write(folder.join("camera.jpg"), &jpeg)?;
        figure = format!(
            "<figure><img alt=\"The last frame with its boxes\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" src=\"data:image/jpeg;base64,{}\">\n<figcaption>The last frame \
             with a detection. Amber: what the detector found. White: where the camera knows the \
             face to be.</figcaption></figure>",
            base64(&jpeg)
        );
    }
    let page = folder.join("report.html");
    fs::write(&page, html(figures, &figure))?;
    Ok(page)
}

fn html(figures: &Figures, figure: &str) -> String {
    let (frame_p50, frame_p99) = percentiles(&figures.frames.samples);
    let (box_p50, box_p99) = percentiles(&figures.boxes.samples);
    let tiles: String = [
        ("Frames received", figures.frames.received.to_string()),
        ("Missed", figures.frames.missed.to_string()),
        ("Torn", figures.torn.to_string()),
        (
            "Face found",
            format!("{} of {}", figures.found, figures.expected),
        ),
        ("Frame latency p50", in_words(frame_p50)),
        ("Frame latency p99", in_words(frame_p99)),
        ("Capture to box p50", in_words(box_p50)),
        ("Capture to box p99", in_words(box_p99)),
    ]
    .map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"))
    .concat();
    let frame_chart = Chart {
        samples: &figures.frames.samples,
        scale: Scale::Logarithmic,
    };
    let box_chart = Chart {
        samples: &figures.boxes.samples,
        scale: Scale::Linear,
    };
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>SimpleIPC camera \
         demo</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Camera to model and back</h1>\n\
         <p>An Object Pascal program draws {WIDTH} &times; {HEIGHT} RGB frames straight into \
         shared memory, a Python program looks for faces in each newest one without copying it, \
         and this Rust program received both. Each frame is {:.1} MB.</p>\n\
         <dl>\n{tiles}</dl>\n{figure}\n\
         <h2>Latency of a frame</h2>\n<p>From the moment the camera published it until this \
         program had it. Logarithmic scale.</p>\n{}\
         <h2>From capture to box</h2>\n<p>From the moment a frame was captured until this program \
         had the boxes found in it: drawing, waiting for the detector, detecting, and two \
         messages.</p>\n{}</main>\n</body>\n</html>\n",
        BYTES as f64 / 1e6,
        frame_chart.svg(),
        box_chart.svg(),
    );
    // The terminal may not know the micro sign; the page does.
    page.replace(" us<", " \u{b5}s<")
}

fn jpeg_of(canvas: &Canvas) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, JPEG_QUALITY);
    let (width, height) = (WIDTH as u16, HEIGHT as u16);
    encoder.encode(canvas.pixels(), width, height, jpeg_encoder::ColorType::Rgb)?;
    Ok(jpeg)
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) as usize & 63;
            text.push(if digit <= three.len() {
                DIGITS[value] as char
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_to_groups_of_four() {
        assert_eq!(
            ["", "M", "Ma", "Man"].map(|text| base64(text.as_bytes())),
            ["", "TQ==", "TWE=", "TWFu"]
        );
    }
}
