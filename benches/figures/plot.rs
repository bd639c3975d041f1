//! Curves into an SVG: panels with two logarithmic axes, two to a row. Light or dark is the viewer's choice; series
//! differ by shape as well as by colour. It knows nothing of what is drawn.

use std::fmt::Write;

/// How wide a panel is with its labels, and how high; px.
const PANEL: (f64, f64) = (500.0, 350.0);

/// Where the axes of a panel lie within it: left, top, right, bottom; px from its edges.
const INSET: (f64, f64, f64, f64) = (70.0, 64.0, 30.0, 52.0);

/// What stands above and below the panels, px.
const HEAD: f64 = 44.0;
const FOOT: f64 = 34.0;

/// How many decades an axis may have until only whole ones are labelled.
const DECADES_WITH_STEPS: f64 = 2.0;

const STYLE: &str = "
text { font-family: system-ui, sans-serif; font-size: 13px; fill: #24292f; }
.title { font-size: 17px; font-weight: 600; }
.panel { font-size: 14px; font-weight: 600; }
.small { font-size: 12px; fill: #57606a; }
.ground { fill: #ffffff; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.axis { stroke: #57606a; stroke-width: 1; fill: none; }
.line { fill: none; stroke-width: 2.2; }
.s0 { stroke: #0969da; } .m0 { fill: #0969da; }
.s1 { stroke: #bc4c00; } .m1 { fill: #bc4c00; }
.s2 { stroke: #1a7f37; } .m2 { fill: #1a7f37; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.small { fill: #9da7b1; }
.ground { fill: #0d1117; }
.grid { stroke: #30363d; }
.axis { stroke: #9da7b1; }
.s0 { stroke: #58a6ff; } .m0 { fill: #58a6ff; }
.s1 { stroke: #f0883e; } .m1 { fill: #f0883e; }
.s2 { stroke: #56d364; } .m2 { fill: #56d364; }
}
";

/// How the numbers of an axis are written.
#[derive(Clone, Copy)]
pub enum Scale {
    /// 10 k, 1 M.
    Count,
    /// 10 KB, 1 MB.
    Bytes,
}

/// What is drawn.
pub struct Plot {
    pub title: String,
    /// What all panels have on their x axis.
    pub x: &'static str,
    pub scale: Scale,
    pub panels: Vec<Panel>,
    /// Where it was measured, and how.
    pub caption: String,
}

/// A picture of its own.
pub struct Panel {
    /// What is on its y axis, with the unit.
    pub y: &'static str,
    pub series: Vec<Series>,
}

/// A curve.
pub struct Series {
    pub name: &'static str,
    pub points: Vec<(f64, f64)>,
}

/// A logarithmic axis: which values lie where.
struct Axis {
    from: f64,
    decades: f64,
    start_px: f64,
    length_px: f64,
}

impl Axis {
    /// From the last 1, 2 or 5 of a decade below the values to the first one above them, at least a decade.
    fn over(values: impl Iterator<Item = f64>, start_px: f64, length_px: f64) -> Axis {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            (least, most) = (least.min(value), most.max(value));
        }
        assert!(most > 0.0, "there is something to draw");
        let steps: Vec<f64> = (-60..70).map(step).collect();
        let from = steps.iter().rev().find(|&&step| step <= least * 1.001).copied().unwrap_or(least);
        let wide = most.max(from * 9.9);
        let to = steps.iter().find(|&&step| step >= wide * 0.999).copied().unwrap_or(wide);
        Axis { from, decades: (to / from).log10(), start_px, length_px }
    }

    fn at(&self, value: f64) -> f64 {
        self.start_px + self.length_px * (value / self.from).log10() / self.decades
    }

    /// Where a line of the grid is.
    fn ticks(&self) -> Vec<f64> {
        let only_decades = self.decades > DECADES_WITH_STEPS;
        let end = self.from * 10_f64.powf(self.decades) * 1.001;
        (-60..70)
            .filter(|number| !only_decades || number % 3 == 0)
            .map(step)
            .filter(|tick| *tick >= self.from * 0.999 && *tick <= end)
            .collect()
    }
}

/// The steps of a logarithmic axis: …, 0.5, 1, 2, 5, 10, …
fn step(number: i32) -> f64 {
    [1.0, 2.0, 5.0][number.rem_euclid(3) as usize] * 10_f64.powi(number.div_euclid(3))
}

fn written(value: f64, scale: Scale) -> String {
    let (units, blank) = match scale {
        Scale::Count => (["", " k", " M", " G"], ""),
        Scale::Bytes => ([" B", " KB", " MB", " GB"], " "),
    };
    let power = if value < 1.0 {
        0
    } else {
        ((value.log10() + 1e-9) / 3.0).floor().min(3.0) as usize
    };
    let rounded = format!("{:.6}", value / 1_000_f64.powi(power as i32));
    let digits = rounded.trim_end_matches('0').trim_end_matches('.');
    format!("{digits}{}", units[power]).trim_end_matches(blank).to_string()
}

impl Plot {
    pub fn svg(&self) -> String {
        let columns = self.panels.len().min(2);
        let rows = self.panels.len().div_ceil(2);
        let (width, height) = (PANEL.0 * columns as f64, HEAD + PANEL.1 * rows as f64 + FOOT);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n",
            escaped(&self.title)
        );
        text(&mut svg, "title", "start", (20.0, 29.0), &self.title);
        for (number, panel) in self.panels.iter().enumerate() {
            let corner = (PANEL.0 * (number % 2) as f64, HEAD + PANEL.1 * (number / 2) as f64);
            self.draw(&mut svg, panel, corner);
        }
        text(&mut svg, "small", "start", (20.0, height - 14.0), &self.caption);
        svg.push_str("</svg>\n");
        svg
    }

    fn draw(&self, svg: &mut String, panel: &Panel, corner: (f64, f64)) {
        let (left, top) = (corner.0 + INSET.0, corner.1 + INSET.1);
        let (right, bottom) = (corner.0 + PANEL.0 - INSET.2, corner.1 + PANEL.1 - INSET.3);
        let points = || panel.series.iter().flat_map(|series| series.points.iter());
        let x = Axis::over(points().map(|point| point.0), left, right - left);
        let y = Axis::over(points().map(|point| point.1), bottom, top - bottom);
        for tick in x.ticks() {
            line(svg, "grid", (x.at(tick), top), (x.at(tick), bottom));
            text(svg, "", "middle", (x.at(tick), bottom + 18.0), &written(tick, self.scale));
        }
        for tick in y.ticks() {
            line(svg, "grid", (left, y.at(tick)), (right, y.at(tick)));
            text(svg, "", "end", (left - 7.0, y.at(tick) + 4.5), &written(tick, Scale::Count));
        }
        let _infallible =
            writeln!(svg, "<path class=\"axis\" d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\"/>");
        text(svg, "panel", "start", (left - 50.0, corner.1 + 22.0), panel.y);
        text(svg, "small", "middle", (f64::midpoint(left, right), bottom + 38.0), self.x);
        let mut at = left;
        for (number, series) in panel.series.iter().enumerate() {
            curve(svg, number, series, &x, &y);
            mark(svg, number, (at + 6.0, corner.1 + 44.0), "");
            text(svg, "", "start", (at + 17.0, corner.1 + 48.5), series.name);
            at += 40.0 + 6.9 * series.name.chars().count() as f64;
        }
    }
}

fn curve(svg: &mut String, number: usize, series: &Series, x: &Axis, y: &Axis) {
    let drawn = || series.points.iter().filter(|point| point.0 > 0.0 && point.1 > 0.0);
    let path: Vec<String> =
        drawn().map(|point| format!("{:.1} {:.1}", x.at(point.0), y.at(point.1))).collect();
    let _infallible = writeln!(svg, "<path class=\"line s{number}\" d=\"M{}\"/>", path.join("L"));
    for point in drawn() {
        let told = format!("{}: {:.4} at {:.0}", series.name, point.1, point.0);
        mark(svg, number, (x.at(point.0), y.at(point.1)), &told);
    }
}

/// A point of a series, in its shape. What it tells shows under a pointer.
fn mark(svg: &mut String, number: usize, (x, y): (f64, f64), told: &str) {
    let shape = match number {
        0 => format!("<circle class=\"m0\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\""),
        1 => format!(
            "<rect class=\"m1\" x=\"{:.1}\" y=\"{:.1}\" width=\"8.4\" height=\"8.4\"",
            x - 4.2,
            y - 4.2
        ),
        _ => format!("<path class=\"m2\" d=\"M{x:.1} {:.1}l5 9h-10z\"", y - 5.5),
    };
    let _infallible = if told.is_empty() {
        writeln!(svg, "{shape}/>")
    } else {
        let end = shape[1..].split(' ').next().unwrap_or_default();
        writeln!(svg, "{shape}><title>{}</title></{end}>", escaped(told))
    };
}

fn line(svg: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    let _infallible = writeln!(
        svg,
        "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn text(svg: &mut String, class: &str, anchor: &str, (x, y): (f64, f64), words: &str) {
    let _infallible = writeln!(
        svg,
        "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
        escaped(words)
    );
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
