//! What was built.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};

/// Where an ELF file names its machine, in two bytes.
const MACHINE: std::ops::Range<usize> = 18..20;

/// A function's binary.
pub(crate) struct Bootstrap {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) architecture: &'static str,
}

impl Bootstrap {
    /// Returns all that were built, by name.
    pub(crate) fn all() -> Result<Vec<Self>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/lambda");
        let built = fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        let paths = built.map(|entry| entry.path().join("bootstrap")).filter(|path| path.is_file());
        let mut all = paths.map(Self::at).collect::<Result<Vec<_>>>()?;
        ensure!(
            !all.is_empty(),
            "there is no function in target/lambda: build them with `cargo lambda build --release --compiler cargo`"
        );
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// Returns whether this machine can run it.
    pub(crate) fn runs_here(&self) -> bool {
        self.architecture == std::env::consts::ARCH
    }

    fn at(path: PathBuf) -> Result<Self> {
        let folder = path.parent().and_then(Path::file_name).context("a bootstrap without a folder")?;
        let name = folder.to_string_lossy().into_owned();
        let file = fs::read(&path)?;
        let architecture = match file.get(MACHINE) {
            Some([62, 0]) => "x86_64",
            Some([183, 0]) => "aarch64",
            Some(_) | None => bail!("{name} is built for a machine that Lambda does not have"),
        };
        Ok(Self { name, path, bytes: file.len() as u64, architecture })
    }
}
