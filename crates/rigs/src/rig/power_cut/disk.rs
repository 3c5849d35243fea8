//! The device as a power cut leaves it.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::device::copy_image;
use crate::write_log::WriteLog;

/// What the disk kept of the writes since the last flush.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tail {
    Dropped,
    Whole,
    Shuffled,
}

/// The device, replayed up to a cut.
pub(super) struct Disk<'a> {
    log: &'a WriteLog,
    /// Everything up to the last flush before the cut.
    flushed: PathBuf,
    flushed_entries: usize,
    cut_entries: usize,
    image: PathBuf,
}

impl<'a> Disk<'a> {
    pub(super) fn new(before: &Path, log: &'a WriteLog, folder: &Path) -> Result<Self> {
        let (flushed, image) = (folder.join("flushed"), folder.join("cut"));
        copy_image(before, &flushed)?;
        Ok(Self { log, flushed, flushed_entries: 0, cut_entries: 0, image })
    }

    /// Goes on to a later cut.
    pub(super) fn flush_until(&mut self, cut: usize) -> Result<()> {
        let flush = self.log.last_flush(cut);
        let flushed = File::options().write(true).open(&self.flushed)?;
        for entry in self.log.entries.get(self.flushed_entries..flush).unwrap_or_default() {
            self.log.apply(entry, &flushed)?;
        }
        self.flushed_entries = flush;
        self.cut_entries = cut;
        Ok(())
    }

    /// The image that the cut leaves.
    pub(super) fn cut(&self, tail: Tail, chance: &mut fastrand::Rng) -> Result<PathBuf> {
        copy_image(&self.flushed, &self.image)?;
        let image = File::options().write(true).open(&self.image)?;
        let unflushed = self.log.entries.get(self.flushed_entries..self.cut_entries).unwrap_or_default();
        match tail {
            Tail::Dropped => {}
            Tail::Whole => {
                for entry in unflushed {
                    self.log.apply(entry, &image)?;
                }
            }
            Tail::Shuffled => {
                let mut atoms: Vec<_> = unflushed
                    .iter()
                    .flat_map(|entry| WriteLog::atoms(entry).into_iter().map(move |atom| (entry, atom)))
                    .filter(|_| chance.bool())
                    .collect();
                chance.shuffle(&mut atoms);
                for (entry, (from, bytes)) in atoms {
                    self.log.apply_part(entry, from, bytes, &image)?;
                }
            }
        }
        Ok(self.image.clone())
    }
}
