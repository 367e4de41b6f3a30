//! Sets of CPUs.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::str::FromStr;

use crate::error::Error;

/// A set of CPUs, by the numbers that the system gives them. For
/// [`pin_shards`](crate::SrtListenerBuilder::pin_shards).
///
/// ```
/// use srt_tokio::CpuSet;
///
/// let set: CpuSet = "0-3,8".parse()?;
/// assert_eq!(set, CpuSet::from_iter([0, 1, 2, 3, 8]));
/// assert_eq!(set.to_string(), "0-3,8");
///
/// // A set for each of the CPUs.
/// let sets: Vec<CpuSet> = set.iter().map(CpuSet::from).collect();
/// assert!(sets.len() == 5 && !sets[0].is_empty());
/// # Ok::<(), srt_tokio::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct CpuSet(BTreeSet<u16>);

impl CpuSet {
    /// The CPUs of a NUMA node.
    ///
    /// # Errors
    ///
    /// - `NotFound` if there is no such node, or it has no CPU.
    /// - [`Error::Unsupported`] on other systems than Linux.
    pub fn numa_node(node: u32) -> io::Result<Self> {
        if !cfg!(target_os = "linux") {
            let feature = "the CPUs of a NUMA node";
            return Err(Error::Unsupported { feature, needs: "Linux" }.into());
        }
        let list = std::fs::read_to_string(format!("/sys/devices/system/node/node{node}/cpulist"))?;
        let cpus: Self = list.trim_end().parse()?;
        if cpus.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(cpus) }
    }

    /// The CPUs, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().copied()
    }

    /// Whether there is no CPU in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<u16> for CpuSet {
    fn from(cpu: u16) -> Self {
        Self::from_iter([cpu])
    }
}

impl FromIterator<u16> for CpuSet {
    fn from_iter<T: IntoIterator<Item = u16>>(cpus: T) -> Self {
        Self(cpus.into_iter().collect())
    }
}

/// Understands Linux's lists: numbers and ranges with commas in between, or nothing at all.
impl FromStr for CpuSet {
    type Err = Error;

    fn from_str(list: &str) -> Result<Self, Error> {
        let mut cpus = BTreeSet::new();
        for range in list.split(',').filter(|_| !list.is_empty()) {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            match (first.parse::<u16>(), last.parse::<u16>()) {
                (Ok(first), Ok(last)) if first <= last => cpus.extend(first..=last),
                _ => {
                    let reason = "a list of CPUs reads like 0-3,8";
                    return Err(Error::InvalidOption { option: "CPU set", reason });
                }
            }
        }
        Ok(Self(cpus))
    }
}

impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cpus = self.iter().peekable();
        let mut separator = "";
        while let Some(first) = cpus.next() {
            let mut last = first;
            while let Some(next) = cpus.next_if(|next| next - last == 1) {
                last = next;
            }
            write!(f, "{separator}{first}")?;
            if last > first {
                write!(f, "-{last}")?;
            }
            separator = ",";
        }
        Ok(())
    }
}

impl fmt::Debug for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CpuSet({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written_as_linux_does() {
        for list in ["", "0", "0-1", "0,2", "0-3,8", "0,2-4,6", "65535"] {
            assert_eq!(list.parse::<CpuSet>().unwrap().to_string(), list);
        }
        assert_eq!("3,1,2,1-2".parse::<CpuSet>().unwrap().to_string(), "1-3");
        for list in [" ", ",", "0,", "a", "-", "1-", "-1", "3-1", "65536", "0-1-2", "0:1"] {
            assert!(list.parse::<CpuSet>().is_err(), "{list:?}");
        }
    }
}
