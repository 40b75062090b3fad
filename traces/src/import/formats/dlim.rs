//! DLIM models of LIMBO: a load as a tree of functions. <https://github.com/joakimkistowski/LIMBO>
//!
//! A sequence plays its containers one after the other, over and over; each has a function of the time since its beginning.
//! What is combined with a function is added, subtracted or multiplied. The model is evaluated in the middle of each unit of
//! time.

use roxmltree::{Document as Xml, Node};

use super::super::ImportOptions;
use super::super::collect::Collector;
use super::super::damage::Damage;
use super::super::format::{DocumentReader, Importer, Reader, Sample};
use super::super::stamp::Stamps;
use crate::random::{Generator, Purpose, Streams, normal, uniform};
use crate::recording::Values;

pub(super) struct Dlim;

impl Importer for Dlim {
    fn name(&self) -> &'static str {
        "dlim"
    }

    fn about(&self) -> &'static str {
        "DLIM load models (XML) of LIMBO, evaluated per --time-unit, 1s unless told"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        sample.opening() == Some(b'<') && sample.mentions("descartes.tools/dlim")
    }

    fn reader(&self, _sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        let unit = options.time_unit.map_or(1_000_000_000, crate::SimDuration::as_nanos);
        Ok(Reader::Document(Box::new(Model { unit })))
    }
}

struct Model {
    unit: u64,
}

/// Units of time of the longest model.
const LONGEST: f64 = 10_000_000.0;
/// Functions within functions; deeper ones are a mistake.
const DEEPEST: usize = 64;

impl DocumentReader for Model {
    fn document(&mut self, text: &[u8], _stamps: &mut Stamps, to: &mut Collector) -> Result<Vec<String>, Damage> {
        let text = std::str::from_utf8(text).map_err(|_| Damage::new("it is not UTF-8 text"))?;
        let xml = Xml::parse(text).map_err(|error| Damage::new(format!("this is not XML: {error}")))?;
        let root = xml.root_element();
        let sequence = Sequence::read(root, 0)?;
        let length = sequence.length();
        if !(length > 0.0 && length <= LONGEST) {
            return Err(Damage::new(format!(
                "the model is {length} units of time long; it must say how long it is (terminateAfterTime or \
                 terminateAfterLoops), and be at most {LONGEST}"
            )));
        }
        let mut noise = Streams::new(1).stream(Purpose::Series);
        to.interval_is(self.unit);
        to.values_are(Values::Rate);
        for index in 0..length.ceil() as i64 {
            let rate = sequence.at(index as f64 + 0.5, &mut noise);
            if !rate.is_finite() {
                return Err(Damage::new(format!("the model has no finite value at {}", index as f64 + 0.5)));
            }
            to.row(index * self.unit as i64, rate.max(0.0), 0.0);
        }
        Ok(vec!["the model's values were taken for requests per second".into()])
    }
}

/// Containers one after the other, in a loop.
struct Sequence {
    containers: Vec<Container>,
    loop_length: f64,
    loops: Option<f64>,
    time: Option<f64>,
    combined: Vec<(Operator, Function)>,
}

struct Container {
    start: f64,
    length: f64,
    function: Option<Function>,
}

/// A function of the time since the beginning of its container, and what is combined with it.
struct Function {
    shape: Shape,
    combined: Vec<(Operator, Function)>,
}

enum Shape {
    Constant(f64),
    Sin { min: f64, max: f64, period: f64, phase: f64, absolute: bool },
    Trend { kind: Trend, from: f64, to: f64, order: f64 },
    Burst { kind: Burst, base: f64, peak: f64, at: f64, order: f64 },
    Uniform { min: f64, max: f64 },
    Normal { mean: f64, deviation: f64 },
    Sequence(Box<Sequence>),
}

#[derive(Copy, Clone)]
enum Trend {
    Linear,
    Exponential,
    Logarithmic,
    Sin,
}

#[derive(Copy, Clone, PartialEq)]
enum Burst {
    Linear,
    Exponential,
    LogarithmicDecline,
}

#[derive(Copy, Clone)]
enum Operator {
    Add,
    Subtract,
    Multiply,
}

impl Operator {
    fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
        }
    }
}

fn number(node: Node, name: &str, default: f64) -> Result<f64, Damage> {
    let Some(text) = node.attribute(name) else { return Ok(default) };
    let number = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| Damage::new(format!("{name}=\"{text}\" is no number")))
}

fn combined(node: Node, depth: usize) -> Result<Vec<(Operator, Function)>, Damage> {
    let nodes = node.children().filter(|child| child.tag_name().name() == "combine");
    nodes
        .map(|node| {
            let operator = match node.attribute("operator").unwrap_or("ADD") {
                "ADD" => Operator::Add,
                "SUB" => Operator::Subtract,
                "MULT" => Operator::Multiply,
                other => return Err(Damage::new(format!("operator=\"{other}\" is not ADD, SUB or MULT"))),
            };
            let function = node.children().find(|child| child.tag_name().name() == "function");
            let function = function.ok_or_else(|| Damage::new("a combine has no function"))?;
            Ok((operator, Function::read(function, depth + 1)?))
        })
        .collect()
}

impl Sequence {
    fn read(node: Node, depth: usize) -> Result<Sequence, Damage> {
        let mut start = 0.0;
        let mut containers = Vec::new();
        for container in node.children().filter(|child| child.tag_name().name() == "sequenceFunctionContainers") {
            let length = number(container, "duration", 0.0)?.max(0.0);
            let function = container.children().find(|child| child.tag_name().name() == "function");
            let function = function.map(|node| Function::read(node, depth + 1)).transpose()?;
            containers.push(Container { start, length, function });
            start += length;
        }
        let positive = |value: f64| Some(value).filter(|value| *value > 0.0);
        Ok(Sequence {
            containers,
            loop_length: start,
            loops: positive(number(node, "terminateAfterLoops", -1.0)?),
            time: positive(number(node, "terminateAfterTime", -1.0)?),
            combined: combined(node, depth)?,
        })
    }

    /// How long it plays: until the first of its ends; once through when it has none.
    fn length(&self) -> f64 {
        let loops = self.loops.map(|loops| loops * self.loop_length);
        match (loops, self.time) {
            (Some(loops), Some(time)) => loops.min(time),
            (end, time) => end.or(time).unwrap_or(self.loop_length),
        }
    }

    fn at(&self, time: f64, noise: &mut Generator) -> f64 {
        let within = if self.loop_length > 0.0 { time.rem_euclid(self.loop_length) } else { 0.0 };
        let container = self.containers.iter().find(|container| within < container.start + container.length);
        let value = match container {
            Some(Container { start, length, function: Some(function) }) => function.at(within - start, *length, noise),
            _ => 0.0,
        };
        let length = self.length();
        self.combined
            .iter()
            .fold(value, |value, (operator, function)| operator.apply(value, function.at(time, length, noise)))
    }
}

impl Function {
    fn read(node: Node, depth: usize) -> Result<Function, Damage> {
        if depth > DEEPEST {
            return Err(Damage::new("its functions are nested too deeply"));
        }
        let kind = node.attribute(("http://www.w3.org/2001/XMLSchema-instance", "type")).unwrap_or_default();
        let kind = kind.rsplit(':').next().unwrap_or_default();
        let get = |name: &str, default: f64| number(node, name, default);
        let trend = |kind: Trend, order: f64| {
            Ok(Shape::Trend {
                kind,
                from: get("functionOutputAtStart", 0.0)?,
                to: get("functionOutputAtEnd", 0.0)?,
                order,
            })
        };
        let burst = |kind: Burst| {
            let (base, peak, at) = (get("base", 0.0)?, get("peak", 0.0)?, get("peakTime", 0.0)?);
            Ok(Shape::Burst { kind, base, peak, at, order: get("logarithmicOrder", 4.0)? })
        };
        let sin = |absolute: bool| {
            let (min, max) = (get("min", 0.0)?, get("max", 0.0)?);
            Ok(Shape::Sin { min, max, period: get("period", 1.0)?, phase: get("phase", 0.0)?, absolute })
        };
        let shape = match kind {
            "Constant" => Ok(Shape::Constant(get("constant", 0.0)?)),
            "Sin" => sin(false),
            "AbsoluteSin" => sin(true),
            "LinearTrend" => trend(Trend::Linear, 0.0),
            "ExponentialTrend" => trend(Trend::Exponential, 0.0),
            "LogarithmicTrend" => trend(Trend::Logarithmic, get("order", 4.0)?),
            "SinTrend" => trend(Trend::Sin, 0.0),
            "LinearIncreaseAndDecline" => burst(Burst::Linear),
            "ExponentialIncreaseAndDecline" => burst(Burst::Exponential),
            "ExponentialIncreaseLogarithmicDecline" => burst(Burst::LogarithmicDecline),
            "UniformNoise" => Ok(Shape::Uniform { min: get("min", 0.0)?, max: get("max", 0.0)? }),
            "NormalNoise" => Ok(Shape::Normal { mean: get("mean", 0.0)?, deviation: get("standardDeviation", 0.0)? }),
            "Sequence" => Ok(Shape::Sequence(Box::new(Sequence::read(node, depth + 1)?))),
            "ArrivalRatesFromFile" => {
                Err(Damage::new("it reads arrival rates from another file; import that file instead"))
            }
            "" => Err(Damage::new("a function has no xsi:type")),
            other => Err(Damage::new(format!("`{other}` is no function of DLIM that is known"))),
        }?;
        // A sequence combines by itself, over its whole length.
        let combined = if matches!(shape, Shape::Sequence(_)) { Vec::new() } else { combined(node, depth)? };
        Ok(Function { shape, combined })
    }

    fn at(&self, time: f64, length: f64, noise: &mut Generator) -> f64 {
        let value = self.shape.at(time, length, noise);
        self.combined
            .iter()
            .fold(value, |value, (operator, function)| operator.apply(value, function.at(time, length, noise)))
    }
}

impl Shape {
    /// The formulas are those of LIMBO's `tools.descartes.dlim.generator`.
    fn at(&self, time: f64, length: f64, noise: &mut Generator) -> f64 {
        use std::f64::consts::PI;
        let along = if length > 0.0 { time / length } else { 0.0 };
        match self {
            Shape::Constant(value) => *value,
            Shape::Sin { min, max, period, phase, absolute: false } => {
                min + (max - min) / 2.0 * (1.0 + libm::sin(2.0 * PI * (time + phase) / period))
            }
            Shape::Sin { min, max, period, phase, absolute: true } => {
                min + (max - min) * libm::sin(PI * (time + phase) / period).abs()
            }
            Shape::Trend { kind, from, to, order } => kind.between(*from, *to, along, *order),
            Shape::Burst { kind, base, peak, at, order } => {
                let declines = time > *at;
                // After the peak the rise is played backwards, over the rest of the time.
                let mirrored =
                    if declines && length > *at { at - (time - at) * at / (length - at) } else { time.min(*at) };
                let risen = if *at > 0.0 { (mirrored / at).clamp(0.0, 1.0) } else { 1.0 - along };
                match kind {
                    Burst::Linear => base + (peak - base) * risen,
                    Burst::LogarithmicDecline if declines => {
                        Trend::Logarithmic.between(*peak, *base, ((time - at) / (length - at)).clamp(0.0, 1.0), *order)
                    }
                    Burst::Exponential | Burst::LogarithmicDecline => {
                        Trend::Exponential.between(*base, *peak, risen, *order)
                    }
                }
            }
            Shape::Uniform { min, max } => min + (max - min) * uniform(noise),
            Shape::Normal { mean, deviation } => mean + deviation * normal(noise),
            Shape::Sequence(sequence) => sequence.at(time, noise),
        }
    }
}

impl Trend {
    fn between(self, from: f64, to: f64, along: f64, order: f64) -> f64 {
        use std::f64::consts::PI;
        match self {
            Trend::Linear => from + (to - from) * along,
            Trend::Exponential => {
                // Logarithms need positive values: what is not is lifted for the while.
                let least = from.min(to);
                let lift = if least <= 0.0 { least - 0.5 } else { 0.0 };
                let (low, high) = (libm::log(from - lift), libm::log(to - lift));
                libm::exp(low + (high - low) * along) + lift
            }
            Trend::Logarithmic => from + (to - from) / order * libm::log(along * (libm::exp(order) - 1.0) + 1.0),
            Trend::Sin => {
                let (low, high) = (from.min(to), from.max(to));
                let phase = if from <= to { -PI / 2.0 } else { PI / 2.0 };
                low + (high - low) / 2.0 * (1.0 + libm::sin(phase + PI * along))
            }
        }
    }
}
