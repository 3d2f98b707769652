//! Resource usage of processes so far: processor time, bytes written to disk, context switches; from `/proc`.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Sum;
use std::ops::{Add, Sub};

use anyhow::{Context as _, Result};
use procfs::process::{Process, all_processes};

/// The resources used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Processor time, user and system, including ended children.
    pub cpu_s: f64,
    /// Bytes written, or to be written, to a disk.
    pub written: u64,
    /// Context switches of live threads.
    pub switches: u64,
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            cpu_s: self.cpu_s + other.cpu_s,
            written: self.written + other.written,
            switches: self.switches + other.switches,
        }
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Self::add)
    }
}

impl Sub for Usage {
    type Output = Self;

    /// The usage between two samples. A thread that has ended takes its context switches with it.
    fn sub(self, before: Self) -> Self {
        Self {
            cpu_s: self.cpu_s - before.cpu_s,
            written: self.written.saturating_sub(before.written),
            switches: self.switches.saturating_sub(before.switches),
        }
    }
}

impl Usage {
    /// The usage of these processes and all their descendants.
    pub fn of_families(heads: &[u32]) -> Result<Self> {
        let mut parents = BTreeMap::new();
        let mut running = BTreeMap::new();
        for process in all_processes().context("/proc can't be read")? {
            // A process that has ended meanwhile is skipped.
            if let Ok((process, stat)) =
                process.and_then(|process| process.stat().map(|stat| (process, stat)))
            {
                parents.insert(stat.pid, stat.ppid);
                running.insert(stat.pid, process);
            }
        }
        let heads: BTreeSet<i32> = heads.iter().map(|pid| pid.cast_signed()).collect();
        let is_member = |pid: &i32| {
            let line = std::iter::successors(Some(*pid), |pid| parents.get(pid).copied());
            line.take(parents.len()).any(|pid| heads.contains(&pid))
        };
        let members = running.iter().filter(|(pid, _)| is_member(pid));
        Ok(members
            .map(|(_, process)| Self::of(process).unwrap_or_default())
            .sum())
    }

    /// The usage of this process alone.
    pub fn of_myself() -> Result<Self> {
        let process = Process::myself().context("/proc/self can't be read")?;
        Self::of(&process).context("/proc/self can't be read")
    }

    fn of(process: &Process) -> procfs::ProcResult<Self> {
        let stat = process.stat()?;
        let waited_for = stat.cutime.max(0).unsigned_abs() + stat.cstime.max(0).unsigned_abs();
        let ticks = stat.utime + stat.stime + waited_for;
        let mut switches = 0;
        for thread in process.tasks()?.flatten() {
            if let Ok(status) = thread.status() {
                let own = [status.voluntary_ctxt_switches, status.nonvoluntary_ctxt_switches];
                switches += own.into_iter().flatten().sum::<u64>();
            }
        }
        Ok(Self {
            cpu_s: seconds(ticks),
            written: process.io()?.write_bytes,
            switches,
        })
    }
}

/// For display: the precision that an f64 loses does not matter.
#[expect(clippy::cast_precision_loss, reason = "above")]
fn seconds(ticks: u64) -> f64 {
    ticks as f64 / procfs::ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_counts_work_and_writes() {
        let before = Usage::of_myself().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![7; 1 << 20]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
        let used = Usage::of_myself().unwrap() - before;
        assert!(
            used.written == 0 || used.written >= 1 << 20,
            "a disk, or a file system in memory: {used:?}"
        );
        assert!(used.cpu_s >= 0.0 && used.switches >= 1, "{used:?}");
        let family = Usage::of_families(&[std::process::id()]).unwrap();
        assert!(family.cpu_s >= used.cpu_s);
    }
}
