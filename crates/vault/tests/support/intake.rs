//! The real server in this process: it can stop, and come back as it was earlier.
use std::net::SocketAddr;
use std::sync::Arc;

use ::intake::{Config, Server, system_now};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server whose clock is off by a fixed time.
pub(crate) struct Intake {
    dir: TempDir,
    address: SocketAddr,
    offset: i64,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    pub code: String,
}

impl Intake {
    pub(crate) async fn start(now: i64) -> Self {
        let mut server = Self {
            dir: tempfile::tempdir().unwrap(),
            address: "127.0.0.1:0".parse().unwrap(),
            offset: now - system_now(),
            running: None,
            code: String::new(),
        };
        server.code = server.run().await.unwrap();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn run(&mut self) -> Option<String> {
        let mut config = Config::new(self.address, self.dir.path());
        let offset = self.offset;
        config.clock = Arc::new(move || system_now() + offset);
        config.limits.connections_per_address = 0;
        let server = Server::bind(config).await.unwrap();
        self.address = server.addr();
        let code = server.setup_code();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        self.running = Some((stop, task));
        code
    }

    async fn stop(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            let _ = stop.send(());
            task.await.unwrap();
        }
    }

    /// Stops for a moment; gives what its disk holds.
    pub(crate) async fn backup(&mut self) -> Vec<u8> {
        self.stop().await;
        let copy = std::fs::read(self.dir.path().join("intake.db")).unwrap();
        self.run().await;
        copy
    }

    /// Its disk is replaced by what it held then.
    pub(crate) async fn roll_back(&mut self, copy: &[u8]) {
        self.stop().await;
        for aside in ["intake.db-wal", "intake.db-shm"] {
            let _ = std::fs::remove_file(self.dir.path().join(aside));
        }
        std::fs::write(self.dir.path().join("intake.db"), copy).unwrap();
        self.run().await;
    }
}
