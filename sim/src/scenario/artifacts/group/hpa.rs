//! HPA manifests with the workload beside them, also when it comes in another file.

use serde_json::json;

use super::super::draft::{Draft, number, quoted, seconds};
use super::super::node::{Node, Source, Value};
use super::super::{ImportOptions, Imported, finding};
use super::{Names, surroundings};
use crate::controllers::hpa::manifest::Manifest;
use crate::controllers::hpa::{DefaultedSpec, FeatureGates};
use crate::scenario::document::Severity;
use crate::scenario::hazards::Finding;

fn text<'n>(node: &'n Node, path: &str) -> &'n str {
    node.at(path).and_then(Node::text).unwrap_or("")
}

/// One scenario per HPA.
pub(super) fn scenarios(
    documents: &[&Node],
    sources: &[Source],
    options: &ImportOptions,
    findings: &mut Vec<Finding>,
) -> Vec<Imported> {
    let mut names = Names::default();
    let mut scenarios = Vec::new();
    for hpa in documents.iter().filter(|document| text(document, "kind") == "HorizontalPodAutoscaler") {
        let name = names.unique(match text(hpa, "metadata/name") {
            "" => "hpa",
            name => name,
        });
        let target = (text(hpa, "spec/scaleTargetRef/kind"), text(hpa, "spec/scaleTargetRef/name"));
        let workload = documents.iter().find(|document| {
            (text(document, "kind"), text(document, "metadata/name")) == target
                && document.at("spec/template/spec/containers").is_some()
        });
        match scenario(&name, hpa, workload.copied(), sources, options, findings) {
            Ok(scenario) => scenarios.push(scenario),
            Err(message) => {
                let place = Draft::new(sources).place(hpa);
                findings.push(finding(
                    Severity::Error,
                    "I02",
                    place,
                    format!("the HPA `{name}` is not taken over: {message}"),
                    "",
                ));
            }
        }
    }
    scenarios
}

fn scenario(
    name: &str,
    hpa: &Node,
    workload: Option<&Node>,
    sources: &[Source],
    options: &ImportOptions,
    findings: &mut Vec<Finding>,
) -> Result<Imported, String> {
    let items: Vec<serde_json::Value> = std::iter::once(hpa).chain(workload).map(Node::json).collect();
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": items });
    let manifest = Manifest::parse(&list.to_string()).map_err(|error| error.to_string())?;
    let policy = manifest.policy(FeatureGates::default()).map_err(|error| error.to_string())?;
    let mut draft = Draft::new(sources);
    surroundings::head(&mut draft, name, "Kubernetes", options);
    draft.blank();
    let most = pods(&mut draft, &manifest, workload, &policy, findings);
    spec(&mut draft, &manifest, hpa, findings)?;
    nodes(&mut draft, &manifest, &policy, options);
    surroundings::write(&mut draft, "hpa", None, most, options);
    let Draft { text, places, .. } = draft;
    Ok(Imported { name: name.to_string(), text, places })
}

/// What the Deployment runs; returns how many nodes' worth of traffic to assume.
fn pods(
    draft: &mut Draft<'_>,
    manifest: &Manifest,
    workload: Option<&Node>,
    policy: &DefaultedSpec,
    findings: &mut Vec<Finding>,
) -> i64 {
    draft.table("[pods]", "pods", workload);
    let Some(known) = &manifest.workload else {
        draft.noted("cpu", "{ request = \"500m\" }", "ASSUMED: the Deployment is in none of the files");
        draft.noted("memory", "{ request = \"1GiB\" }", "ASSUMED");
        return nodes_for(policy.max, 0.5);
    };
    if let Some(replicas) = known.replicas.filter(|replicas| *replicas > 0) {
        let node = workload.and_then(|workload| workload.at("spec/replicas"));
        draft.key("replicas", &replicas.to_string(), node.map(|node| ("replicas", node)));
        if let Some(node) = node {
            let message = "spec.replicas beside an HPA: applying the Deployment again sets the number back";
            findings.push(finding(Severity::Note, "H09", draft.place(node), message, "leave spec.replicas out"));
        }
    }
    let containers = &known.template.containers;
    let sum = |pick: &dyn Fn(usize) -> Option<i64>| {
        (0..containers.len()).map(pick).sum::<Option<i64>>().filter(|sum| *sum > 0)
    };
    let cpu = (sum(&|i| containers[i].requests.cpu), sum(&|i| known.limits.get(i)?.cpu));
    let memory = (sum(&|i| containers[i].requests.memory), sum(&|i| known.limits.get(i)?.memory));
    let several =
        if containers.len() > 1 { format!("the sum of {} containers", containers.len()) } else { String::new() };
    let pair = |(request, limit): (Option<i64>, Option<i64>), unit: &dyn Fn(i64) -> String| {
        let parts: Vec<String> = [("request", request), ("limit", limit)]
            .into_iter()
            .filter_map(|(key, value)| Some(format!("{key} = {}", quoted(&unit(value?)))))
            .collect();
        format!("{{ {} }}", parts.join(", "))
    };
    let written = |draft: &mut Draft<'_>, key: &str, value: String| {
        let all = workload.and_then(|workload| workload.at("spec/template/spec/containers")).map(Node::list);
        let from = all.unwrap_or_default().iter().find_map(|container| {
            container.at(&format!("resources/requests/{key}")).or(container.at(&format!("resources/limits/{key}")))
        });
        let field = if several.is_empty() { "resources".to_string() } else { format!("resources, {several}") };
        draft.key(key, &value, from.map(|node| (field.as_str(), node)));
    };
    if cpu != (None, None) {
        written(draft, "cpu", pair(cpu, &|milli| format!("{milli}m")));
    }
    if memory != (None, None) {
        written(draft, "memory", pair(memory, &|milli| bytes(milli / 1000)));
    }
    if let Some(workload) = workload {
        probe_and_grace(draft, workload);
    }
    nodes_for(policy.max, cpu.0.unwrap_or(500) as f64 / 1000.0)
}

/// When a pod is ready, and how long it may take to end: the first readiness probe of its containers.
fn probe_and_grace(draft: &mut Draft<'_>, workload: &Node) {
    let pod = workload.at("spec/template/spec");
    let containers = pod.and_then(|pod| pod.get("containers")).map(Node::list).unwrap_or_default();
    if let Some(probe) = containers.iter().find_map(|container| container.get("readinessProbe")) {
        let of = |key: &str, least: i64| probe.get(key).and_then(Node::whole).filter(|value| *value >= least);
        let mut parts = vec![format!("period = {}", seconds(of("periodSeconds", 1).unwrap_or(10)))];
        parts.extend(of("initialDelaySeconds", 1).map(|delay| format!("initial_delay = {}", seconds(delay))));
        parts.extend(of("successThreshold", 1).map(|count| format!("success = {count}")));
        draft.key("readiness", &format!("{{ {} }}", parts.join(", ")), Some(("readinessProbe", probe)));
    }
    let grace = pod.and_then(|pod| pod.get("terminationGracePeriodSeconds"));
    if let Some((grace, node)) = grace.and_then(|node| Some((node.whole().filter(|grace| *grace >= 0)?, node))) {
        draft.key("termination_grace", &seconds(grace), Some(("terminationGracePeriodSeconds", node)));
    }
}

/// Nodes of 8 cores that take so many pods.
fn nodes_for(pods: i32, cores: f64) -> i64 {
    libm::ceil(f64::from(pods) * cores / 8.0).max(1.0) as i64
}

/// The spec, key by key from the manifest; one of v1 as it was converted.
fn spec(draft: &mut Draft<'_>, manifest: &Manifest, hpa: &Node, findings: &mut Vec<Finding>) -> Result<(), String> {
    let mut written = match (text(hpa, "apiVersion"), hpa.get("spec")) {
        ("autoscaling/v2", Some(spec)) => spec.clone(),
        _ => {
            let json = serde_json::to_value(&manifest.spec).map_err(|error| error.to_string())?;
            draft.comment("converted from autoscaling/v1");
            let mut written = plain(&json, hpa);
            place_as_v1(&mut written, hpa.get("spec"));
            written
        }
    };
    let further = drop_unknown_metrics(&mut written, draft, findings);
    let namespace = hpa.at("metadata/namespace").and_then(|node| Some((node.text()?, node)));
    if namespace.is_some() || !further.is_empty() {
        draft.blank();
        draft.table("[hpa]", "hpa", Some(hpa));
    }
    if let Some((namespace, node)) = namespace {
        draft.key("namespace", &quoted(namespace), Some(("namespace", node)));
    }
    if !further.is_empty() {
        draft.noted("further_metrics", &format!("[{}]", further.join(", ")), "not simulated: exported as they are");
    }
    draft.blank();
    table(draft, "hpa.spec", "hpa.spec", &written);
    Ok(())
}

/// Metrics that the simulated cluster cannot answer for are taken out of the spec, with a warning, and returned as TOML.
fn drop_unknown_metrics(spec: &mut Node, draft: &mut Draft<'_>, findings: &mut Vec<Finding>) -> Vec<String> {
    let mut further = Vec::new();
    let Value::Table(entries) = &mut spec.value else { return further };
    let Some((_, metrics)) = entries.iter_mut().find(|(key, _)| key == "metrics") else { return further };
    let Value::List(elements) = &mut metrics.value else { return further };
    elements.retain(|metric| {
        let name = ["pods", "object", "external"]
            .iter()
            .find_map(|kind| metric.at(&format!("{kind}/metric/name")))
            .and_then(Node::text);
        let Some(name) = name.filter(|name| !crate::fleet::pods::CUSTOM_METRICS.contains(name)) else { return true };
        let message = format!("the metric `{name}` is not simulated: the HPA is simulated without it");
        further.extend(toml::Value::try_from(metric.json()).ok().map(|value| value.to_string()));
        draft.comment(&format!("{}: {message}", draft.origin(metric)));
        let fix = format!("metrics that are: cpu, memory, {}", crate::fleet::pods::CUSTOM_METRICS.join(", "));
        findings.push(finding(Severity::Warning, "I02", draft.place(metric), message, fix));
        false
    });
    if elements.is_empty() {
        if !further.is_empty() {
            draft.comment("No metric is left: the HPA is simulated with the API's default, 80 % of the cpu request.");
        }
        entries.retain(|(key, _)| key != "metrics");
    }
    further
}

/// Gives a converted spec the places of v1's fields: the metric stands where the percentage was written.
fn place_as_v1(spec: &mut Node, original: Option<&Node>) {
    let (Value::Table(entries), Some(original)) = (&mut spec.value, original) else { return };
    for (key, node) in entries {
        let from = if key == "metrics" { "targetCPUUtilizationPercentage" } else { key.as_str() };
        if let Some(from) = original.get(from) {
            move_to(node, from);
        }
    }
}

/// Everything in a value gets the place of another, or of the other's field of the same name.
fn move_to(node: &mut Node, place: &Node) {
    node.span = place.span.clone();
    match &mut node.value {
        Value::Table(entries) => {
            entries.iter_mut().for_each(|(key, inner)| move_to(inner, place.get(key).unwrap_or(place)));
        }
        Value::List(elements) => elements.iter_mut().for_each(|element| move_to(element, place)),
        _ => {}
    }
}

fn plain(json: &serde_json::Value, at: &Node) -> Node {
    use serde_json::Value as Json;
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => Value::Number(number.to_string()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(elements) => Value::List(elements.iter().map(|element| plain(element, at)).collect()),
        Json::Object(entries) => {
            Value::Table(entries.iter().map(|(key, value)| (key.clone(), plain(value, at))).collect())
        }
    };
    Node::new(value, at.span.clone(), at.source)
}

/// A table with its keys, then its tables, then its arrays of tables.
fn table(draft: &mut Draft<'_>, header: &str, address: &str, node: &Node) {
    draft.table(&format!("[{header}]"), address, Some(node));
    keys(draft, header, address, node);
}

fn keys(draft: &mut Draft<'_>, header: &str, address: &str, node: &Node) {
    let entries: Vec<&(String, Node)> = node.entries().iter().filter(|(_, value)| value.value != Value::Null).collect();
    let is_array = |value: &Node| value.list().first().is_some_and(Node::is_table);
    for (key, value) in entries.iter().filter(|(_, value)| !value.is_table() && !is_array(value)) {
        draft.key(&bare(key), &scalar(value), Some(("", value)));
    }
    for (key, value) in entries.iter().filter(|(_, value)| value.is_table()) {
        table(draft, &format!("{header}.{}", bare(key)), &format!("{address}.{key}"), value);
    }
    for (key, value) in entries.iter().filter(|(_, value)| is_array(value)) {
        for (index, element) in value.list().iter().enumerate() {
            let header = format!("{header}.{}", bare(key));
            draft.table(&format!("[[{header}]]"), &format!("{address}.{key}.{index}"), Some(element));
            keys(draft, &header, &format!("{address}.{key}.{index}"), element);
        }
    }
}

/// A key as TOML.
fn bare(key: &str) -> String {
    let is_bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_bare { key.to_string() } else { quoted(key) }
}

fn scalar(node: &Node) -> String {
    match &node.value {
        Value::Bool(truth) => truth.to_string(),
        Value::Number(text) => match (node.whole(), node.number()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(value)) => number(value),
            _ => quoted(text),
        },
        Value::List(elements) => format!("[{}]", elements.iter().map(scalar).collect::<Vec<_>>().join(", ")),
        _ => quoted(node.text().unwrap_or("")),
    }
}

/// Nodes that all pods find room on.
fn nodes(draft: &mut Draft<'_>, manifest: &Manifest, policy: &DefaultedSpec, options: &ImportOptions) {
    if options.base.is_some() {
        return;
    }
    let containers =
        manifest.workload.as_ref().map(|workload| workload.template.containers.as_slice()).unwrap_or_default();
    let sum = |pick: &dyn Fn(usize) -> Option<i64>| (0..containers.len()).filter_map(pick).sum::<i64>() as f64 / 1000.0;
    let cores = sum(&|i| containers[i].requests.cpu).max(if containers.is_empty() { 0.5 } else { 0.0 });
    let gib = sum(&|i| containers[i].requests.memory) / f64::from(1 << 30);
    let per_node = |request: f64, node: f64| {
        if request > 0.0 { libm::floor(node / request).max(1.0) } else { f64::from(policy.max) }
    };
    let room = per_node(cores, 8.0).min(per_node(gib, 32.0)).max(1.0);
    draft.blank();
    draft.table("[nodes]", "nodes", None);
    draft.noted(
        "count",
        &format!("{:.0}", libm::ceil(f64::from(policy.max) / room).max(1.0)),
        "ASSUMED: room for maxReplicas; [cluster_autoscaler] instead lets nodes follow",
    );
}

/// Bytes in the largest unit that says it exactly.
fn bytes(count: i64) -> String {
    match count {
        count if count % (1 << 30) == 0 => format!("{}GiB", count >> 30),
        count if count % (1 << 20) == 0 => format!("{}MiB", count >> 20),
        count => count.to_string(),
    }
}
