//! Runs the demo.

use std::ffi::OsString;

use anyhow::Result;

use crate::{
    cmd::Cmd,
    need::{self, Need},
    setup,
};

pub(crate) fn run(args: Vec<OsString>) -> Result<()> {
    setup::ensure(&need::library())?;
    // Only for a real video: the demo makes its own transport stream otherwise.
    setup::try_ensure(&[Need::Ffmpeg]);
    Cmd::new("cargo").args(["run", "--release", "--example", "demo", "--"]).args(args).replace()
}
