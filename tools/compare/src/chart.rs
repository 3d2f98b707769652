//! Charts as SVG: lines over time or over the number of callers.

mod lines;

use std::path::Path;

use anyhow::{Context as _, Result};

pub(crate) use self::lines::{Chart, Line, Scale};

/// Writes a chart into a folder.
pub fn write(dir: &Path, name: &str, svg: &str) -> Result<()> {
    let path = dir.join(name);
    let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&path, svg));
    written.with_context(|| format!("{} can't be written", path.display()))
}
