//! The intake server's program: reads its flags, says the setup code, serves until it is told to stop.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use intake::{Config, Server, StartError};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Takes sealed questions from a clinic's website in, and hands sealed entries to its desks.
#[derive(Parser)]
#[command(name = "letan-intake", version)]
struct Flags {
    /// Address to listen on. Put a reverse proxy with TLS in front of anything but loopback.
    #[arg(
        long,
        env = "LETAN_INTAKE_LISTEN",
        default_value = "127.0.0.1:8787",
        global = true
    )]
    listen: SocketAddr,
    /// Folder of the store; made if it is not there.
    #[arg(
        long,
        env = "LETAN_INTAKE_DATA",
        default_value = "intake-data",
        global = true
    )]
    data: PathBuf,
    /// PostgreSQL database to use instead of a folder: <postgres://user:password@host/database>. Give it by the
    /// environment, where other users do not see it.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    database_url: Option<String>,
    /// Origin whose pages may show and send the form, such as <https://cuoiholoi.vn>; may be repeated; * is any.
    #[arg(
        long = "allow-origin",
        env = "LETAN_INTAKE_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    allow_origins: Vec<String>,
    /// Take the visitor's address from the last hop of X-Forwarded-For; only behind a proxy that sets it.
    #[arg(long, env = "LETAN_INTAKE_TRUST_PROXY")]
    trust_proxy: bool,
    /// Submissions that one address may send in a minute; 0 is no limit.
    #[arg(long, env = "LETAN_INTAKE_POSTS_PER_MINUTE", default_value_t = 30)]
    posts_per_minute: u32,
    /// Submissions per second of everybody above which browsers must work for theirs.
    #[arg(long, env = "LETAN_INTAKE_CALM_POSTS", default_value_t = 20)]
    calm_posts_per_second: u32,
    /// Leading zero bits of that work.
    #[arg(long, env = "LETAN_INTAKE_POW_BITS", default_value_t = 18, value_parser = clap::value_parser!(u8).range(1..=22))]
    pow_bits: u8,
    /// Largest size of the store in MiB; without it, up to the disk.
    #[arg(long, env = "LETAN_INTAKE_MAX_STORE_MIB")]
    max_store_mib: Option<u64>,
    /// Print the setup code of the store and end.
    #[arg(long)]
    print_setup_code: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Ask the server at --listen whether it is well; ends with 0 if it is.
    Healthcheck,
    /// Give a store that was restored from a backup a new author. Needed once after every restore.
    Restored,
}

impl Flags {
    fn config(&self) -> Config {
        let mut config = Config::new(self.listen, self.data.clone());
        config.database_url.clone_from(&self.database_url);
        config.allow_origins.clone_from(&self.allow_origins);
        config.trust_proxy = self.trust_proxy;
        config.limits.posts_per_minute = self.posts_per_minute;
        config.limits.calm_posts_per_second = self.calm_posts_per_second;
        config.limits.pow_bits = self.pow_bits;
        config.limits.store_bytes = self
            .max_store_mib
            .map(|mib| mib.saturating_mul(1024 * 1024));
        config
    }
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    start_log();
    let outcome = match flags.command {
        Some(Command::Healthcheck) => return healthcheck(flags.listen),
        Some(Command::Restored) => block(async {
            intake::renew_identity(&flags.config()).await?;
            say(
                "The store has a new author. Start the server, then connect it again from an owner's desk.",
            );
            Ok(())
        }),
        None if flags.print_setup_code => block(async {
            match intake::stored_setup_code(&flags.config()).await? {
                Some(code) => say(&code),
                None => say("This server was claimed; there is no setup code any more."),
            }
            Ok(())
        }),
        None => block(serve(flags.config())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("letan-intake: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn block(work: impl Future<Output = Result<(), StartError>>) -> Result<(), StartError> {
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => Err(intake::StoreError::Folder(error).into()),
    }
}

async fn serve(config: Config) -> Result<(), StartError> {
    let server = Server::bind(config).await?;
    tracing::info!(address = %server.addr(), "listening");
    say(&format!("listening on http://{}", server.addr()));
    // On the console only, never in the log.
    if let Some(code) = server.setup_code() {
        say(&format!("setup code: {code}"));
    }
    server.run(stopped()).await;
    tracing::info!("stopped");
    Ok(())
}

async fn stopped() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        // Without handlers, the system's own way to stop a process holds.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn say(line: &str) {
    // A console that is gone is no reason to stop.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

fn start_log() {
    let filter = EnvFilter::try_from_env("LETAN_INTAKE_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    // The usual report quotes the panic's message, and that could quote what a visitor wrote.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a request failed by a fault of the program");
    }));
}

fn healthcheck(listen: SocketAddr) -> ExitCode {
    match ask_health(reachable(listen)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            say("letan-intake: the server answers but is not well");
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&format!(
                "letan-intake: no answer from the server: {}",
                error.kind()
            ));
            ExitCode::FAILURE
        }
    }
}

/// An address to connect to: "every address" is none.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, listen.port())
}

fn ask_health(address: SocketAddr) -> io::Result<bool> {
    let patience = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    Ok(&answer == b"HTTP/1.1 200")
}
