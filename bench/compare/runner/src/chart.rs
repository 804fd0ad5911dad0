//! Charts, as SVG: latencies, stream rates and frame times. SimpleIPC stands out, limits stand
//! back, and each bar bears its value, so that the axes need not be read.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::figures::Row;
use crate::table::quantity;

/// One chart of the report.
pub struct File {
    pub file: &'static str,
    pub title: &'static str,
}

pub const FILES: [File; 3] = [
    File {
        file: "latency.svg",
        title: "Latency of a 64-byte message",
    },
    File {
        file: "stream.svg",
        title: "Throughput by message size",
    },
    File {
        file: "frame.svg",
        title: "From filling a frame to having it",
    },
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const BACKGROUND: RGBColor = RGBColor(255, 255, 255);
const TEXT: RGBColor = RGBColor(32, 38, 46);
const FAINT: RGBColor = RGBColor(225, 229, 234);
const SUBJECT: RGBColor = RGBColor(0, 107, 166);
const LIMIT: RGBColor = RGBColor(205, 210, 216);
const PEER: RGBColor = RGBColor(140, 152, 166);
/// Lines of peers must be told apart.
const LINES: [RGBColor; 10] = [
    RGBColor(201, 112, 31),
    RGBColor(76, 139, 74),
    RGBColor(138, 84, 156),
    RGBColor(178, 58, 72),
    RGBColor(122, 98, 72),
    RGBColor(64, 145, 150),
    RGBColor(196, 150, 30),
    RGBColor(105, 118, 190),
    RGBColor(190, 96, 150),
    RGBColor(110, 120, 110),
];

const BAR_HEIGHT: i32 = 24;
const TITLE_HEIGHT: i32 = 40;
const AXIS_HEIGHT: i32 = 30;
const NAME_WIDTH: i32 = 150;
const PANEL_WIDTH: i32 = 460;

/// Draws all charts for which there are rows; the names of their files.
pub fn draw(rows: &[Row], folder: &Path) -> Result<Vec<&'static str>> {
    let rows: Vec<&Row> = rows
        .iter()
        .filter(|row| row.verified && row.language == "rust")
        .collect();
    let mut drawn = Vec::new();
    let latencies = vec![
        (
            "Receiver looks again and again",
            pick(&rows, "pingpong", "64 B", "spin"),
        ),
        (
            "Ordinary blocking receive",
            pick(&rows, "pingpong", "64 B", "block"),
        ),
    ];
    let frames = vec![
        (
            "720p frame copied out",
            pick(&rows, "frame", "copied 720p", "block"),
        ),
        (
            "4K frame copied out",
            pick(&rows, "frame", "copied 4K", "block"),
        ),
        (
            "4K frame copied while it is filled",
            pick(&rows, "frame", "follow 4K", "block"),
        ),
    ];
    for (file, panels) in [(&FILES[0], latencies), (&FILES[2], frames)] {
        if panels.iter().any(|(_, bars)| !bars.is_empty()) {
            bars_file(&folder.join(file.file), file.title, &panels)?;
            drawn.push(file.file);
        }
    }
    let streams = lines(&rows);
    if !streams.is_empty() {
        lines_file(&folder.join(FILES[1].file), FILES[1].title, &streams)?;
        drawn.push(FILES[1].file);
    }
    Ok(drawn)
}

/// The rows of one panel, best first.
fn pick<'a>(rows: &[&'a Row], work: &str, case: &str, mode: &str) -> Vec<&'a Row> {
    let fits = |row: &&&Row| {
        let is_asked = row.work == work && row.mode == mode && row.cores == "0/1";
        let is_limit = row.role == "limit" && row.work == work;
        is_asked && (row.case == case || is_limit && case.ends_with(&row.case)) && row.p50.is_some()
    };
    let mut found: Vec<&Row> = rows.iter().filter(fits).copied().collect();
    found.sort_by(|a, b| {
        a.p50
            .unwrap_or_default()
            .total_cmp(&b.p50.unwrap_or_default())
    });
    found
}

/// Panels of bars side by side, on a common logarithmic scale.
fn bars_file(path: &Path, title: &str, panels: &[(&str, Vec<&Row>)]) -> Result<()> {
    let most = panels.iter().map(|(_, bars)| bars.len()).max().unwrap_or(0) as i32;
    let width = PANEL_WIDTH * panels.len() as i32;
    let height = 2 * TITLE_HEIGHT + most * BAR_HEIGHT + AXIS_HEIGHT;
    let root = SVGBackend::new(path, (width as u32, height as u32)).into_drawing_area();
    root.fill(&BACKGROUND).map_err(failed)?;
    write(
        &root,
        title,
        (20, 12),
        &font(20, &TEXT).pos(at(HPos::Left, VPos::Top)),
    )?;
    let values = panels
        .iter()
        .flat_map(|(_, bars)| bars.iter().filter_map(|row| row.p50));
    let (low, high) = decades(values);
    for (index, (name, bars)) in panels.iter().enumerate() {
        let left = PANEL_WIDTH * index as i32;
        panel(&root, (left, TITLE_HEIGHT), name, bars, (low, high))?;
    }
    root.present().map_err(failed)
}

fn panel(
    root: &Area,
    (left, top): (i32, i32),
    name: &str,
    bars: &[&Row],
    (low, high): (i32, i32),
) -> Result<()> {
    let from = left + NAME_WIDTH;
    // Room for the value of the longest bar.
    let to = left + PANEL_WIDTH - 75;
    let place = |value: f64| {
        let share = (value.log10() - f64::from(low)) / f64::from(high - low);
        from + (share * f64::from(to - from)).round() as i32
    };
    write(
        root,
        name,
        (from, top + 8),
        &font(15, &TEXT).pos(at(HPos::Left, VPos::Top)),
    )?;
    let first = top + TITLE_HEIGHT;
    let bottom = first + bars.len() as i32 * BAR_HEIGHT;
    let below = font(12, &PEER).pos(at(HPos::Center, VPos::Top));
    for decade in low..=high {
        let value = 10_f64.powi(decade);
        let x = place(value);
        line(root, &[(x, first - 4), (x, bottom + 2)], &FAINT, 1)?;
        write(root, &round(value), (x, bottom + 8), &below)?;
    }
    for (index, row) in bars.iter().enumerate() {
        let Some(value) = row.p50 else { continue };
        let y = first + index as i32 * BAR_HEIGHT;
        let (color, size) = (color_of(row), if row.role == "subject" { 14 } else { 13 });
        let bar = Rectangle::new(
            [(from, y + 3), (place(value), y + BAR_HEIGHT - 4)],
            color.filled(),
        );
        root.draw(&bar).map_err(failed)?;
        let middle = y + BAR_HEIGHT / 2;
        let text = if row.role == "subject" {
            &SUBJECT
        } else {
            &TEXT
        };
        let style = font(size, text);
        let right = style.clone().pos(at(HPos::Right, VPos::Center));
        write(root, &label(row), (from - 8, middle), &right)?;
        let shown = quantity(value, &row.unit, row.size);
        let beside = style.pos(at(HPos::Left, VPos::Center));
        write(root, &shown, (place(value) + 6, middle), &beside)?;
    }
    Ok(())
}

/// One system's rates by size.
struct Line<'a> {
    row: &'a Row,
    points: Vec<(u64, f64)>,
}

/// The streams of all systems to blocking receivers; limits spin, and stand for both.
fn lines<'a>(rows: &[&'a Row]) -> Vec<Line<'a>> {
    let mut found: Vec<Line> = Vec::new();
    let is_asked = |row: &&&Row| {
        row.work == "stream" && (row.mode == "block" || row.role == "limit") && row.cores == "0/1"
    };
    for row in rows.iter().filter(is_asked) {
        let Some(point) = row.size.zip(row.p50) else {
            continue;
        };
        match found.iter_mut().find(|line| line.row.system == row.system) {
            Some(line) => line.points.push(point),
            None => found.push(Line {
                row,
                points: vec![point],
            }),
        }
    }
    found
}

fn lines_file(path: &Path, title: &str, lines: &[Line]) -> Result<()> {
    const SIZE: (u32, u32) = (920, 560);
    const LEFT: i32 = 80;
    const RIGHT: i32 = 720;
    const TOP: i32 = 60;
    const BOTTOM: i32 = 500;
    const APART: i32 = 17;
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&BACKGROUND).map_err(failed)?;
    let heading = format!("{title} (messages per second, blocking receive)");
    write(
        &root,
        &heading,
        (20, 12),
        &font(20, &TEXT).pos(at(HPos::Left, VPos::Top)),
    )?;
    let (low, high) = decades(
        lines
            .iter()
            .flat_map(|l| l.points.iter().map(|point| point.1)),
    );
    let mut sizes: Vec<u64> = lines
        .iter()
        .flat_map(|l| l.points.iter().map(|p| p.0))
        .collect();
    sizes.sort_unstable();
    sizes.dedup();
    // Logarithmic, but with room for the sizes that are close to each other.
    let x_of = |size: u64| {
        let index = sizes.iter().position(|other| *other == size).unwrap_or(0) as i32;
        LEFT + index * (RIGHT - LEFT) / (sizes.len().max(2) as i32 - 1)
    };
    let y_of = |value: f64| {
        let share = (value.log10() - f64::from(low)) / f64::from(high - low);
        BOTTOM - (share * f64::from(BOTTOM - TOP)).round() as i32
    };
    let scale = font(13, &TEXT).pos(at(HPos::Right, VPos::Center));
    for decade in low..=high {
        let y = y_of(10_f64.powi(decade));
        line(&root, &[(LEFT, y), (RIGHT, y)], &FAINT, 1)?;
        let shown = quantity(10_f64.powi(decade), "msg/s", None);
        write(
            &root,
            &shown.replace(".00", "").replace(".0", ""),
            (LEFT - 8, y),
            &scale,
        )?;
    }
    let below = font(13, &TEXT).pos(at(HPos::Center, VPos::Top));
    for size in &sizes {
        write(
            &root,
            &format!("{size} B"),
            (x_of(*size), BOTTOM + 10),
            &below,
        )?;
    }
    let mut labels = Vec::new();
    let mut colors = LINES.iter().cycle();
    for one in lines {
        let color = match one.row.role.as_str() {
            "peer" => colors.next().unwrap_or(&PEER),
            _ => color_of(one.row),
        };
        let points: Vec<(i32, i32)> = one
            .points
            .iter()
            .map(|(size, rate)| (x_of(*size), y_of(*rate)))
            .collect();
        let width = if is_outstanding(one.row) { 4 } else { 2 };
        line(&root, &points, color, width)?;
        for point in &points {
            let dot = Circle::new(*point, width as i32 + 1, color.filled());
            root.draw(&dot).map_err(failed)?;
        }
        if let Some(last) = points.last() {
            labels.push((last.1, *last, one, color));
        }
    }
    // Names at the ends of the lines, moved apart where they would lie on one another: first
    // downwards, and from the lower edge upwards again.
    labels.sort_by_key(|label| label.0);
    let mut free = TOP - APART;
    for label in &mut labels {
        label.0 = label.0.max(free);
        free = label.0 + APART;
    }
    let mut free = BOTTOM;
    for label in labels.iter_mut().rev() {
        label.0 = label.0.min(free);
        free = label.0 - APART;
    }
    let style = |size, color| font(size, color).pos(at(HPos::Left, VPos::Center));
    for (y, end, one, color) in labels {
        line(&root, &[(end.0 + 5, end.1), (RIGHT + 22, y)], color, 1)?;
        let size = if is_outstanding(one.row) { 15 } else { 13 };
        // What stands back as a line would be hard to read as a word.
        let color = if one.row.role == "limit" {
            &PEER
        } else {
            color
        };
        write(&root, &label(one.row), (RIGHT + 27, y), &style(size, color))?;
    }
    root.present().map_err(failed)
}

/// The library as it is compared; its variants only have its colour.
fn is_outstanding(row: &Row) -> bool {
    row.system == "SimpleIPC"
}

fn label(row: &Row) -> String {
    match row.role.as_str() {
        "limit" => format!("limit: {}", row.system),
        _ => row.system.clone(),
    }
}

fn color_of(row: &Row) -> &'static RGBColor {
    match row.role.as_str() {
        "subject" => &SUBJECT,
        "limit" => &LIMIT,
        _ => &PEER,
    }
}

/// The powers of ten that enclose all values; never the same one twice.
fn decades(values: impl Iterator<Item = f64>) -> (i32, i32) {
    let (mut low, mut high) = (i32::MAX, i32::MIN);
    for value in values.filter(|value| *value > 0.0) {
        low = low.min(value.log10().floor() as i32);
        high = high.max(value.log10().ceil() as i32);
    }
    match low < high {
        true => (low, high),
        false if low == i32::MAX => (0, 1),
        false => (low, low + 1),
    }
}

/// A power of ten as a time.
fn round(value: f64) -> String {
    quantity(value, "ns", None)
        .replace(".00", "")
        .replace(".0", "")
}

fn font(size: i32, color: &RGBColor) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(color)
}

fn at(horizontal: HPos, vertical: VPos) -> Pos {
    Pos::new(horizontal, vertical)
}

fn write(root: &Area, text: &str, place: (i32, i32), style: &TextStyle) -> Result<()> {
    root.draw_text(text, style, place).map_err(failed)
}

fn line(root: &Area, points: &[(i32, i32)], color: &RGBColor, width: u32) -> Result<()> {
    let path = PathElement::new(points.to_vec(), color.stroke_width(width));
    root.draw(&path).map_err(failed)
}

fn failed(why: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("chart: {why}")
}
