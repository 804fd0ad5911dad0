//! A latency chart as SVG text: one dot per message, two lines for the percentiles.

use crate::figures::{Sample, in_words, percentiles};
use std::fmt::Write;

/// How the vertical axis is divided.
#[derive(Clone, Copy, PartialEq)]
pub enum Scale {
    /// From 0 up, for latencies of one order of magnitude.
    Linear,
    /// Decades, for latencies with rare outliers.
    Logarithmic,
}

/// What a chart shows.
pub struct Chart<'a> {
    pub samples: &'a [Sample],
    pub scale: Scale,
}

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 98.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 40.0;
/// More dots than this make the file large and the picture no clearer; slow ones are all kept.
const DOTS_MAX: usize = 6000;
/// Labels at the right closer than this would overlap.
const LABEL_GAP: f64 = 15.0;

impl Chart<'_> {
    /// The chart as one `<svg>` element, coloured by the page's style.
    pub fn svg(&self) -> String {
        let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n");
        if self.samples.is_empty() {
            let _ = writeln!(
                svg,
                "<text x=\"{LEFT}\" y=\"40\">nothing was received</text></svg>"
            );
            return svg;
        }
        let axes = Axes::over(self);
        axes.draw(&mut svg);
        self.draw_dots(&mut svg, &axes);
        self.draw_percentiles(&mut svg, &axes);
        svg.push_str("</svg>\n");
        svg
    }

    fn draw_dots(&self, svg: &mut String, axes: &Axes) {
        let (_, p99) = percentiles(self.samples);
        let step = self.samples.len().div_ceil(DOTS_MAX);
        svg.push_str("<path class=\"dots\" d=\"");
        for (index, sample) in self.samples.iter().enumerate() {
            if index % step == 0 || sample.latency_ns > p99 {
                let (x, y) = (axes.x(sample.at_ns), axes.y(sample.latency_ns as f64));
                let _ = write!(svg, "M{x:.1} {y:.1}h0");
            }
        }
        svg.push_str("\"/>\n");
    }

    fn draw_percentiles(&self, svg: &mut String, axes: &Axes) {
        let (p50, p99) = percentiles(self.samples);
        let mut label_y = f64::INFINITY;
        for (name, latency_ns) in [("p50", p50), ("p99", p99)] {
            let y = axes.y(latency_ns as f64);
            label_y = (y + 4.0).min(label_y - LABEL_GAP);
            let right = WIDTH - RIGHT;
            let _ = writeln!(
                svg,
                "<path class=\"{name}\" d=\"M{LEFT} {y:.1}H{right}\"/>\
                 <text class=\"{name}\" x=\"{:.1}\" y=\"{label_y:.1}\">{name} {}</text>",
                right + 8.0,
                in_words(latency_ns),
            );
        }
    }
}

/// Where times and latencies lie on the drawing.
struct Axes {
    start_ns: i64,
    seconds: f64,
    scale: Scale,
    /// Ends of the vertical axis, in nanoseconds.
    low: f64,
    high: f64,
}

impl Axes {
    fn over(chart: &Chart) -> Axes {
        let start_ns = chart.samples[0].at_ns;
        let end_ns = chart.samples[chart.samples.len() - 1].at_ns;
        let latencies = chart
            .samples
            .iter()
            .map(|sample| sample.latency_ns.max(1) as f64);
        let least = latencies.clone().fold(f64::INFINITY, f64::min);
        let most = latencies.fold(0.0, f64::max);
        let (low, high) = match chart.scale {
            Scale::Linear => {
                let step = round_step(most / 4.0);
                (0.0, step * (most / step).ceil())
            }
            Scale::Logarithmic => {
                let low = 10f64.powf(least.log10().floor());
                (low, 10f64.powf(most.log10().ceil()).max(low * 10.0))
            }
        };
        let seconds = ((end_ns - start_ns) as f64 / 1e9).max(1.0);
        Axes {
            start_ns,
            seconds,
            scale: chart.scale,
            low,
            high,
        }
    }

    fn x(&self, at_ns: i64) -> f64 {
        self.x_of_second((at_ns - self.start_ns) as f64 / 1e9)
    }

    fn x_of_second(&self, second: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * second / self.seconds
    }

    fn y(&self, latency_ns: f64) -> f64 {
        let latency_ns = latency_ns.max(1.0);
        let share = match self.scale {
            Scale::Linear => latency_ns / self.high,
            Scale::Logarithmic => (latency_ns / self.low).log10() / (self.high / self.low).log10(),
        };
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    }

    fn draw(&self, svg: &mut String) {
        let (right, floor) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for value in self.ticks() {
            let y = self.y(value);
            let _ = writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>\
                 <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                tick_label(value),
            );
        }
        let step = round_step(self.seconds / 8.0).max(1.0);
        let mut second = 0.0;
        while second <= self.seconds {
            let x = self.x_of_second(second);
            let _ = writeln!(
                svg,
                "<text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{second} s\
                 </text>",
                floor + 22.0,
            );
            second += step;
        }
    }

    fn ticks(&self) -> Vec<f64> {
        let mut ticks = vec![self.low];
        let step = round_step(self.high / 4.0);
        while let Some(&last) = ticks.last()
            && last < self.high * 0.999
        {
            ticks.push(if self.scale == Scale::Linear {
                last + step
            } else {
                last * 10.0
            });
        }
        ticks
    }
}

/// The next number above among 1, 2, 5, 10, 20, 50, ...
fn round_step(least: f64) -> f64 {
    let decade = 10f64.powf(least.max(1e-9).log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|factor| factor * decade >= least * 0.999);
    factor.unwrap_or(10.0) * decade
}

/// A round duration, without decimals it does not need.
fn tick_label(ns: f64) -> String {
    match ns {
        0.0 => "0".to_owned(),
        ..1e3 => format!("{ns} ns"),
        ..1e6 => format!("{} us", ns / 1e3),
        _ => format!("{} ms", ns / 1e6),
    }
}
