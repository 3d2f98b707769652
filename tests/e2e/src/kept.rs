//! Copies of one service's databases, on SQLite and on PostgreSQL, that can be put back.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use wallet_contract::subject::Service;

use crate::World;

/// A copy of a service's databases.
#[derive(Debug)]
pub enum Kept {
    /// The files of SQLite.
    Files(Service, PathBuf),
    /// A database of PostgreSQL's, by its own name and that of the copy.
    Database(Service, String, String),
}

impl Kept {
    /// Stops a service, copies its databases, and starts it again.
    pub async fn of(world: &mut World, service: Service) -> Result<Self> {
        world.stack.stop_service(service).await?;
        let kept = if world.stack.options().database.is_in_folder() {
            let folder = world.dir().join(format!("kept-{}", service.token()));
            fs::create_dir_all(&folder)?;
            for file in files(world, service)? {
                fs::copy(&file, folder.join(file.file_name().context("a file")?))?;
            }
            Self::Files(service, folder)
        } else {
            let name = database(world, service)?;
            let copy = format!("{name}_kept");
            execute(world, &format!("CREATE DATABASE {copy} TEMPLATE {name}")).await?;
            Self::Database(service, name, copy)
        };
        world.stack.start_service(service).await?;
        Ok(kept)
    }

    /// Stops the service, puts the copy back in place of its databases, and starts it again.
    pub async fn put_back(self, world: &mut World) -> Result<()> {
        match self {
            Self::Files(service, folder) => {
                remove(world, service).await?;
                for entry in fs::read_dir(folder)? {
                    let file = entry?.path();
                    fs::copy(&file, world.dir().join(file.file_name().context("a file")?))?;
                }
                world.stack.start_service(service).await
            }
            Self::Database(service, name, copy) => {
                remove(world, service).await?;
                execute(world, &format!("DROP DATABASE {name}")).await?;
                execute(world, &format!("ALTER DATABASE {copy} RENAME TO {name}")).await?;
                world.stack.start_service(service).await
            }
        }
    }
}

/// Stops a service, removes its databases, and starts it with empty ones.
pub async fn delete(world: &mut World, service: Service) -> Result<()> {
    remove(world, service).await?;
    world.stack.start_service(service).await
}

/// Stops a service, and empties its databases.
async fn remove(world: &mut World, service: Service) -> Result<()> {
    world.stack.stop_service(service).await?;
    if !world.stack.options().database.is_in_folder() {
        let name = database(world, service)?;
        execute(world, &format!("DROP DATABASE {name}")).await?;
        return execute(world, &format!("CREATE DATABASE {name}")).await;
    }
    for file in files(world, service)? {
        fs::remove_file(file)?;
    }
    Ok(())
}

fn files(world: &World, service: Service) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(world.dir())? {
        let file = entry?.path();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with(&format!("{}-", service.token())) && name.contains(".db") {
            files.push(file);
        }
    }
    Ok(files)
}

fn database(world: &World, service: Service) -> Result<String> {
    let options = world.stack.options();
    let url = options.database.url(service, &options.dir)?;
    let name = url.rsplit('/').next().context("a URL has a database")?;
    Ok(name.to_owned())
}

async fn execute(world: &World, sql: &str) -> Result<()> {
    world.stack.options().database.administer(sql).await
}
