//! How much of the processors a process has used.

/// The unit of the times in `/proc`: Linux tells them in hundredths of a second on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// The processor time that a process has used since it started, in all its threads.
///
/// # Panics
///
/// When there is no such process, or no Linux.
pub fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs, on Linux");
    parse(&stat).expect("proc(5), /proc/pid/stat")
}

/// The fields utime and stime, which are counted from the last parenthesis: the name in them may hold anything.
fn parse(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 100 1 1";
        assert_eq!(parse(stat), Some(3.0));
        assert!(cpu_seconds(std::process::id()) >= 0.0);
    }
}
