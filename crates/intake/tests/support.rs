//! A clinic with desks, and servers for it on free ports.

mod clinic;
mod http;
mod postgres;
mod program;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use intake::{Config, Server, system_now};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

pub(crate) use clinic::{Clinic, Desk, NOTICE, bundle, segment, send};
pub(crate) use http::{Answer, urlencode};
pub(crate) use postgres::{database, database_by_tls};
pub(crate) use program::{Program, post};

/// A server that runs until it is dropped or stopped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) code: Option<String>,
    pub(crate) dir: Arc<TempDir>,
    pub(crate) client: reqwest::Client,
    clock: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// An unclaimed server with limits that do not get into a test's way.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(set: impl FnOnce(&mut Config)) -> Self {
        Self::on(Arc::new(TempDir::new().unwrap()), set).await
    }

    pub(crate) async fn on(dir: Arc<TempDir>, set: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(AtomicI64::new(0));
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), dir.path());
        let offset = Arc::clone(&clock);
        config.clock = Arc::new(move || system_now() + offset.load(Ordering::SeqCst));
        config.limits.posts_per_minute = 0;
        config.limits.calm_posts_per_second = u32::MAX;
        config.limits.connections_per_address = 0;
        set(&mut config);
        let server = Server::bind(config).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        Self {
            address: server.addr(),
            code: server.setup_code(),
            dir,
            client: client(),
            clock,
            stop: Some(stop),
            task: tokio::spawn(server.run(async {
                let _ = stopped.await;
            })),
        }
    }

    /// A process that shares this database with others.
    pub(crate) async fn sharing(url: &str) -> Self {
        Self::with(|config| config.database_url = Some(url.to_owned())).await
    }

    /// A server that belongs to a clinic.
    pub(crate) async fn claimed() -> (Self, Clinic) {
        Self::claimed_with(|_| {}).await
    }

    pub(crate) async fn claimed_with(set: impl FnOnce(&mut Config)) -> (Self, Clinic) {
        let server = Self::with(set).await;
        let mut clinic = Clinic::found();
        let answer = clinic.claim(&server).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        (server, clinic)
    }

    /// Moves the server's clock.
    pub(crate) fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> i64 {
        system_now() + self.clock.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path)).send().await.unwrap()).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        media: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        self.post_with(path, media, body, &[]).await
    }

    pub(crate) async fn post_with(
        &self,
        path: &str,
        media: &str,
        body: impl Into<reqwest::Body>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self
            .client
            .post(self.url(path))
            .header("content-type", media)
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn post_json(&self, body: &serde_json::Value) -> Answer {
        self.post("/v1/submissions", "application/json", body.to_string())
            .await
    }

    /// The number of files of the store in which these bytes are.
    pub(crate) fn files_with(&self, bytes: &[u8]) -> usize {
        let files = std::fs::read_dir(self.dir.path()).unwrap();
        files
            .map(|file| std::fs::read(file.unwrap().path()).unwrap())
            .filter(|content| memchr::memmem::find(content, bytes).is_some())
            .count()
    }

    /// Stops as an operator would, and waits for it.
    pub(crate) async fn stop(mut self) -> Arc<TempDir> {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.task.await.unwrap();
        self.dir
    }
}

/// A client for plain HTTP; building one asks for TLS all the same.
pub(crate) fn client() -> reqwest::Client {
    // Chosen before by another test: as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
