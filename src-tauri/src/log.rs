//! The log: to the console and to a small file, codes only, no names, numbers or keys.
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Size at which the file begins anew; the one before it is kept.
const FULL: u64 = 512 * 1024;

/// Starts logging; without a writable file the console has to do.
pub(crate) fn start(dir: &Path) {
    // Other people's crates don't know our rule about personal data, so they don't log at all.
    let ours = Targets::new()
        .with_target("le_tan_lib", tracing::Level::INFO)
        .with_target("vault", tracing::Level::INFO);
    let console = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false);
    let file = Rotating::open(dir.join("log").join("le-tan.log"))
        .ok()
        .map(|file| {
            tracing_subscriber::fmt::layer()
                .with_writer(Mutex::new(file))
                .with_ansi(false)
        });
    let started = tracing_subscriber::registry()
        .with(ours)
        .with(console)
        .with(file)
        .try_init();
    if started.is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            // The place only: a message may quote a value.
            let place = panic.location().map(ToString::to_string);
            tracing::error!(place, "panic");
        }));
    }
}

/// A file that begins anew when it is full.
pub(crate) struct Rotating {
    path: PathBuf,
    file: File,
    written: u64,
}

impl Rotating {
    /// Appends to `path`, making its folder if need be.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let written = file.metadata()?.len();
        Ok(Self {
            path,
            file,
            written,
        })
    }

    fn turn_over(&mut self) -> io::Result<()> {
        std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
        *self = Self::open(std::mem::take(&mut self.path))?;
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.written >= FULL {
            self.turn_over()?;
        }
        let count = self.file.write(line)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn the_log_never_grows_beyond_two_files_of_half_a_megabyte() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep").join("x.log");
        let mut log = Rotating::open(path.clone()).unwrap();
        let line = [b'x'; 1000];
        for _ in 0..3000 {
            log.write_all(&line).unwrap();
        }
        let sizes: Vec<u64> = std::fs::read_dir(path.parent().unwrap())
            .unwrap()
            .map(|file| file.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes.iter().all(|&size| size <= FULL + 1000), "{sizes:?}");
    }

    #[test]
    fn a_log_goes_on_where_it_ended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.log");
        for _ in 0..2 {
            Rotating::open(path.clone())
                .unwrap()
                .write_all(b"line\n")
                .unwrap();
        }
        assert_eq!(std::fs::read(path).unwrap(), b"line\nline\n");
    }
}
