//! One child process: its log, its signals, its exit.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Error, Result, anyhow};
use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};
use wallet_terminal::eprintln;

/// Asks a process for an orderly stop.
pub const TERM: Signal = Signal::TERM;
/// Asks PostgreSQL to exit immediately, without cleaning up.
pub const QUIT: Signal = Signal::QUIT;

/// How many lines of a log are shown when something goes wrong.
const TAIL_LINES: usize = 20;

/// A child in its own process group, so that Ctrl-C reaches only us and we can stop it in order. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose output goes to `<name>.log` in `logs`.
    pub fn spawn(name: &'static str, mut command: Command, logs: &Path) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let opened = OpenOptions::new().create(true).append(true).open(&log);
        let file = opened.with_context(|| format!("log {} can't be written", log.display()))?;
        command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .kill_on_drop(true);
        let program = command.as_std().get_program().display().to_string();
        let child = command
            .spawn()
            .with_context(|| format!("{program} can't be started"))?;
        Ok(Self { name, child, log })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its id, until its exit has been noticed.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// If it has exited: its status and the end of its log.
    pub fn ended(&mut self) -> Option<Error> {
        match self.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(self.exit_error(status)),
            Err(error) => Some(anyhow!("{} can't be watched: {error}", self.name)),
        }
    }

    fn exit_error(&self, status: ExitStatus) -> Error {
        anyhow!("{} has exited ({status})\n{}", self.name, self.tail())
    }

    /// The end of its log.
    pub fn tail(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        format!("the end of {}:\n  {}", self.log.display(), tail.join("\n  "))
    }

    /// Sends a signal, if it has not exited.
    fn signal(&self, signal: Signal) -> Result<()> {
        // The id stays reserved until we have waited for the child, so it can't be another process's.
        let Some(pid) = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed())) else {
            return Ok(());
        };
        match rustix::process::kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => {
                Err(error).with_context(|| format!("{} (process {pid:?}) can't be signalled", self.name))
            }
        }
    }

    /// Kills it, and waits for its exit.
    pub async fn kill(&mut self) -> Result<()> {
        self.child
            .kill()
            .await
            .with_context(|| format!("{} can't be killed", self.name))
    }

    /// Asks it to stop, and kills it after `within`.
    pub async fn stop(&mut self, signal: Signal, within: Duration) -> Result<()> {
        if self.pid().is_none() {
            return Ok(());
        }
        self.signal(signal)?;
        if let Ok(ended) = tokio::time::timeout(within, self.child.wait()).await {
            ended.with_context(|| format!("{} can't be waited for", self.name))?;
            return Ok(());
        }
        eprintln!(
            "{} did not end within {within:?} and was killed; {}",
            self.name,
            self.tail()
        );
        self.kill().await
    }

    /// Its peak memory in bytes; only where `/proc` exists.
    pub fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?)).ok()?;
        peak_memory(&status)
    }
}

/// Parses `VmHWM` from a `/proc/<pid>/status`.
fn peak_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Writes a file only if it does not exist or has other content.
pub fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let written =
        File::create(path).and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
    written.with_context(|| format!("{} can't be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_memory_is_read_from_the_status() {
        assert_eq!(
            peak_memory("Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t   2048 kB\n"),
            Some(2048 * 1024)
        );
        assert_eq!(peak_memory("Name:\tx\n"), None);
    }

    #[tokio::test]
    async fn a_child_that_ignores_the_signal_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        let mut child = Process::spawn("quick", shell("echo hello; sleep 60 & wait"), dir.path()).unwrap();
        let pid = child.pid().unwrap();
        child.stop(TERM, Duration::from_secs(5)).await.unwrap();
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
        let mut deaf = Process::spawn(
            "deaf",
            shell("trap '' TERM; while :; do sleep 0.1; done"),
            dir.path(),
        )
        .unwrap();
        deaf.stop(TERM, Duration::from_millis(300)).await.unwrap();
        assert_eq!(deaf.pid(), None);
    }

    #[tokio::test]
    async fn an_exited_child_is_reported_with_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no database; exit 3"]);
        let mut child = Process::spawn("sick", command, dir.path()).unwrap();
        child.child.wait().await.unwrap();
        let error = child.ended().unwrap().to_string();
        assert!(error.contains("sick has exited (exit status: 3)"), "{error}");
        assert!(error.ends_with("sick.log:\n  no database"), "{error}");
    }
}
