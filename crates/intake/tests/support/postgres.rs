//! A PostgreSQL of the tests' own: a fresh cluster in a temporary folder, on a Unix socket, and by TLS on loopback.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Makes the cluster, says where its socket is, and removes all of it when standard input ends: also when the tests were
/// killed.
const SCRIPT: &str = r#"
set -eu
dir=$(mktemp -d /tmp/letan-postgres.XXXXXX)
server=
trap '[ -z "$server" ] || { kill -QUIT $server; wait $server || :; }; rm -rf "$dir"' EXIT
"$1/initdb" -D "$dir/data" -U letan --auth=trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
printf %s "$CERTIFICATE" >"$dir/server.crt"
(umask 077 && printf %s "$KEY" >"$dir/server.key")
"$1/postgres" -D "$dir/data" -k "$dir" -c listen_addresses=127.0.0.1 -p "$2" -c ssl=on \
  -c ssl_cert_file="$dir/server.crt" -c ssl_key_file="$dir/server.key" -c max_connections=300 -c shared_buffers=32MB >"$dir/log" 2>&1 </dev/null &
server=$!
until "$1/pg_isready" -q -h "$dir" -p "$2"; do
  kill -0 $server || { cat "$dir/log" >&2; exit 1; }
  sleep 0.05
done
echo "$dir"
cat >/dev/null
"#;

struct Cluster {
    socket: String,
    port: u16,
    #[allow(dead_code)] // the store's own tests connect by the socket alone
    certificate: String,
    programs: PathBuf,
    // Held open: its end is the cluster's.
    _input: ChildStdin,
    _child: Child,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a new, empty database.
pub(crate) fn database() -> String {
    let cluster = CLUSTER.get_or_init(start);
    let name = format!("test{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let made = Command::new(cluster.programs.join("createdb"))
        .args(["-h", &cluster.socket, "-p", &cluster.port.to_string()])
        .args(["-U", "letan", &name])
        .status()
        .unwrap();
    assert!(made.success(), "the database {name} cannot be made");
    let Cluster { socket, port, .. } = cluster;
    format!("postgres://letan@localhost:{port}/{name}?host={socket}")
}

/// The address of a new, empty database by TCP, and the certificate by which its server proves itself.
#[allow(dead_code)] // as above
pub(crate) fn database_by_tls() -> (String, String) {
    let near = database();
    let cluster = CLUSTER.get_or_init(start);
    let far = near.replace("localhost", "127.0.0.1");
    let (far, _) = far.split_once('?').unwrap();
    (far.to_owned(), cluster.certificate.clone())
}

fn start() -> Cluster {
    let programs = programs();
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let port = free_port();
    // PostgreSQL refuses to run as root.
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = Command::new(if root { "runuser" } else { "sh" });
    if root {
        command.args(["-u", "postgres", "--", "sh"]);
    }
    let mut child = command
        .args(["-c", SCRIPT, "sh"])
        .arg(&programs)
        .arg(port.to_string())
        .env("CERTIFICATE", cert.pem())
        .env("KEY", signing_key.serialize_pem())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut socket = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut socket).unwrap();
    let socket = socket.trim().to_owned();
    assert!(!socket.is_empty(), "PostgreSQL for the tests did not start");
    Cluster {
        socket,
        port,
        certificate: cert.pem(),
        programs,
        _input: child.stdin.take().unwrap(),
        _child: child,
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// The newest installed version's programs: Debian keeps them outside of the path.
fn programs() -> PathBuf {
    let all = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let version = |path: &PathBuf| -> Option<u32> { path.file_name()?.to_str()?.parse().ok() };
    let newest = all
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("bin/initdb").is_file())
        .max_by_key(version);
    newest
        .expect("PostgreSQL is not installed: ./dev test installs the package postgresql")
        .join("bin")
}
