//! Connections: accepted up to a number, held to times, and let finish at a stop.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use crate::{
    app::{App, Peer},
    rate::network,
    stall::Stall,
};

/// Largest header of a request, in bytes.
const HEAD_BYTES: usize = 32 * 1024;

/// Serves until `stop` is done, then lets requests in flight finish.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(app.config.limits.connections));
    let guests = Guests::new(&app);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            (place, accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    let Some(guest) = guests.admit(peer.ip()) else {
                        app.metrics.turned_away.inc();
                        continue;
                    };
                    let connection = connection(stream, peer, &app, &router);
                    let watched = graceful.watch(connection);
                    let app = Arc::clone(&app);
                    tokio::spawn(async move {
                        app.metrics.connections.inc();
                        // A connection that breaks is the other end's affair.
                        let _ = watched.await;
                        app.metrics.connections.dec();
                        drop((place, guest));
                    });
                }
                // Out of file descriptors, or a connection that went before it was taken.
                Err(_) => sleep(Duration::from_millis(50)).await,
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    if timeout(app.config.limits.grace, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not finish in time");
    }
}

/// How many connections each address has open.
struct Guests {
    /// 0 is no limit.
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One open connection of an address.
struct Guest {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    network: IpAddr,
}

impl Guests {
    fn new(app: &App) -> Self {
        // Behind a proxy all visitors come from one address.
        let limited = !app.config.trust_proxy;
        Self {
            most: if limited {
                app.config.limits.connections_per_address
            } else {
                0
            },
            open: Arc::default(),
        }
    }

    /// Counts a connection in, unless its address has too many.
    fn admit(&self, address: IpAddr) -> Option<Guest> {
        let network = network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = open.get(&network).copied().unwrap_or(0);
        if self.most > 0 && mine >= self.most {
            return None;
        }
        open.insert(network, mine + 1);
        Some(Guest {
            open: Arc::clone(&self.open),
            network,
        })
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get(&self.network).copied().unwrap_or(0) {
            0 | 1 => open.remove(&self.network),
            more => open.insert(self.network, more - 1),
        };
    }
}

type Connection<S> = http1::Connection<TokioIo<Stall<TcpStream>>, S>;

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: &App,
    router: &Router,
) -> Connection<
    impl hyper::service::Service<
        Request<Incoming>,
        Response = axum::response::Response,
        Error = std::convert::Infallible,
        Future: Send,
    > + use<>,
> {
    // Small answers must not wait for the other end's acknowledgement.
    let _ = stream.set_nodelay(true);
    let stream = Stall::new(stream, app.config.limits.stall);
    let router = router.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request.map(axum::body::Body::new))
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.config.limits.head_timeout)
        .max_buf_size(HEAD_BYTES)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), service)
}
