//! What one fdatasync costs where the data is.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;

const TIMES: usize = 200;

/// The median time of having another 4 KiB of a file on the disk, in microseconds.
pub(crate) fn fdatasync_micros(directory: &Path) -> Result<f64> {
    let mut file = tempfile::tempfile_in(directory)?;
    let mut times = (0..TIMES).map(|_| append(&mut file)).collect::<Result<Vec<f64>>>()?;
    Ok(crate::stat::Spread::of(&mut times).median)
}

fn append(file: &mut File) -> Result<f64> {
    let began = Instant::now();
    file.write_all(&[7; 4096])?;
    file.sync_data()?;
    Ok(began.elapsed().as_secs_f64() * 1e6)
}
