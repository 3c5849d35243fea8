//! Drawings in SVG, which follow the reader's light or dark theme.

use std::fmt::{Display, Write as _};

const STYLE: &str = "
text { font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; fill: #57606a }
.title { font-size: 16px; font-weight: 600; fill: #1f2328 }
.heading { font-size: 13px; font-weight: 600; fill: #1f2328 }
.strong { font-weight: 600; fill: #1f2328 }
.grid { stroke: #d0d7de; stroke-width: 1 }
.roster { fill: #c2571a } .limit { fill: #afb8c1 } .peer { fill: #6e8bb5 }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
.a { stroke: #6e8bb5 } .b { stroke: #c2571a } .c { stroke: #8250a5 }
.dot-a { fill: #6e8bb5 } .dot-b { fill: #c2571a } .dot-c { fill: #8250a5 }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 } .title, .heading, .strong { fill: #f0f6fc }
.grid { stroke: #3d444d } .roster { fill: #e8844a } .limit { fill: #59636e } .peer { fill: #5b7fb5 }
.a { stroke: #7d9ccb } .b { stroke: #e8844a } .c { stroke: #b083d0 }
.dot-a { fill: #7d9ccb } .dot-b { fill: #e8844a } .dot-c { fill: #b083d0 }
}";

/// A drawing.
pub(super) struct Drawing {
    width: f64,
    height: f64,
    body: String,
}

/// Where a text stands by its point.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Drawing {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { width, height, body: String::new() }
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.add(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" class="{class}">{text}</text>"#
        ));
    }

    pub(super) fn bar(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        self.add(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="2" class="{class}"/>"#
        ));
    }

    pub(super) fn rule(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        self.add(format_args!(r#"<line x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}" class="grid"/>"#));
    }

    pub(super) fn line(&mut self, points: &[(f64, f64)], class: &str) {
        let text = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
        self.add(format_args!(r#"<polyline points="{text}" class="line {class}"/>"#));
        for (x, y) in points {
            self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" class="dot-{class}"/>"#));
        }
    }

    fn add(&mut self, element: impl Display) {
        // Writing to a String can't fail.
        let _ = writeln!(self.body, "{element}");
    }

    /// The whole drawing, told to those who can't see it as `title`.
    pub(super) fn finish(self, title: &str) -> String {
        let Self { width, height, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n<style>{STYLE}\n</style>\n{body}</svg>\n"
        )
    }
}
