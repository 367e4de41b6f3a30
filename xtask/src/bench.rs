//! Runs the benchmarks.

use anyhow::Result;

use crate::{Passthrough, cmd::Cmd, need, setup};

pub(crate) fn run(args: &Passthrough) -> Result<()> {
    setup::ensure(&need::library())?;
    Cmd::new("cargo").arg("bench").args(args.iter()).run()
}
