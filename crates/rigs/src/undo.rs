//! What a rig must undo however it ends: mounts, processes, folders.
//!
//! Each thing that outlives a call is registered when it is made and undone by its [`Guard`]; a signal undoes all
//! of them at once, the newest first.

use std::sync::{Mutex, MutexGuard, PoisonError};

type Step = Box<dyn FnOnce() + Send>;

struct Steps {
    next: u64,
    closed: bool,
    steps: Vec<(u64, Step)>,
}

static STEPS: Mutex<Steps> = Mutex::new(Steps { next: 0, closed: false, steps: Vec::new() });

fn steps() -> MutexGuard<'static, Steps> {
    STEPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Undoes its step when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Guard(u64);

/// Registers how to undo something that was just done.
pub fn later(step: impl FnOnce() + Send + 'static) -> Guard {
    let mut all = steps();
    let number = all.next;
    all.next += 1;
    if all.closed {
        // Everything else is undone already: this one came too late to be kept.
        drop(all);
        step();
    } else {
        all.steps.push((number, Box::new(step)));
    }
    Guard(number)
}

impl Guard {
    /// It is undone already: there is nothing left to do.
    pub fn settle(self) {
        drop(self.take());
    }

    fn take(&self) -> Option<Step> {
        let mut all = steps();
        let place = all.steps.iter().position(|(number, _)| *number == self.0)?;
        Some(all.steps.remove(place).1)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Not under the lock: a step may drop other guards.
        if let Some(step) = self.take() {
            step();
        }
    }
}

/// Undoes everything, the newest first, and whatever is registered from now on.
pub fn everything() {
    loop {
        let mut all = steps();
        all.closed = true;
        let step = all.steps.pop();
        drop(all);
        match step {
            Some((_, step)) => step(),
            None => return,
        }
    }
}
