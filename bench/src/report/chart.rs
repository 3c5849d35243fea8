//! The plots.

use super::svg::{Anchor, Drawing};
use super::table::figure;
use crate::operation::Operation;
use crate::plan::Peer;
use crate::result::{Figures, Results, Sustained};

pub(super) const THROUGHPUT: &str = "throughput.svg";
pub(super) const LATENCY: &str = "latency.svg";

const CONNECTIONS: usize = 32;
const WIDTH: f64 = 860.0;
const TOP: f64 = 56.0;

// The throughputs: two columns of small charts.
const COLUMN: f64 = WIDTH / 2.0;
const LABEL: f64 = 104.0;
const LONGEST: f64 = 230.0;
const BAR: f64 = 13.0;
const STEP: f64 = 18.0;
const HEADING: f64 = 24.0;
const GAP: f64 = 18.0;

/// Requests a second of everybody, a small chart for each operation.
pub(super) fn throughput(results: &Results) -> String {
    let charts: Vec<Bars> =
        Operation::ALL.into_iter().filter_map(|operation| Bars::of(results, operation)).collect();
    let rows = charts.chunks(2);
    let height = TOP + rows.clone().map(row_height).sum::<f64>() + 8.0;
    let mut drawing = Drawing::new(WIDTH, height);
    let users = figure(users(results));
    let subtitle = format!(
        "{CONNECTIONS} connections, {users} users, every write on disk before it is answered (but for scim2-server's)"
    );
    drawing.text((16.0, 24.0), Anchor::Start, "title", "Requests a second");
    drawing.text((16.0, 42.0), Anchor::Start, "", &subtitle);
    let mut y = TOP;
    for row in rows {
        for (column, bars) in row.iter().enumerate() {
            bars.draw(&mut drawing, (if column == 0 { 16.0 } else { COLUMN + 16.0 }, y));
        }
        y += row_height(row);
    }
    drawing.finish("Requests a second of Roster and its peers, by operation")
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 users")]
fn users(results: &Results) -> f64 {
    results.plan.users as f64
}

fn row_height(row: &[Bars]) -> f64 {
    let most = row.iter().map(|bars| bars.bars.len()).max().unwrap_or_default();
    HEADING + GAP + STEP * f64::from(u32::try_from(most).unwrap_or_default())
}

struct Bars {
    title: &'static str,
    bars: Vec<(String, String, f64)>,
}

impl Bars {
    fn of(results: &Results, operation: Operation) -> Option<Self> {
        // What passwords cost is no matter of throughput.
        if operation == Operation::Password {
            return None;
        }
        let bars = results.present().filter_map(|contender| {
            let rate = results
                .spread(&contender.key, operation, CONNECTIONS, |figures: &Figures| figures.per_second)?;
            Some((contender.key.clone(), contender.title.clone(), rate.median))
        });
        // The same server in another way, and no server at all, are in the tables.
        let left_out = [Peer::Idempotent, Peer::Store, Peer::PostgresAlone].map(Peer::key);
        let bars: Vec<_> = bars.filter(|(key, ..)| !left_out.contains(&key.as_str())).collect();
        (!bars.is_empty()).then(|| Self { title: operation.title(), bars })
    }

    fn draw(&self, drawing: &mut Drawing, (x, y): (f64, f64)) {
        drawing.text((x, y + 14.0), Anchor::Start, "heading", self.title);
        let most = self.bars.iter().map(|(.., rate)| *rate).fold(1.0, f64::max);
        let mut y = y + HEADING;
        for (key, title, rate) in &self.bars {
            let class = match key.as_str() {
                "roster" => "roster",
                "limit" => "limit",
                _ => "peer",
            };
            let strong = if class == "roster" { "strong" } else { "" };
            let length = (rate / most * LONGEST).max(1.0);
            drawing.text((x + LABEL - 8.0, y + 11.0), Anchor::End, strong, title);
            drawing.bar((x + LABEL, y), (length, BAR), class);
            drawing.text((x + LABEL + length + 6.0, y + 11.0), Anchor::Start, strong, &figure(*rate));
            y += STEP;
        }
    }
}

// The latencies: two charts side by side, time going up in powers of ten.
const PLOT_HEIGHT: f64 = 220.0;
const PLOT_WIDTH: f64 = 300.0;
const PLOT_LEFT: f64 = 64.0;
const LOWEST_MS: f64 = 0.1;
const DECADES: u32 = 4;
/// The height of a name.
const NAME: f64 = 14.0;

/// Latencies of Roster under a constant rate.
pub(super) fn latency(results: &Results) -> String {
    let mut drawing = Drawing::new(WIDTH, TOP + PLOT_HEIGHT + 60.0);
    drawing.text((16.0, 24.0), Anchor::Start, "title", "Latency of Roster under a constant rate");
    let subtitle = "milliseconds from when a request was due, by the share of the sustained rate";
    drawing.text((16.0, 42.0), Anchor::Start, "", subtitle);
    for (column, operation) in [Operation::Change, Operation::Get].into_iter().enumerate() {
        let loads: Vec<&Sustained> = results
            .sustained
            .iter()
            .filter(|load| load.operation == operation && load.percent.is_some())
            .collect();
        let left = if column == 0 { PLOT_LEFT } else { COLUMN + PLOT_LEFT };
        plot(&mut drawing, left, operation.title(), &loads);
    }
    drawing.finish("Latency of Roster under a constant rate")
}

/// Its name, its class, and what it shows.
type Line = (&'static str, &'static str, fn(&Figures) -> f64);

fn plot(drawing: &mut Drawing, left: f64, title: &str, loads: &[&Sustained]) {
    let top = TOP + 28.0;
    drawing.text((left, top - 12.0), Anchor::Start, "heading", title);
    let height = |millis: f64| {
        let decades = (millis.max(LOWEST_MS) / LOWEST_MS).log10();
        top + PLOT_HEIGHT * (1.0 - decades / f64::from(DECADES))
    };
    for decade in 0..=DECADES {
        let millis = LOWEST_MS * 10_f64.powi(decade.cast_signed());
        let y = height(millis);
        drawing.rule((left, y), (left + PLOT_WIDTH, y));
        drawing.text((left - 8.0, y + 4.0), Anchor::End, "", &format!("{millis}"));
    }
    let across = |percent: u32| left + PLOT_WIDTH * f64::from(percent) / 100.0;
    for load in loads {
        let Some(percent) = load.percent else { continue };
        let label = format!("{percent} %");
        drawing.text((across(percent), top + PLOT_HEIGHT + 18.0), Anchor::Middle, "", &label);
    }
    // From the slowest down, so that a name that would stand on the one before is moved below it.
    let lines: [Line; 3] = [
        ("p99.9", "c", |figures| figures.p999_ms),
        ("p99", "b", |figures| figures.p99_ms),
        ("p50", "a", |figures| figures.p50_ms),
    ];
    let mut lowest_name = 0.0;
    for (name, class, of) in lines {
        let points: Vec<(f64, f64)> = loads
            .iter()
            .filter_map(|load| Some((across(load.percent?), height(of(&load.figures)))))
            .collect();
        drawing.line(&points, class);
        if let Some((x, y)) = points.last() {
            lowest_name = f64::max(y + 4.0, lowest_name + NAME);
            drawing.text((x + 10.0, lowest_name), Anchor::Start, "strong", name);
        }
    }
}
