//! The real program, and questions for it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::json;

/// The real program in a process of its own.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) code: Option<String>,
}

impl Program {
    /// Starts the program on a free port and reads what it says on its console.
    pub(crate) fn start(data: &Path, claimed: bool) -> Self {
        Self::logging(data, claimed, Stdio::null())
    }

    /// Starts the program on a database; it was claimed before.
    pub(crate) fn sharing(url: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_letan-intake"));
        command.env("DATABASE_URL", url).stderr(Stdio::null());
        Self::run(command, true)
    }

    pub(crate) fn logging(data: &Path, claimed: bool, log: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_letan-intake"));
        command.arg("--data").arg(data);
        command.env("LETAN_INTAKE_LOG", "trace").stderr(log);
        Self::run(command, claimed)
    }

    fn run(mut command: Command, claimed: bool) -> Self {
        let mut child = command
            .args([
                "--listen",
                "127.0.0.1:0",
                "--posts-per-minute",
                "0",
                "--calm-posts-per-second",
                "4000000000",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let mut said = |start: &str| {
            lines
                .find_map(|line| line.strip_prefix(start).map(str::to_owned))
                .unwrap()
        };
        let address = said("listening on http://").parse().unwrap();
        let code = (!claimed).then(|| said("setup code: "));
        Self {
            child,
            address,
            code,
        }
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The most memory that it had at one time, in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: u64 = line
            .unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap();
        kib / 1024
    }

    pub(crate) fn terminate(mut self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success());
    }
}

/// Posts a question of number `n`; whether it was taken.
pub(crate) async fn post(client: &reqwest::Client, address: SocketAddr, n: usize) -> bool {
    let body = json!({ "submission": format!("{n:032x}"), "name": "a", "phone": n.to_string() })
        .to_string();
    let url = format!("http://{address}/v1/submissions");
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .body(body);
    request
        .send()
        .await
        .is_ok_and(|answer| answer.status() == 202)
}
