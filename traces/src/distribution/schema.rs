//! The JSON Schema of a distribution, for editors.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::Distribution;
use crate::time::SimDuration;

impl JsonSchema for Distribution {
    fn schema_name() -> Cow<'static, str> {
        "Distribution".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let duration = generator.subschema_for::<SimDuration>();
        let number = json_schema!({ "type": "number" });
        let (d, n) = (&duration, &number);
        let mut families = vec![
            table("exponential", &[("mean", d, true)]),
            table("lognormal", &[("mean", d, false), ("cv", n, false), ("median", d, false), ("p95", d, false)]),
            table("gamma", &[("mean", d, true), ("cv", n, true)]),
            table("pareto", &[("mean", d, true), ("alpha", n, true), ("max", d, false)]),
            table("weibull", &[("mean", d, true), ("shape", n, true)]),
            table("uniform", &[("min", d, true), ("max", d, true)]),
            table("hyperexponential", &[("mean", d, true), ("cv", n, true)]),
        ];
        families.push(family("constant", &duration));
        families.push(family(
            "mixture",
            &json_schema!({
                "type": "array",
                "items": {
                    "type": "object",
                    "description": "`weight` and one distribution",
                    "properties": { "weight": { "type": "number", "minimum": 0 } },
                    "required": ["weight"],
                    "minProperties": 2,
                    "maxProperties": 2
                }
            }),
        ));
        families.push(family(
            "quantiles",
            &json_schema!({
                "anyOf": [
                    { "type": "object", "additionalProperties": duration, "description": "min, p50, p99, ..., max" },
                    { "type": "array", "items": { "type": "array", "minItems": 2, "maxItems": 2 } }
                ]
            }),
        ));
        families.push(family(
            "empirical",
            &json_schema!({
                "type": "object",
                "properties": {
                    "file": { "type": "string", "description": "One duration per line, in seconds or with a unit." },
                    "values": { "type": "array", "items": duration }
                },
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": false
            }),
        ));
        families.push(family(
            "histogram",
            &json_schema!({
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": { "from": duration, "to": duration, "count": { "type": "integer", "minimum": 0 } },
                    "required": ["from", "to", "count"],
                    "additionalProperties": false
                }
            }),
        ));
        families.insert(0, duration);
        json_schema!({
            "description": "A duration alone (constant), or a table with one key that names the family.",
            "anyOf": families,
            "examples": ["12ms", { "lognormal": { "mean": "12ms", "cv": 1.0 } }]
        })
    }
}

/// `{ name = { keys } }`
fn table(name: &str, keys: &[(&str, &Schema, bool)]) -> Schema {
    let mut properties = Schema::default();
    for (key, schema, _) in keys {
        properties.insert((*key).to_string(), schema.as_value().clone());
    }
    let required: Vec<&str> = keys.iter().filter(|(_, _, required)| *required).map(|(key, ..)| *key).collect();
    family(
        name,
        &json_schema!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false
        }),
    )
}

/// `{ name = parameters }`
fn family(name: &str, parameters: &Schema) -> Schema {
    json_schema!({
        "type": "object",
        "properties": { name: parameters },
        "required": [name],
        "additionalProperties": false
    })
}
