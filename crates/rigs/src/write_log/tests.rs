use std::io::Write;

use super::*;

const SECTOR: usize = 512;

/// A log as the device writes it: (sector, flags, sectors' content).
fn log(entries: &[(u64, u64, &[u8])]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let sector = |numbers: &[u64]| {
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.resize(SECTOR, 0);
        bytes
    };
    file.write_all(&sector(&[MAGIC, VERSION, entries.len() as u64, SECTOR as u64])).unwrap();
    for (at, flags, content) in entries {
        file.write_all(&sector(&[*at, (content.len() / SECTOR) as u64, *flags])).unwrap();
        if flags & DISCARD == 0 {
            file.write_all(content).unwrap();
        }
    }
    file
}

#[test]
fn a_log_is_replayed_as_it_was_written() {
    let file =
        log(&[(1, 0, &[7; SECTOR]), (0, FLUSH, &[]), (1, DISCARD, &[0; SECTOR]), (2, 0, &[9; SECTOR])]);
    let log = WriteLog::open(file.path()).unwrap();
    assert_eq!(
        log.entries.iter().map(|entry| entry.is_flush).collect::<Vec<_>>(),
        [false, true, false, false]
    );
    let image = tempfile::tempfile().unwrap();
    log.apply(&log.entries[0], &image).unwrap();
    let mut byte = [0];
    image.read_exact_at(&mut byte, 2 * SECTOR as u64 - 1).unwrap();
    assert_eq!(byte, [7]);
    log.apply(&log.entries[2], &image).unwrap();
    image.read_exact_at(&mut byte, 2 * SECTOR as u64 - 1).unwrap();
    assert_eq!(byte, [0]);
    log.apply(&log.entries[3], &image).unwrap();
    image.read_exact_at(&mut byte, 2 * SECTOR as u64).unwrap();
    assert_eq!(byte, [9]);
}

#[test]
fn everything_up_to_the_last_flush_counts() {
    let file = log(&[(1, 0, &[7; SECTOR]), (0, FLUSH, &[]), (2, 0, &[9; SECTOR]), (0, FLUSH, &[])]);
    let log = WriteLog::open(file.path()).unwrap();
    assert_eq!([0, 1, 2, 3, 4].map(|cut| log.last_flush(cut)), [0, 0, 2, 2, 4]);
}

#[test]
fn a_write_tears_where_a_drive_may_tear_it() {
    let entry = Entry { offset: 3_584, bytes: 5_120, is_flush: false, data: Data::Discarded };
    assert_eq!(WriteLog::atoms(&entry), [(0, 512), (512, 4_096), (4_608, 512)]);
}

#[test]
fn what_is_no_log_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&[0; 2 * SECTOR]).unwrap();
    assert!(WriteLog::open(file.path()).is_err());
}
