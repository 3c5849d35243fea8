//! The `roster` binary.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request is allocated on one thread and freed on another: glibc's allocator pays for that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    roster::main()
}
