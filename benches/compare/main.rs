//! Compares this library with others over the same workloads.

mod role;

use std::env;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let mut args = env::args().skip(1);
    match args.next().as_deref() {
        Some("role") => role::run(args),
        other => bail!("unknown command: {other:?}"),
    }
}
