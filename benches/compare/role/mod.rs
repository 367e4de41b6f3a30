//! The programs that are measured. Each is a process of its own: `compare role NAME KEY=VALUE...`.

use anyhow::{Result, bail};

pub(crate) fn run(mut args: impl Iterator<Item = String>) -> Result<()> {
    bail!("no such role: {:?}", args.next())
}
