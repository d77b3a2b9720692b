//! The command line: the window by default, or founding a clinic without one.
use crate::app::{self, Launch};
use crate::desk::Desk;
use crate::failure::{Code, Failure};
use crate::keychain::Keychain;
use crate::log;
use crate::outside::Nowhere;
use crate::status::{FoundingForm, Phase};
use clap::{Args, Parser, Subcommand};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Names the data directory; absolute. For demonstrations and tests.
const DATA_DIR: &str = "LETAN_DATA_DIR";
/// Where the data lie below the user's data directory.
const IDENTIFIER: &str = "vn.vietsmile.letan";

/// Lễ Tân: the front desk of Nha khoa Việt Smile.
#[derive(Parser)]
#[command(name = "le-tan", version, about)]
struct Line {
    /// Start in the tray, without a window.
    #[arg(long)]
    tray: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Found a clinic on this PC without a window; prints the 24 recovery words, once.
    Found(Found),
}

#[derive(Args)]
struct Found {
    /// Name of the clinic.
    #[arg(long)]
    clinic: String,
    /// Branch that this PC stands in.
    #[arg(long)]
    branch: String,
    /// Name of this PC.
    #[arg(long)]
    desk: String,
    /// Person at the desk.
    #[arg(long)]
    person: String,
    /// Address of the clinic's server, to claim it at once.
    #[arg(long, requires = "code")]
    server: Option<String>,
    /// One-time setup code that the server's console shows.
    #[arg(long, requires = "server")]
    code: Option<String>,
    /// Where the data lie; absolute.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Does what the command line says. Exit codes: 0 done, 1 failed, 2 misunderstood, 3 there is a
/// clinic already, 4 the keychain does not serve, 5 founded but the server was not claimed.
#[must_use]
pub(crate) fn main() -> ExitCode {
    let line = Line::parse();
    match line.command {
        None => window(line.tray),
        Some(Command::Found(order)) => found_here(order),
    }
}

fn window(hidden: bool) -> ExitCode {
    let Some((data, elsewhere)) = data_dir(None) else {
        return refuse(&Failure::with(Code::BadInput, DATA_DIR), 2);
    };
    log::start(&data);
    let launch = Launch {
        data,
        elsewhere,
        hidden,
    };
    match app::run(launch) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the window does not start");
            ExitCode::FAILURE
        }
    }
}

fn found_here(order: Found) -> ExitCode {
    let Some((data, _)) = data_dir(order.data.as_deref()) else {
        return refuse(&Failure::with(Code::BadInput, "data"), 2);
    };
    log::start(&data);
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(found(order, &data)),
        Err(_) => refuse(&Failure::new(Code::Internal), 1),
    }
}

async fn found(order: Found, data: &Path) -> ExitCode {
    let desk = Desk::new(data, Keychain::system(), Arc::new(Nowhere));
    let code = match desk.start().await.phase {
        Phase::NoClinic => founded(&desk, order).await,
        Phase::Database { problem } => {
            refuse(&Failure::with(Code::NotReady, format!("{problem:?}")), 1)
        }
        _ => refuse(&Failure::new(Code::AlreadyFounded), 3),
    };
    desk.close().await;
    code
}

async fn founded(desk: &Desk, order: Found) -> ExitCode {
    let form = FoundingForm {
        clinic: order.clinic,
        branch: order.branch,
        desk: order.desk,
        person: order.person,
    };
    let kit = match desk.found(form).await {
        Ok(kit) => kit,
        Err(failure) => return refuse(&failure, exit_code(failure.code)),
    };
    if print_words(&kit.words).is_err() {
        return refuse(&Failure::with(Code::Io, "stdout"), 1);
    }
    if let (Some(server), Some(code)) = (order.server, order.code)
        && let Err(failure) = desk.claim(&server, &code).await
    {
        return refuse(&failure, 5);
    }
    ExitCode::SUCCESS
}

fn exit_code(code: Code) -> u8 {
    match code {
        Code::KeychainLocked
        | Code::KeychainMissing
        | Code::KeychainWrong
        | Code::KeychainUnavailable => 4,
        Code::AlreadyFounded => 3,
        Code::BadInput | Code::TooLong => 2,
        _ => 1,
    }
}

/// The words, four to a line, numbered as the kit asks for them.
fn print_words(words: &[String]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for (row, four) in words.chunks(4).enumerate() {
        for (column, word) in four.iter().enumerate() {
            write!(out, "{:2}. {word:<10}", row * 4 + column + 1)?;
        }
        writeln!(out)?;
    }
    out.flush()
}

fn refuse(failure: &Failure, code: u8) -> ExitCode {
    let detail = failure.detail.as_deref().unwrap_or_default();
    // Where standard error is gone, the exit code still says it.
    let _ = writeln!(std::io::stderr(), "le-tan: {:?} {detail}", failure.code);
    ExitCode::from(code)
}

/// The data directory, and whether it is another than usual; `None` if it can't be told.
fn data_dir(given: Option<&Path>) -> Option<(PathBuf, bool)> {
    let asked = given
        .map(Path::to_owned)
        .or_else(|| std::env::var_os(DATA_DIR).map(PathBuf::from));
    match asked {
        Some(dir) => dir.is_absolute().then_some((dir, true)),
        None => dirs::data_dir().map(|dir| (dir.join(IDENTIFIER), false)),
    }
}
