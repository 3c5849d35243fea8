//! Base 62: digits and letters alone, so that a double click selects the whole of a key.

use zeroize::Zeroizing;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many digits so many bytes need. A digit holds a little less than 5.955 bits.
pub(crate) const fn width(bytes: usize) -> usize {
    (bytes * 8 * 1_000).div_ceil(5_954)
}

/// `bytes` as one number, the most significant digit first, filled up with zeros to [`width`].
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    // The digits, the least significant first.
    let mut digits = Zeroizing::new(vec![0_u8; width(bytes.len())]);
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in digits.iter_mut() {
            carry += u32::from(*digit) << 8;
            *digit = u8::try_from(carry % 62).unwrap_or_default();
            carry /= 62;
        }
    }
    let letters = digits.iter().rev().filter_map(|digit| ALPHABET.get(usize::from(*digit)));
    Zeroizing::new(letters.map(|letter| char::from(*letter)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_one_number_of_fixed_width() {
        assert_eq!((width(4), width(8), width(32)), (6, 11, 43));
        assert_eq!(*encode(&[0; 4]), "000000");
        assert_eq!(*encode(&[0, 0, 0, 61]), "00000z");
        assert_eq!(*encode(&[0, 0, 0, 62]), "000010");
        // 2^32 - 1 = 4·62^5 + 42·62^4 + 41·62^3 + 15·62^2 + 12·62 + 3
        assert_eq!(*encode(&[255; 4]), "4gfFC3");
        assert_eq!(encode(&[255; 32]).len(), 43);
    }
}
