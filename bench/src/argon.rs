//! How many passwords the machine's cores can hash, with nothing around it.

use std::thread::{available_parallelism, scope};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::result::HashRate;

// The parameters that Roster hashes with.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Measures one core, then all of them.
pub(crate) fn measure(round: u32, lasting: Duration) -> Result<HashRate> {
    let cores = available_parallelism()?.get();
    Ok(HashRate { round, one_core: rate(1, lasting)?, all_cores: rate(cores, lasting)? })
}

fn rate(threads: usize, lasting: Duration) -> Result<f64> {
    let began = Instant::now();
    let hashed = scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(|| hash_for(lasting))).collect();
        let hashed =
            threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a thread failed"))?);
        hashed.sum::<Result<u32>>()
    })?;
    Ok(f64::from(hashed) / began.elapsed().as_secs_f64())
}

fn hash_for(lasting: Duration) -> Result<u32> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).ok().context("Argon2 takes these parameters")?;
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (began, mut hashed, mut hash) = (Instant::now(), 0, [0; 32]);
    while began.elapsed() < lasting {
        argon
            .hash_password_into(b"correct horse", b"a salt of 16 bytes", &mut hash)
            .map_err(|error| anyhow!("Argon2: {error}"))?;
        hashed += 1;
    }
    Ok(hashed)
}
