//! Counts and times for the operator, with no trace of who asked what.

use std::{sync::atomic::AtomicI64, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// One kind of request: its route's template, its method and its answer's status.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Request {
    /// The route's template, or `none`.
    pub route: String,
    /// The method, or `other`.
    pub method: &'static str,
    /// The answer's status.
    pub status: u16,
}

/// A problem's stable name.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Trouble {
    /// As in the problem document's type.
    pub name: &'static str,
}

/// A submission's verdict.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Verdict {
    /// `clean`, `suspect` or `repeated`.
    pub verdict: &'static str,
}

/// All metrics of one server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    problems: Family<Trouble, Counter>,
    submissions: Family<Verdict, Counter>,
    seconds: Histogram,
    /// Connections open now.
    pub connections: Gauge<i64, AtomicI64>,
    /// Connections closed at once because their address had too many.
    pub turned_away: Counter,
    /// Entries taken from desks.
    pub pushed: Counter,
    /// Segments of desks that were refused: lies, forks, unknown or revoked authors.
    pub refused: Counter,
    /// Durable transactions.
    pub commits: Counter,
    /// Requests answered by catching a panic.
    pub panics: Counter,
}

impl Metrics {
    /// Metrics that are all zero.
    #[must_use]
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("letan"),
            requests: Family::default(),
            problems: Family::default(),
            submissions: Family::default(),
            seconds: Histogram::new([0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0]),
            connections: Gauge::default(),
            turned_away: Counter::default(),
            pushed: Counter::default(),
            refused: Counter::default(),
            commits: Counter::default(),
            panics: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let all = &mut self.registry;
        all.register(
            "requests",
            "Requests by route, method and status",
            self.requests.clone(),
        );
        all.register(
            "problems",
            "Answers that were problems, by name",
            self.problems.clone(),
        );
        all.register(
            "submissions",
            "Submissions stored, by verdict",
            self.submissions.clone(),
        );
        all.register(
            "answer_seconds",
            "Time to the answer's head",
            self.seconds.clone(),
        );
        all.register(
            "connections",
            "Connections open now",
            self.connections.clone(),
        );
        all.register(
            "connections_turned_away",
            "Connections closed because their address had too many",
            self.turned_away.clone(),
        );
        all.register(
            "pushed_entries",
            "Entries taken from desks",
            self.pushed.clone(),
        );
        all.register("refused_segments", "Segments refused", self.refused.clone());
        all.register("commits", "Durable transactions", self.commits.clone());
        all.register("panics", "Panics caught", self.panics.clone());
    }

    /// Counts one answered request.
    pub(crate) fn answered(
        &self,
        request: &Request,
        problem: Option<&'static str>,
        took: Duration,
    ) {
        self.requests.get_or_create(request).inc();
        self.seconds.observe(took.as_secs_f64());
        if let Some(name) = problem {
            self.problems.get_or_create(&Trouble { name }).inc();
        }
    }

    /// Counts one submission.
    pub(crate) fn submitted(&self, verdict: &'static str) {
        self.submissions.get_or_create(&Verdict { verdict }).inc();
    }

    /// The metrics in `OpenMetrics` text.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
