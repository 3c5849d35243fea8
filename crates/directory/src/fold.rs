//! How names are compared: NFC and full case folding (Unicode 15, D145), so that `Straße` and `STRASSE` are one name.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;

/// The version of the folding rules, recorded with each claim that was folded by them.
pub const FOLDING: u32 = 1;

/// The form in which user_names, and unique emails, are compared.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let nfc = ComposingNormalizer::new_nfc();
    let folded = CaseMapper::new().fold_string(&nfc.normalize(text)).into_owned();
    // Folding can take a text out of NFC again (U+0345, for one).
    nfc.normalize(&folded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_readers_hold_for_one_fold_to_one() {
        for (a, b) in [
            ("Ann@Example.com", "ann@example.COM"),
            ("Straße", "STRASSE"),
            ("e\u{301}lan", "\u{c9}LAN"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ﬁx", "FIX"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("ann"), fold("anne"));
        assert_ne!(fold("i"), fold("ı"));
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for text in ["\u{345}", "İ", "ǰ", "ΐ", "\u{1fb7}", "ẞ"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
