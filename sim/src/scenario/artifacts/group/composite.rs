//! Composite alarms: rules over the states of other alarms. They report, and invoke no policy.

use super::super::draft::{Draft, quoted};
use super::super::finding;
use super::super::object::Object;
use super::Parts;
use crate::controllers::cloud::composite::Rule;
use crate::scenario::document::Severity;
use crate::scenario::hazards::Finding;

/// Alarms as they were written: their names, and how references name them.
pub(super) struct KnownAlarm {
    pub(super) name: String,
    pub(super) symbol: Option<String>,
}

/// Puts a composite into the group whose alarms it names; where none are known, it is left aside.
pub(super) fn place<'o>(composite: &'o Object, all: &mut [Parts<'o>]) {
    let rule = composite.text("AlarmRule").unwrap_or_default();
    let names_one = |parts: &Parts<'_>| {
        parts.alarms.iter().any(|alarm| {
            let symbol = alarm.symbol.as_deref().is_some_and(|symbol| rule.contains(symbol));
            symbol || alarm.text("AlarmName").is_some_and(|name| rule.contains(name))
        })
    };
    let place = all.iter().position(names_one).unwrap_or(0);
    if let Some(parts) = all.get_mut(place) {
        parts.composites.push(composite);
    }
}

/// Writes those whose rules name nothing but alarms of the scenario.
pub(super) fn write(draft: &mut Draft<'_>, parts: &Parts<'_>, mut known: Vec<KnownAlarm>, findings: &mut Vec<Finding>) {
    for composite in &parts.composites {
        let name = composite.text("AlarmName").unwrap_or("composite").to_string();
        if known.iter().any(|alarm| alarm.name == name) {
            continue;
        }
        let rule = resolved(composite.text("AlarmRule").unwrap_or_default(), &known);
        let unknown = match Rule::parse(&rule) {
            Err(error) => Some(error.to_string()),
            Ok(read) => read
                .alarms()
                .into_iter()
                .find(|alarm| !known.iter().any(|one| one.name == *alarm))
                .map(|alarm| format!("its rule names the alarm `{alarm}`, which was not read")),
        };
        draft.blank();
        if let Some(why) = unknown {
            let message = format!("the composite alarm `{name}` is not taken over: {why}");
            draft.comment(&format!("{}: {message}", draft.origin(&composite.node)));
            let fix = "import the alarms beside it";
            findings.push(finding(Severity::Note, "I01", draft.place(&composite.node), message, fix));
            continue;
        }
        draft.table("[[aws.composite]]", &format!("aws.composite.{name}"), Some(&composite.node));
        draft.noted("name", &quoted(&name), "");
        draft.key("rule", &quoted(&rule), composite.node.get("AlarmRule").map(|from| ("AlarmRule", from)));
        known.push(KnownAlarm { name, symbol: composite.symbol.clone() });
    }
}

/// The rule with names in it: ARNs end in the alarm's name, references stand for it.
fn resolved(rule: &str, known: &[KnownAlarm]) -> String {
    let mut out = rule.to_string();
    for alarm in known {
        let Some(symbol) = &alarm.symbol else { continue };
        for reference in [
            format!("${{{symbol}}}"),
            format!("${{{symbol}.Arn}}"),
            format!("${{{symbol}.arn}}"),
            format!("${{{symbol}.alarm_name}}"),
        ] {
            out = out.replace(&reference, &alarm.name);
        }
    }
    let mut plain = String::new();
    let mut rest = out.as_str();
    while let Some(at) = rest.find("arn:aws") {
        let (before, tail) = rest.split_at(at);
        plain.push_str(before);
        let end = tail.find(|c: char| "\"'), ".contains(c)).unwrap_or(tail.len());
        let (arn, after) = tail.split_at(end);
        plain.push_str(arn.split_once(":alarm:").map_or(arn, |(_, name)| name));
        rest = after;
    }
    plain + rest
}
