//! The document layer as its users see it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use windtunnel_traces::{Cores, SimDuration};

use super::*;

const SERVICE: &str = r#"
name = "service"
horizon = "24h"

[trace]
shape = "diurnal"
base = "300rps"
peak = "900rps"
rescale = { mean = "600rps" }

[service]
cpu = { lognormal = { mean = "12ms", cv = 1.0 } }

[instance]
cores = 8
price = { per_hour = 2.0, currency = "CNY" }

[[boot]]
stage = "provision"
time = "45s"

[[boot]]
stage = "health-check"
poll = { every = "10s", attempts = 30 }

[fixed]
instances = 1
"#;

const ESS: &str = r#"
base = "service.toml"
name = "ess"

[ess]
min = 3

[[ess.rule]]
name = "out"
adjust = { change = 2 }
cooldown = "300s"
"#;

const FILES: EmbeddedFiles = EmbeddedFiles::new(&[
    ("configs/service.toml", SERVICE),
    ("configs/ess.toml", ESS),
    ("configs/self.toml", "base = \"self.toml\""),
    ("configs/a.toml", "base = \"b.toml\""),
    ("configs/b.toml", "\nbase = \"../configs/a.toml\""),
    ("configs/typo.toml", "base = \"servce.toml\""),
    ("configs/number.toml", "base = 3"),
]);

fn load(name: &str) -> Result<Document, ScenarioError> {
    Document::load(&Path::new("configs").join(name), &FILES)
}

/// Lays the second text over the first.
#[track_caller]
fn laid_over(base: &str, overlay: &str) -> toml::Table {
    let mut under = parse::document(&Source::file("base.toml", base)).unwrap();
    merge::merge(&mut under, parse::document(&Source::file("over.toml", overlay)).unwrap(), "");
    Document { name: String::new(), root: under }.to_toml()
}

#[track_caller]
fn check_merge(base: &str, overlay: &str, expected: &str) {
    assert_eq!(laid_over(base, overlay), expected.parse::<toml::Table>().unwrap());
}

fn set(text: &str, assignments: &[&str]) -> Result<toml::Table, ScenarioError> {
    let mut document = Document::parse("demo.toml", text)?;
    for assignment in assignments {
        document.set(assignment)?;
    }
    Ok(document.to_toml())
}

#[track_caller]
fn check_set(text: &str, assignments: &[&str], expected: &str) {
    assert_eq!(set(text, assignments).unwrap(), expected.parse::<toml::Table>().unwrap());
}

#[test]
fn an_overlay_merges_tables_and_replaces_the_controller() {
    let document = load("ess.toml").unwrap();
    assert_eq!(document.get_str("name"), Some("ess"));
    assert_eq!(document.get_str("horizon"), Some("24h"));
    assert!(document.is_given("ess.rule.out.cooldown"));
    assert!(!document.is_given("fixed"), "the base's controller is gone");
    assert!(!document.is_given("base"), "the base is merged, not kept");
}

#[test]
fn arrays_of_tables_merge_by_name_and_others_are_replaced() {
    check_merge(
        "[[ess.rule]]\nname = 'a'\ncooldown = '1s'\nadjust = { change = 2 }\n[[ess.rule]]\nname = 'b'\n",
        "[[ess.rule]]\nname = 'c'\n[[ess.rule]]\nname = 'a'\ncooldown = '2s'\n",
        "[[ess.rule]]\nname = 'a'\ncooldown = '2s'\nadjust = { change = 2 }\n[[ess.rule]]\nname = 'b'\n[[ess.rule]]\nname = 'c'\n",
    );
    check_merge("[ess]\nremoval = ['a', 'b']\n", "[ess]\nremoval = ['c']\n", "[ess]\nremoval = ['c']\n");
    check_merge("boot = [{ stage = 'a' }]", "boot = []", "boot = []");
}

#[test]
fn boot_stages_merge_by_stage_and_a_poll_replaces_a_time() {
    check_merge(
        "[[boot]]\nstage = 'provision'\ntime = '45s'\nfails = 0.1\n",
        "[[boot]]\nstage = 'provision'\npoll = { every = '1s' }\n",
        "[[boot]]\nstage = 'provision'\nfails = 0.1\npoll = { every = '1s' }\n",
    );
}

/// A poll may stand beside the time of what it waits for: then a change to one of them leaves the other.
#[test]
fn a_poll_keeps_the_time_that_stood_beside_it() {
    check_merge(
        "[[boot]]\nstage = 'a'\ntime = '45s'\npoll = { every = '1s', attempts = 9 }\n",
        "[[boot]]\nstage = 'a'\npoll = { attempts = 20 }\n",
        "[[boot]]\nstage = 'a'\ntime = '45s'\npoll = { every = '1s', attempts = 20 }\n",
    );
}

#[test]
fn a_trace_source_replaces_the_others_and_their_keys() {
    check_merge(
        "[trace]\nfile = 'a.csv'\ngaps = 'zero'\nrescale = { mean = '1rps' }\n",
        "[trace]\nshape = 'constant'\nrate = '5rps'\n",
        "[trace]\nrescale = { mean = '1rps' }\nshape = 'constant'\nrate = '5rps'\n",
    );
    check_merge(
        "[trace]\nfile = 'a.csv'\ngaps = 'zero'\n",
        "[trace]\nfile = 'b.csv'\n",
        "[trace]\nfile = 'b.csv'\ngaps = 'zero'\n",
    );
}

#[test]
fn another_shape_takes_its_own_keys_and_the_same_shape_keeps_them() {
    let diurnal = "[trace]\nshape = 'diurnal'\nbase = '1rps'\npeak = '2rps'\n";
    check_merge(
        diurnal,
        "[trace]\nshape = 'constant'\nrate = '5rps'\n",
        "trace = { shape = 'constant', rate = '5rps' }",
    );
    check_merge(
        diurnal,
        "[trace]\nshape = 'diurnal'\npeak = '5rps'\n",
        "trace = { shape = 'diurnal', base = '1rps', peak = '5rps' }",
    );
    check_set(diurnal, &["trace.rate=5rps", "trace.shape=constant"], "trace = { shape = 'constant', rate = '5rps' }");
}

#[test]
fn a_distribution_is_replaced_as_a_whole() {
    check_merge(
        "[service]\ncpu = { lognormal = { mean = '1s', cv = 1 } }\n",
        "[service]\ncpu = { lognormal = { median = '1s', p95 = '2s' } }\n",
        "[service]\ncpu = { lognormal = { median = '1s', p95 = '2s' } }\n",
    );
}

#[test]
fn bases_that_cannot_be_read_are_refused_where_they_are_named() {
    for (file, place) in [
        ("self.toml", "configs/self.toml:1:8: this `base` leads back"),
        ("a.toml", "configs/b.toml:2:8: this `base` leads back"),
        ("typo.toml", "configs/typo.toml:1:8: there is no file `configs/servce.toml`"),
        ("number.toml", "configs/number.toml:1:8: `base` has to name a file"),
    ] {
        let error = load(file).unwrap_err();
        assert!(error.to_string().starts_with(place), "{error}");
    }
    let help = load("typo.toml").unwrap_err().diagnostics[0].help.clone();
    assert_eq!(help.as_deref(), Some("did you mean `configs/service.toml`?"));
    assert!(Document::parse("x.toml", "base = 'y.toml'").is_err());
}

#[test]
fn set_takes_toml_and_takes_the_rest_as_text() {
    check_set("", &["instance.cores=4"], "instance.cores = 4");
    check_set("", &["trace.rate=300rps"], "trace.rate = '300rps'");
    check_set("", &["trace.rate = \"300rps\""], "trace.rate = '300rps'");
    check_set("", &["name=007"], "name = '007'");
    check_set("", &["name="], "name = ''");
    check_set("", &["a.b=[1, 2]", "a.c={ d = true }"], "a = { b = [1, 2], c = { d = true } }");
    check_set("", &["a=x=y"], "a = 'x=y'");
    let error = set("", &["a={ b = 3s }"]).unwrap_err();
    assert!(error.to_string().starts_with("--set a={ b = 3s }: not valid TOML"), "{error}");
}

#[test]
fn set_addresses_arrays_by_name_stage_and_number() {
    let rules = "[[ess.rule]]\nname = 'out'\ncooldown = '1s'\n[[boot]]\nstage = 'x'\ntime = '1s'\n";
    check_set(
        rules,
        &["ess.rule.out.cooldown=60s", "boot.x.time=2s"],
        "[[ess.rule]]\nname = 'out'\ncooldown = '60s'\n[[boot]]\nstage = 'x'\ntime = '2s'\n",
    );
    check_set(
        rules,
        &["ess.rule.0.cooldown=60s", "boot[0].time=2s"],
        "[[ess.rule]]\nname = 'out'\ncooldown = '60s'\n[[boot]]\nstage = 'x'\ntime = '2s'\n",
    );
    let error = set(rules, &["ess.rule.oot.cooldown=60s"]).unwrap_err();
    assert_eq!(error.diagnostics[0].message, "`ess.rule` has no element with the name `oot`");
    assert_eq!(error.diagnostics[0].help.as_deref(), Some("did you mean `out`? names here: `out`"));
}

#[test]
fn set_replaces_what_the_key_excludes() {
    let shape = "[trace]\nshape = 'diurnal'\nbase = '1rps'\n";
    check_set(shape, &["trace.file=week.csv"], "trace.file = 'week.csv'");
    check_set(
        shape,
        &["trace.rate=5rps", "trace.clients={ batch = 500 }"],
        "trace = { rate = '5rps', clients = { batch = 500 } }",
    );
    let cpu = "[service]\ncpu = { lognormal = { mean = '1s', cv = 1 } }\n";
    check_set(cpu, &["service.cpu.lognormal.mean=2s"], "service.cpu.lognormal = { mean = '2s', cv = 1 }");
    check_set(cpu, &["service.cpu.exponential.mean=2s"], "service.cpu.exponential.mean = '2s'");
    check_set("service.cpu = '1s'", &["service.cpu.exponential.mean=2s"], "service.cpu.exponential.mean = '2s'");
    check_set("[ess]\nmin = 3", &["fixed.instances=5"], "fixed.instances = 5");
    let error = set("[ess]\nmin = 3", &["aws.min=2"]).unwrap_err();
    assert_eq!(error.diagnostics[0].message, "this scenario is controlled by `ess`, not by `aws`");
}

#[test]
fn set_refuses_what_is_not_an_assignment() {
    for wrong in ["instance.cores", "=4", "a..b=4", ".a=4"] {
        let error = set("", &[wrong]).unwrap_err();
        assert!(error.to_string().starts_with(&format!("--set {wrong}: ")), "{error}");
    }
    let error = set("horizon = '2h'", &["horizon.hours=2"]).unwrap_err();
    assert_eq!(error.diagnostics[0].message, "`horizon` is a string, so it has no key `hours`");
}

#[test]
fn two_elements_with_one_name_are_refused_at_the_second() {
    let error = Document::parse("x.toml", "[[ess.rule]]\nname = 'a'\n[[ess.rule]]\nname = 'a'\n").unwrap_err();
    assert_eq!(error.to_string(), "x.toml:4:8: a second `rule` with the name `a`");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    instance: Instance,
    #[serde(default)]
    rule: Vec<Rule>,
    seed: Option<u64>,
    start: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Instance {
    cores: Cores,
    discipline: Option<Discipline>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Discipline {
    Fcfs,
    ProcessorSharing,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: String,
    cooldown: SimDuration,
    adjust: Option<Adjust>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Adjust {
    Change(i32),
    Exact(u32),
}

#[track_caller]
fn refused(text: &str, message: &str, path: &str) -> Option<String> {
    let error = Document::parse("x.toml", text).unwrap().decode::<Wire>().unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.diagnostics[0].path.as_deref().unwrap_or(""), path);
    error.diagnostics[0].help.clone()
}

#[test]
fn a_document_is_read_into_types() {
    let text = "seed = 0x10\nstart = 2026-11-02T00:00:00\n[instance]\ncores = '250m'\ndiscipline = 'fcfs'\n\
                [[rule]]\nname = 'a'\ncooldown = '5m'\nadjust = { change = -2 }\n";
    let wire: Wire = Document::parse("x.toml", text).unwrap().decode().unwrap();
    assert_eq!((wire.instance.cores, wire.instance.discipline), (Cores::from_millis(250), Some(Discipline::Fcfs)));
    assert_eq!((wire.seed, wire.start.as_deref()), (Some(16), Some("2026-11-02T00:00:00")));
    assert_eq!((wire.rule[0].name.as_str(), wire.rule[0].cooldown), ("a", SimDuration::from_mins(5)));
    assert_eq!(wire.rule[0].adjust, Some(Adjust::Change(-2)));
}

#[test]
fn errors_stand_at_the_innermost_key_or_value() {
    refused("[instance]\n", "x.toml:1:1: `cores` is missing in `instance`", "instance.cores");
    refused("", "x.toml:1:1: `instance` is missing", "instance");
    let help = refused("[instance]\ncores = 1\ncoers = 2\n", "x.toml:3:1: unknown key `coers`", "instance.coers");
    assert_eq!(help.as_deref(), Some("did you mean `cores`? keys here: `cores`, `discipline`"));
    let rule = "[instance]\ncores = 1\n[[rule]]\nname = 'out'\n";
    refused(rule, "x.toml:3:1: `cooldown` is missing in `rule.out`", "rule.out.cooldown");
    refused(
        &format!("{rule}cooldown = 300"),
        "x.toml:5:12: expected a duration with its unit, such as \"300s\" or \"5m\", found the number 300",
        "rule.out.cooldown",
    );
    refused(
        &format!("{rule}cooldown = '300'"),
        "x.toml:5:12: `300` has no unit; write for example \"300s\" (units: ns, us, ms, s, m, h, d, w)",
        "rule.out.cooldown",
    );
    refused(
        &format!("{rule}cooldown = '1s'\nadjust = {{ chnge = 2 }}"),
        "x.toml:6:12: `chnge` is not one of the choices",
        "rule.out.adjust.chnge",
    );
    refused(
        &format!("{rule}cooldown = '1s'\nadjust = {{ change = 2, exact = 3 }}"),
        "x.toml:6:24: expected exactly one of `change`, `exact`, found 2",
        "rule.out.adjust.exact",
    );
    refused(
        "seed = -1\n[instance]\ncores = 1\n",
        "x.toml:1:8: expected a whole number that is not negative, found the number -1",
        "seed",
    );
    refused("instance = 3", "x.toml:1:12: expected a table, found the number 3", "instance");
}

#[test]
fn an_error_in_an_assignment_names_the_assignment() {
    let mut document = Document::parse("x.toml", "[instance]\ncores = 1\n").unwrap();
    document.set("instance.cores=eight").unwrap();
    let error = document.decode::<Wire>().unwrap_err();
    assert!(error.to_string().starts_with("--set instance.cores=eight: `eight` is not a number of cores"), "{error}");
    assert_eq!(error.diagnostics[0].location.as_ref().map(|place| place.span.clone()), Some(15..20));
}

#[test]
fn every_value_knows_its_file() {
    let mut document = load("ess.toml").unwrap();
    document.set("trace.file=week.csv").unwrap();
    assert_eq!(document.base_dir_of("instance.cores"), PathBuf::from("configs"));
    assert_eq!(document.base_dir_of("trace.file"), PathBuf::new());
    assert_eq!(
        document.error_at("instance.cores", "too many").to_string(),
        "configs/service.toml:15:9: too many",
        "a value of the base is located in the base"
    );
    assert_eq!(
        document.error_at("ess.alarm.low.period", "x").to_string(),
        "configs/ess.toml:5:1: x",
        "the nearest parent that exists"
    );
}

#[test]
fn files_that_are_no_scenario_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("good.toml"), "").unwrap();
    std::fs::write(path("latin.toml"), b"# a\nname = \"\xe9\"\n").unwrap();
    let refused = |path: &Path| {
        let error = Document::load(path, &DiskFiles).unwrap_err();
        let prefix = format!("{}", folder.path().display());
        let shown =
            format!("{} / {}", error.diagnostics[0].message, error.diagnostics[0].help.clone().unwrap_or_default());
        shown.replace(&prefix, "DIR")
    };
    assert_eq!(refused(&path("god.toml")), "there is no file `DIR/god.toml` / did you mean `DIR/good.toml`?");
    assert_eq!(
        refused(folder.path()),
        "`DIR` is a directory, not a scenario / name a file in it, such as `DIR/good.toml`"
    );
    assert_eq!(
        refused(&path("latin.toml")),
        "`DIR/latin.toml` is not a text: line 2 is not UTF-8 / a scenario is TOML, encoded as UTF-8"
    );
    assert!(Document::load(&path("good.toml"), &DiskFiles).is_ok());
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_not_matter() {
    let document = Document::parse("x.toml", "\u{feff}name = 'a'\r\n[instance]\r\ncores = 'x'\r\n").unwrap();
    assert_eq!(document.get_str("name"), Some("a"));
    assert!(document.error_at("instance.cores", "m").to_string().starts_with("x.toml:3:9"));
}

#[test]
fn broken_toml_is_located() {
    for (text, place) in [
        ("a = ", "x.toml:1:5: not valid TOML"),
        ("a = 1\n[a", "x.toml:2:"),
        ("a = 5s", "x.toml:1:5: "),
        ("a = \"5s\n[b\nc = 1\n", "x.toml:1:8: "),
        ("a = 1\n[b]\nc = 5s\n[d\n", "x.toml:3:5: "),
    ] {
        let error = Document::parse("x.toml", text).unwrap_err();
        assert!(error.to_string().starts_with(place), "{error}");
    }
}
