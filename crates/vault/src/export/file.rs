//! Files that are either whole or not there: written beside their place, hashed on the way, and
//! given their names together once all of them are on the disk.
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{AesMode, CompressionMethod, ZipWriter};

use super::{Destination, WriteError, WrittenFile};

/// Bytes that go to the disk at once.
const PIECE: usize = 1 << 16;

/// The bytes of one file on their way.
struct Out<'a> {
    file: NamedTempFile,
    hash: Sha256,
    bytes: u64,
    stop: &'a AtomicBool,
    /// Whether a write failed: what comes after is let fall, so that a ZIP's own attempt to end
    /// itself neither fails again nor makes a file of it.
    broken: bool,
}

impl Write for Out<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Ok(piece.len());
        }
        if self.stop.load(Ordering::Relaxed) {
            self.broken = true;
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let taken = self.file.write(piece).inspect_err(|error| {
            self.broken = error.kind() != io::ErrorKind::Interrupted;
        })?;
        let (written, _) = piece.split_at(taken);
        self.hash.update(written);
        self.bytes += written.len() as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

type Sealed<'a> = ZipWriter<StreamWriter<BufWriter<Out<'a>>>>;

enum Sink<'a> {
    Plain(BufWriter<Out<'a>>),
    Sealed(Box<Sealed<'a>>),
}

/// The files of one export; dropped before [`Files::publish`], it leaves none.
pub(super) struct Files<'a> {
    to: &'a Destination,
    /// Of what is written, which is not that of a ZIP around it.
    extension: &'static str,
    stop: &'a AtomicBool,
    sink: Sink<'a>,
    at: PathBuf,
    parts: u32,
    done: Vec<(NamedTempFile, WrittenFile)>,
}

impl<'a> Files<'a> {
    /// Opens the first file.
    pub(super) fn begin(
        to: &'a Destination,
        extension: &'static str,
        stop: &'a AtomicBool,
    ) -> Result<Self, WriteError> {
        let out = open(&to.path, stop)?;
        let mut files = Self {
            to,
            extension,
            stop,
            sink: match to.password {
                None => Sink::Plain(out),
                Some(_) => Sink::Sealed(Box::new(ZipWriter::new_stream(out))),
            },
            at: to.path.clone(),
            parts: 1,
            done: Vec::new(),
        };
        files.entry()?;
        Ok(files)
    }

    /// Goes on in a further file, or in a further one of the same ZIP.
    pub(super) fn next(&mut self) -> Result<(), WriteError> {
        self.parts += 1;
        if self.to.password.is_none() {
            let at = numbered(&self.to.path, self.parts, None);
            let out = open(&at, self.stop)?;
            let before = core::mem::replace(&mut self.sink, Sink::Plain(out));
            let path = core::mem::replace(&mut self.at, at);
            self.done.push(finish(before, path)?);
        }
        self.entry()
    }

    /// Begins an entry of the ZIP, if it is one.
    fn entry(&mut self) -> Result<(), WriteError> {
        let (Sink::Sealed(zip), Some(password)) = (&mut self.sink, &self.to.password) else {
            return Ok(());
        };
        // A workbook is a ZIP by itself: nothing is gained by packing it again.
        let method = match self.extension {
            "xlsx" => CompressionMethod::Stored,
            _ => CompressionMethod::Deflated,
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .large_file(true)
            .with_aes_encryption(AesMode::Aes256, password.as_str());
        let inside = numbered(&self.to.path, self.parts, Some(self.extension));
        let name = inside.file_name().unwrap_or_default().to_string_lossy();
        zip.start_file(name, options).map_err(io::Error::from)?;
        Ok(())
    }

    /// Gives all files their names, durably; if one can't have its name, none keeps one.
    pub(super) fn publish(mut self) -> Result<Vec<WrittenFile>, WriteError> {
        let last = finish(self.sink, self.at)?;
        self.done.push(last);
        let mut named: Vec<WrittenFile> = Vec::with_capacity(self.done.len());
        let result = self.done.into_iter().try_for_each(|(file, written)| {
            absent(&written.path)?;
            file.persist(&written.path).map_err(|error| error.error)?;
            named.push(written);
            Ok::<(), WriteError>(())
        });
        let result = result.and_then(|()| Ok(sync_directory(folder(&self.to.path))?));
        if let Err(error) = result {
            for written in named {
                // Whatever can't be removed could not be helped either.
                let _ = fs::remove_file(written.path);
            }
            return Err(error);
        }
        Ok(named)
    }
}

impl Write for Files<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Plain(out) => out.write(piece),
            Sink::Sealed(zip) => zip.write(piece),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open<'a>(path: &Path, stop: &'a AtomicBool) -> Result<BufWriter<Out<'a>>, WriteError> {
    absent(path)?;
    let file = tempfile::Builder::new()
        .prefix(".letan-")
        .suffix(".part")
        .tempfile_in(folder(path))
        // The name of a temporary file was taken: that says nothing about the destination.
        .map_err(|error| WriteError::from(io::Error::from(error.kind())))?;
    let out = Out {
        file,
        hash: Sha256::new(),
        bytes: 0,
        stop,
        broken: false,
    };
    Ok(BufWriter::with_capacity(PIECE, out))
}

fn finish(sink: Sink<'_>, path: PathBuf) -> Result<(NamedTempFile, WrittenFile), WriteError> {
    let buffer = match sink {
        Sink::Plain(buffer) => buffer,
        Sink::Sealed(zip) => zip.finish().map_err(io::Error::from)?.into_inner(),
    };
    let out = buffer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    if out.broken {
        return Err(WriteError::Io(io::ErrorKind::Other));
    }
    out.file.as_file().sync_all()?;
    let written = WrittenFile {
        path,
        sha256: out.hash.finalize().into(),
        bytes: out.bytes,
    };
    Ok((out.file, written))
}

fn absent(path: &Path) -> Result<(), WriteError> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(WriteError::Exists);
    }
    Ok(())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// `lo.csv`, `lo-2.csv`, `lo-3.csv` …
fn numbered(path: &Path, part: u32, extension: Option<&str>) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    if part > 1 {
        name.push(format!("-{part}"));
    }
    let own = path.extension().map(std::ffi::OsStr::to_os_string);
    if let Some(extension) = extension.map(Into::into).or(own) {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}
