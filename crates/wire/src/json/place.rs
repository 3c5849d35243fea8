//! Offsets, lines and columns.

/// Line and column, each from 1, of the byte at `offset`; the column in characters.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = before.iter().skip(line_start).filter(|b| is_first_of_character(**b)).count() + 1;
    (line, column)
}

/// The offset of the byte that serde_json names: lines from 1, columns in bytes, from 1, 0 for the line's start.
pub(super) fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    before.saturating_add(column.saturating_sub(1))
}

fn is_first_of_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}
