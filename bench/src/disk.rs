//! What one fdatasync costs where the data is.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// The median time of writing 4 KiB and of having them on the disk.
pub(crate) fn median_fdatasync(directory: &Path) -> Duration {
    let mut file = std::fs::File::create(directory.join("probe")).unwrap();
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let started = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.sync_data().unwrap();
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}
