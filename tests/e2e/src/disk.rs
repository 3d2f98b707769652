//! A disk so small that a test can fill it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

/// A file system in memory, mounted in a folder of its own until it is dropped.
#[derive(Debug)]
pub struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts one of `kib` KiB. Returns nothing, and prints why, where this user may not mount.
    pub fn mount(kib: u32) -> Result<Option<Self>> {
        let dir = TempDir::new()?;
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"])
            .arg(dir.path());
        let done = mount.output().context("mount")?;
        if done.status.success() {
            return Ok(Some(Self(dir)));
        }
        let why = String::from_utf8_lossy(&done.stderr);
        println!("skipped: a small disk can't be mounted here: {}", why.trim());
        Ok(None)
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills the remaining space; removing the returned file frees it.
    pub fn fill(&self) -> Result<PathBuf> {
        let path = self.path().join("ballast");
        let mut file = std::fs::File::create(&path)?;
        while file.write_all(&[0; 4096]).is_ok() {}
        Ok(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.path()).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} stays mounted", self.path().display());
        }
    }
}
