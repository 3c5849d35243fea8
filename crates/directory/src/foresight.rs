//! Whether it pays to look at a user before changing it.
//!
//! A change that changes nothing can be decided on a reader's snapshot, beside the writer and without it. Where most
//! changes do change something, looking first only costs. So callers are taken to go on as they did of late: a mirror
//! that repeats itself does, and so does an import.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::store::Effect;

/// The whole of a share.
const ONE: u32 = 1 << 16;

/// The share of changes that change nothing from which on looking pays. A guess, on the low side: a look spares the
/// writer, and there is only one of it.
const PAYS: u32 = ONE / 8;

/// How many changes are of late.
const OF_LATE: u32 = 32;

/// The share of the changes of late that changed nothing.
#[derive(Debug)]
pub(crate) struct Foresight {
    unchanged: AtomicU32,
}

impl Default for Foresight {
    fn default() -> Self {
        Self { unchanged: AtomicU32::new(ONE) }
    }
}

impl Foresight {
    /// Whether to look.
    pub(crate) fn pays(&self) -> bool {
        self.unchanged.load(Ordering::Relaxed) >= PAYS
    }

    /// Learns what came of a change. Of two that learn at once one may be lost: it is a guess either way.
    pub(crate) fn learn(&self, effect: Effect) {
        let share = self.unchanged.load(Ordering::Relaxed);
        let sample = if effect == Effect::Unchanged { ONE } else { 0 };
        self.unchanged.store(share - share / OF_LATE + sample / OF_LATE, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(effects: &[(usize, Effect)]) -> bool {
        let foresight = Foresight::default();
        for (count, effect) in effects {
            (0..*count).for_each(|_| foresight.learn(*effect));
        }
        foresight.pays()
    }

    #[test]
    fn it_looks_at_first_and_where_changes_repeat_themselves() {
        assert!(after(&[]));
        assert!(after(&[(1_000, Effect::Unchanged)]));
        assert!(after(&[(1_000, Effect::Updated), (5, Effect::Unchanged)]));
    }

    #[test]
    fn it_does_not_look_while_everything_changes() {
        assert!(!after(&[(100, Effect::Created)]));
        assert!(!after(&[(1_000_000, Effect::Unchanged), (100, Effect::Updated)]));
    }
}
