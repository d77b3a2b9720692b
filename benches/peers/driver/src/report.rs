//! The figures: medians of runs in turns, as a table and as JSON.
use serde_json::{Value, json};

/// One line of the report.
pub struct Row {
    /// What was done.
    pub name: String,
    /// `ns`, `1/s` or `bytes`.
    pub unit: &'static str,
    /// Ours, one value a run.
    pub ours: Vec<f64>,
    /// The peers', by name; without values where the peer can't do it.
    pub peers: Vec<(&'static str, Vec<f64>)>,
    /// What no program can beat, and what it is.
    pub limit: (&'static str, Vec<f64>),
}

/// The middle value; `None` without values.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

impl Row {
    /// One JSON value a peer; one without a peer if there is none.
    pub fn json(&self, n: usize) -> Vec<Value> {
        let ours = median(&self.ours);
        let limit = median(&self.limit.1);
        let ratio = |other: Option<f64>| Some(ours? / other?);
        let none = [("", Vec::new())];
        let peers = if self.peers.is_empty() { &none[..] } else { &self.peers[..] };
        peers
            .iter()
            .map(|(peer_name, values)| {
                let peer = median(values);
                json!({
                    "name": self.name, "n": n, "ours": ours, "peer": peer, "peer_name": peer_name,
                    "limit": limit, "limit_name": self.limit.0, "unit": self.unit,
                    "ratio_peer": ratio(peer), "ratio_limit": ratio(limit), "runs": self.ours.len(),
                })
            })
            .collect()
    }

    /// One line of the table.
    pub fn line(&self) -> String {
        let show = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| human(value, self.unit));
        let ours = median(&self.ours);
        let mut line = format!("{:<46}{:>12}", self.name, show(ours));
        for (name, values) in &self.peers {
            let peer = median(values);
            let ratio = ours.zip(peer).map_or_else(String::new, |(ours, peer)| format!(" ({:.2}×)", ours / peer));
            line.push_str(&format!("   {name} {}{ratio}", show(peer)));
        }
        if let (Some(ours), Some(limit)) = (ours, median(&self.limit.1)) {
            line.push_str(&format!("   {} {} ({:.2}×)", self.limit.0, show(Some(limit)), ours / limit));
        }
        line
    }
}

fn human(value: f64, unit: &str) -> String {
    match unit {
        "ns" if value < 1e3 => format!("{value:.0} ns"),
        "ns" if value < 1e6 => format!("{:.1} µs", value / 1e3),
        "ns" if value < 1e9 => format!("{:.2} ms", value / 1e6),
        "ns" => format!("{:.2} s", value / 1e9),
        "bytes" => format!("{:.1} MB", value / 1e6),
        "1/s" => format!("{value:.0}/s"),
        other => format!("{value:.2} {other}"),
    }
}
