//! A server from its start to its stop.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::watch};
use zeroize::Zeroizing;

use crate::{
    app::App,
    budget::Budget,
    config::{Config, is_origin},
    form::Form,
    keeper::{Beginning, Keeper, fresh_code},
    metrics::Metrics,
    plain_ids::PlainIds,
    rate::{Load, PerAddress},
    routes, serve,
    store::{Identity, Store, StoreError},
    token::{Challenges, OpenedTokens},
};

/// Tries of the setup code that one address has in a minute.
const CLAIMS_PER_MINUTE: u32 = 20;

/// Looks and requests at waiting rooms that one address has in a minute: a whole clinic may be behind it.
const DOORS_PER_MINUTE: u32 = 240;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An allowed origin is none that a browser sends.
    #[error(
        "{0:?} is no origin: write it as https://cuoiholoi.vn, without a path or slash at its end, in lower case, \
         other letters as punycode (xn--…)"
    )]
    Origin(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
}

/// A server that listens; [`Server::run`] makes it answer.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
    stopping: watch::Sender<bool>,
}

impl Server {
    /// Opens the store and listens.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let form = form(&config.allow_origins)?;
        let store = Arc::new(Store::open(&config).await?);
        let identity = store.found(fresh_identity()).await?;
        let metrics = Arc::new(Metrics::new());
        let opened = OpenedTokens::new(identity.token_key);
        // Every process knows the others' challenges; a process alone has a key for its own life.
        let work_key = if store.is_shared() {
            identity.token_key
        } else {
            rand::random()
        };
        let challenges = Challenges::new(config.limits.pow_bits, work_key);
        let keeper = Keeper::start(Beginning {
            store: Arc::clone(&store),
            identity,
            clock: Arc::clone(&config.clock),
            metrics: Arc::clone(&metrics),
        })
        .await?;
        let cannot = |error| StartError::Listen(config.listen, error);
        let listener = TcpListener::bind(config.listen).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let (stopping, seen) = watch::channel(false);
        let app = Arc::new(App {
            rate: PerAddress::new(config.limits.posts_per_minute),
            claims: PerAddress::new(CLAIMS_PER_MINUTE),
            doors: PerAddress::new(DOORS_PER_MINUTE),
            rooms: watch::Sender::new(()),
            bodies: Budget::new(config.limits.desk_bytes),
            load: Load::new(config.limits.calm_posts_per_second),
            challenges,
            form,
            openapi: routes::document(),
            plain_ids: PlainIds::new(),
            opened,
            keeper,
            store,
            metrics,
            stopping: seen,
            config,
        });
        Ok(Self {
            listener,
            address,
            app,
            stopping,
        })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The one-time setup code; `None` once a clinic has claimed this server.
    #[must_use]
    pub fn setup_code(&self) -> Option<String> {
        self.app.keeper.codes().borrow().clone()
    }

    /// Answers requests until `stop` is done, finishes those in flight, and closes the store.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let router = routes::router(&self.app);
        let stopping = self.stopping;
        let stop = async {
            stop.await;
            // Long polls answer at once, so that they do not hold the stop up.
            stopping.send_replace(true);
        };
        serve::serve(self.listener, Arc::clone(&self.app), router, stop).await;
        self.app.keeper.close().await;
    }
}

/// Gives the store that `config` names a new author, after it was restored from a backup.
pub async fn renew_identity(config: &Config) -> Result<(), StartError> {
    let store = Store::open(config).await?;
    store.found(fresh_identity()).await?;
    store.renew_identity(fresh_identity()).await?;
    store.close().await?;
    Ok(())
}

/// The setup code of the store that `config` names; `None` once a clinic has claimed it.
pub async fn stored_setup_code(config: &Config) -> Result<Option<String>, StartError> {
    let store = Store::open(config).await?;
    let identity = store.found(fresh_identity()).await?;
    store.close().await?;
    Ok(identity.setup_code)
}

fn form(origins: &[String]) -> Result<Form, StartError> {
    if let Some(wrong) = origins.iter().find(|origin| !is_origin(origin)) {
        return Err(StartError::Origin(wrong.clone()));
    }
    Form::new(origins).map_err(|_| StartError::Origin(origins.join(",")))
}

fn fresh_identity() -> Identity {
    Identity {
        root: Zeroizing::new(rand::random()),
        token_key: rand::random(),
        setup_code: Some(fresh_code()),
        behind: false,
    }
}
