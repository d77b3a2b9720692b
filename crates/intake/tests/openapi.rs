//! The document says what the server does, no more and no less.

use std::collections::BTreeSet;

use super::support::{Answer, Running};

fn documented(document: &serde_json::Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = |(path, item): (&String, &serde_json::Value)| {
        let path = path.clone();
        item.as_object()
            .unwrap()
            .keys()
            .map(move |method| (method.to_uppercase(), path.clone()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(methods).collect()
}

#[tokio::test]
async fn every_documented_address_is_served_and_every_other_method_is_not() {
    let (server, _) = Running::claimed().await;
    let fetched = server.get("/v1/openapi.json").await;
    assert_eq!(fetched.text(), intake::openapi());
    let document = fetched.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let documented = documented(&document);
    let paths: BTreeSet<&String> = documented.iter().map(|(_, path)| path).collect();
    for path in paths {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"] {
            let url = server.url(
                &path
                    .replace("{hash}", &"0".repeat(64))
                    .replace("{room}", &"0".repeat(32)),
            );
            let answer = Answer::of(
                server
                    .client
                    .request(method.parse().unwrap(), url)
                    .send()
                    .await
                    .unwrap(),
            )
            .await;
            // HEAD of anything that can be fetched is HTTP's own rule.
            let known = documented.contains(&(method.into(), path.clone()))
                || (method == "HEAD" && documented.contains(&("GET".into(), path.clone())));
            assert_eq!(
                answer.status != 405,
                known,
                "{method} {path}: {}",
                answer.status
            );
        }
    }
}

#[test]
fn the_contracts_addresses_are_all_there() {
    let document: serde_json::Value = serde_json::from_str(&intake::openapi()).unwrap();
    let documented = documented(&document);
    let expected = [
        ("GET", "/v1/clinic"),
        ("POST", "/v1/claim"),
        ("POST", "/v1/submissions"),
        ("POST", "/v1/pull"),
        ("POST", "/v1/push"),
        ("GET", "/v1/wait"),
        ("PUT", "/v1/blobs/{hash}"),
        ("GET", "/v1/blobs/{hash}"),
        ("HEAD", "/v1/blobs/{hash}"),
        ("POST", "/v1/join"),
        ("GET", "/v1/join/{room}"),
        ("DELETE", "/v1/join/{room}"),
        ("PUT", "/v1/join/{room}/request"),
        ("PUT", "/v1/join/{room}/answer"),
        ("GET", "/v1/form.js"),
        ("GET", "/v1/form.html"),
        ("GET", "/v1/form.css"),
        ("GET", "/v1/page.css"),
        ("GET", "/v1/openapi.json"),
        ("GET", "/healthz"),
        ("GET", "/metrics"),
    ];
    let expected: BTreeSet<_> = expected
        .iter()
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(documented, expected);
}

#[test]
fn routes_are_only_made_where_they_are_documented_too() {
    // `routes!` feeds router and document alike; any other way to add a route would leave the document behind.
    let source = include_str!("../src/routes.rs");
    for bypass in [
        ".route(",
        ".nest(",
        ".route_service(",
        ".nest_service(",
        ".fallback_service(",
    ] {
        assert!(!source.contains(bypass), "{bypass}");
    }
    assert!(source.contains(".routes(routes!("));
}

#[tokio::test]
async fn metrics_count_by_template_and_name_nobody() {
    let (server, _) = Running::claimed().await;
    let post = serde_json::json!({ "name": "Canary Tên", "phone": "0999888777" });
    assert_eq!(server.post_json(&post).await.status, 202);
    server.get("/v1/0999888777").await;
    let text = server.get("/metrics").await.text();
    assert!(text.contains("letan_submissions_total{verdict=\"clean\"} 1"));
    assert!(text.contains("route=\"/v1/submissions\",method=\"POST\",status=\"202\""));
    assert!(text.contains("route=\"none\""));
    assert!(text.contains("letan_problems_total{name=\"not-found\"} 1"));
    assert!(
        !text.contains("0999888777") && !text.contains("Canary") && !text.contains("127.0.0.1")
    );
    assert!(text.ends_with("# EOF\n"));
}
