//! How much of the processors a process has used.

/// The unit of the times in `/proc`: Linux tells them in hundredths of a second on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// The processor time that a process has used since it started, in all its threads, and that of the children whose end it has
/// seen. `None` where there is no such process, or no Linux.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The fields utime, stime, cutime and cstime, which are counted from the last parenthesis: the name in them may hold anything.
fn parse(stat: &str) -> Option<f64> {
    let fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11).take(4);
    let ticks: Option<f64> = fields.map(|field| field.parse::<f64>().ok()).sum();
    Some(ticks? / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 15 5 20 0 1 0 100 1 1";
        assert_eq!(parse(stat), Some(3.2));
        assert!(cpu_seconds(std::process::id()).is_some());
    }
}
