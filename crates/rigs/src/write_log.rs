//! The log of every write to a block device, in the format of the kernel's dm-log-writes.
//!
//! A superblock (magic, version, number of entries, bytes a sector), then the entries, each a header of one sector
//! (sector, number of sectors, flags, bytes of data) followed by what was written. All numbers are little-endian.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

const MAGIC: u64 = 0x006a_7366_7773_6872;
const VERSION: u64 = 1;
/// Where the superblock counts the entries.
const ENTRIES_OFFSET: u64 = 16;
const FLUSH: u64 = 1;
const FORCE_UNIT_ACCESS: u64 = 2;
const DISCARD: u64 = 4;
/// A drive writes this much as a whole or not at all.
pub const ATOM_BYTES: u64 = 4_096;

/// One request to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Where on the device.
    pub offset: u64,
    /// How much.
    pub bytes: u64,
    /// Whether it asks for everything before it to be on disk.
    pub is_flush: bool,
    /// What was written.
    data: Data,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Data {
    /// At this place in the log.
    At(u64),
    /// Nothing: the range was given up, and reads as zeros.
    Discarded,
}

/// A log, read to its end.
#[derive(Debug)]
pub struct WriteLog {
    file: File,
    /// The requests, in the order in which the device completed them.
    pub entries: Vec<Entry>,
}

/// How many entries a log has by now; the device may be at work on it.
pub fn entries_by_now(log: &File) -> io::Result<u64> {
    number(log, ENTRIES_OFFSET)
}

fn number(file: &File, offset: u64) -> io::Result<u64> {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(u64::from_le_bytes(bytes))
}

impl WriteLog {
    /// Reads the headers of a log that nobody writes any more.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        ensure!(
            number(&file, 0)? == MAGIC && number(&file, 8)? == VERSION,
            "{} is no write log",
            path.display()
        );
        let sector_bytes = number(&file, 24)? & u64::from(u32::MAX);
        let mut place = sector_bytes;
        let mut entries = Vec::new();
        for _ in 0..entries_by_now(&file)? {
            let entry = entry(&file, place, sector_bytes)
                .with_context(|| format!("entry {} of {}", entries.len(), path.display()))?;
            place += sector_bytes;
            if matches!(entry.data, Data::At(_)) {
                place += entry.bytes;
            }
            entries.push(entry);
        }
        Ok(Self { file, entries })
    }

    /// The number of entries up to and including the last flush among the first `until`.
    pub fn last_flush(&self, until: usize) -> usize {
        let first = self.entries.get(..until).unwrap_or(&self.entries);
        first.iter().rposition(|entry| entry.is_flush).map_or(0, |place| place + 1)
    }

    /// Writes an entry to an image of the device.
    pub fn apply(&self, entry: &Entry, image: &File) -> Result<()> {
        self.apply_part(entry, 0, entry.bytes, image)
    }

    /// The entry's parts that a drive writes as a whole: (offset in the entry, bytes).
    pub fn atoms(entry: &Entry) -> Vec<(u64, u64)> {
        let mut atoms = Vec::new();
        let mut from = 0;
        while from < entry.bytes {
            let to_boundary = ATOM_BYTES - (entry.offset + from) % ATOM_BYTES;
            let bytes = to_boundary.min(entry.bytes - from);
            atoms.push((from, bytes));
            from += bytes;
        }
        atoms
    }

    /// Writes a part of an entry to an image of the device.
    pub fn apply_part(&self, entry: &Entry, from: u64, bytes: u64, image: &File) -> Result<()> {
        let mut content = vec![0; usize::try_from(bytes)?];
        if let Data::At(place) = entry.data {
            self.file.read_exact_at(&mut content, place + from)?;
        }
        image.write_all_at(&content, entry.offset + from)?;
        Ok(())
    }
}

fn entry(file: &File, place: u64, sector_bytes: u64) -> Result<Entry> {
    let (sector, sectors, flags) =
        (number(file, place)?, number(file, place + 8)?, number(file, place + 16)?);
    // Such a write is on disk at once, whatever came before it; nothing in this arrangement asks for one.
    ensure!(flags & FORCE_UNIT_ACCESS == 0, "a forced write, which is not provided for");
    let data = if flags & DISCARD == 0 { Data::At(place + sector_bytes) } else { Data::Discarded };
    Ok(Entry {
        offset: sector * sector_bytes,
        bytes: sectors * sector_bytes,
        is_flush: flags & FLUSH != 0,
        data,
    })
}

#[cfg(test)]
mod tests;
