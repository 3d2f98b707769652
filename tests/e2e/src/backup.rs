//! Copies of a stored stack on SQLite: its streams and its databases.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use rustix::process::Signal;
use wallet_contract::subject::Service;

use crate::World;
use crate::instance::signal;

/// Copies a folder recursively.
pub fn copy_all(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// The streams and databases of a stack, without its logs and settings.
fn stored(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries: Vec<PathBuf> = fs::read_dir(dir)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    let is_stored = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name == "nats" || name.contains(".db")
    };
    Ok(entries.into_iter().filter(is_stored).collect())
}

/// Copies the streams and databases of a stack into a folder.
pub fn take(world: &World, to: &Path) -> Result<()> {
    copy_stored(&world.dir(), to)
}

fn copy_stored(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for path in stored(from)? {
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_all(&path, &target)?;
        } else {
            fs::copy(path, target)?;
        }
    }
    Ok(())
}

/// Copies them while all processes of the stack are stopped: all at one instant, like a file-system snapshot.
pub fn take_while_paused(world: &World, to: &Path) -> Result<()> {
    let services = Service::ALL
        .into_iter()
        .filter_map(|service| world.stack.pid(service));
    let processes: Vec<u32> = services.chain(world.stack.nats_pid()).collect();
    for pid in &processes {
        signal(*pid, Signal::STOP)?;
    }
    let taken = take(world, to);
    for pid in &processes {
        signal(*pid, Signal::CONT)?;
    }
    taken
}

/// Stops everything in order.
pub async fn stop(world: &mut World) -> Result<()> {
    for service in Service::ALL {
        world.stack.stop_service(service).await?;
    }
    world.stack.kill_nats().await
}

/// Starts everything again.
pub async fn start(world: &mut World) -> Result<()> {
    world.stack.start_nats().await?;
    for service in Service::ALL {
        world.stack.spawn_service(service)?;
    }
    for service in Service::ALL {
        world.stack.wait_until_ready(service).await?;
    }
    Ok(())
}

/// Replaces the streams and databases of a stopped stack by a copy.
pub fn restore_files(world: &World, from: &Path) -> Result<()> {
    for path in stored(&world.dir())? {
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
    }
    copy_stored(from, &world.dir())
}
