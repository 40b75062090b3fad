//! The sweep file: a TOML text that names scenarios, axes, a design and what to do with them. Errors point into it.

use std::path::{Path, PathBuf};

use super::axis::{self, Axis};
use super::constraint::Constraint;
use super::design::Design;
use super::statistics::sequential::Until;
use crate::scenario::document::{CONTROLLERS, Diagnostic, Document, ScenarioError, ScenarioFiles, Written, nearest};

/// A sweep as it was written.
#[derive(Clone, Debug)]
pub struct SweepFile {
    /// What to call it: its `name`, or the file's.
    pub name: String,
    /// What arrives at every point, unless `traces` says: the scenarios, each read from its file.
    pub scenarios: Vec<BaseScenario>,
    /// True when the file lists several scenarios: then the scenario is a dimension of the results.
    pub compares_scenarios: bool,
    /// Traces as a dimension: each is put at `trace.file`, or at `trace` when it is a table.
    pub traces: Vec<Written>,
    /// The axes in the order of the file.
    pub axes: Vec<Axis>,
    /// Keys that are the same at every point, but not as in the scenario's file.
    pub fixed: Vec<(String, Written)>,
    /// What every point has to fulfil.
    pub constraints: Vec<(Constraint, Written)>,
    /// How points are chosen.
    pub design: Design,
    /// How large the design is, for those that have a size: samples, trajectories.
    pub points: usize,
    /// Seeds per point.
    pub replications: u32,
    /// Replicate each point until its intervals are narrow enough, instead.
    pub until: Option<Until>,
    /// The first seed, where the file gives one.
    pub seed: Option<u64>,
    /// `requests` or `fluid`, where the file says.
    pub fidelity: Option<String>,
    /// The objective that "what would it take" is asked for, such as `slo_violating_request_fraction < 0.1%`.
    pub objective: Option<String>,
    /// The figures that the frontier weighs against each other; smaller is better.
    pub minimize: Vec<String>,
}

/// A scenario that a sweep varies.
#[derive(Clone, Debug)]
pub struct BaseScenario {
    /// As it is named in the sweep file.
    pub name: String,
    /// The path from the working directory.
    pub path: PathBuf,
    /// What it says.
    pub document: Document,
    /// What was changed in it to make a baseline of it.
    pub changes: Vec<(String, Written)>,
}

impl BaseScenario {
    /// True when a key may be set in it: not when it belongs to another controller.
    pub fn concerned_by(&self, key: &str) -> bool {
        concerns(key, self)
    }
}

/// The keys of a sweep file. Every other key is one of the scenario.
const KEYS: [&str; 20] = [
    "name",
    "description",
    "base",
    "scenarios",
    "baselines",
    "traces",
    "axes",
    "set",
    "linked",
    "constraint",
    "constraints",
    "filter",
    "design",
    "points",
    "replications",
    "until",
    "seed",
    "fidelity",
    "objective",
    "minimize",
];

/// The figures that are weighed unless told otherwise.
pub const MINIMIZE: [&str; 2] = ["cost_total", "slo_violating_request_fraction"];

impl SweepFile {
    /// A sweep over one scenario without axes: what a search begins with.
    pub fn of(scenario: BaseScenario) -> SweepFile {
        SweepFile {
            name: scenario.name.clone(),
            scenarios: vec![scenario],
            compares_scenarios: false,
            traces: Vec::new(),
            axes: Vec::new(),
            fixed: Vec::new(),
            constraints: Vec::new(),
            design: Design::Sobol,
            points: 0,
            replications: 1,
            until: None,
            seed: None,
            fidelity: None,
            objective: None,
            minimize: MINIMIZE.map(str::to_string).to_vec(),
        }
    }

    /// Reads a sweep and the scenarios that it names.
    ///
    /// # Errors
    /// Everything that cannot be understood, with its place.
    pub fn load(path: &Path, files: &dyn ScenarioFiles) -> Result<SweepFile, ScenarioError> {
        let name = path.display().to_string();
        let text = files.read(path).map_err(|error| {
            let message = match error.kind() {
                std::io::ErrorKind::NotFound => format!("there is no sweep `{name}`"),
                _ => format!("cannot read the sweep `{name}`: {error}"),
            };
            Diagnostic::error(message).with_help("docs/sweeps.md shows how a sweep is written; configs/sweeps has some")
        })?;
        let document = Document::parse_apart(&name, &text)?;
        Reader { document: &document, path, files }.read()
    }

    /// Replications of a point at most.
    pub fn most_replications(&self) -> u32 {
        self.until.as_ref().map_or(self.replications, |until| until.cap)
    }

    /// Fixes one more key, as `--set path=value` does; it replaces what the file fixes.
    ///
    /// # Errors
    /// When it is no assignment, or the key is an axis.
    pub fn set(&mut self, text: &str) -> Result<(), ScenarioError> {
        let (key, written) = Written::assignment(text)?;
        if self.axes.iter().any(|axis| axis.keys.contains(&key)) {
            let help = "take it out of the sweep file, or leave --set away";
            return Err(written.error(format!("`{key}` varies in this sweep")).with_help(help).into());
        }
        self.fixed.retain(|(other, _)| *other != key);
        self.fixed.push((key, written));
        Ok(())
    }

    /// The same for a key that may be an axis's: the last word counts.
    pub(super) fn replace(&mut self, text: &str) -> Result<(), ScenarioError> {
        self.fixed.push(Written::assignment(text)?);
        Ok(())
    }

    /// The scenarios that an axis concerns: those with its controller, or all.
    pub fn concerns(&self, axis: &Axis, scenario: &BaseScenario) -> bool {
        concerns(axis.name(), scenario)
    }
}

/// A key below a controller's table concerns the scenarios with that controller.
pub(super) fn concerns(key: &str, scenario: &BaseScenario) -> bool {
    let table = key.split('.').next().unwrap_or_default();
    match table {
        "fixed" | "baseline" => true,
        "pods" | "nodes" | "cluster_autoscaler" => scenario.document.is_given("hpa"),
        _ if CONTROLLERS.contains(&table) => scenario.document.is_given(table),
        _ => true,
    }
}

struct Reader<'a> {
    document: &'a Document,
    path: &'a Path,
    files: &'a dyn ScenarioFiles,
}

impl Reader<'_> {
    fn read(&self) -> Result<SweepFile, ScenarioError> {
        let (mut scenarios, mut compares_scenarios) = self.scenarios()?;
        let mut axes = Vec::new();
        let mut fixed = Vec::new();
        self.table_of_axes(&mut axes)?;
        self.linked(&mut axes)?;
        self.scenario_keys(&mut axes, &mut fixed)?;
        let traces = self.list("traces")?;
        if axes.is_empty() && traces.is_empty() && !compares_scenarios {
            return Err(self.at("axes", "the sweep varies nothing", AXES_HELP).into());
        }
        for (index, axis) in axes.iter().enumerate() {
            let twice = axis.keys.iter().find(|key| axes[..index].iter().any(|earlier| earlier.keys.contains(key)));
            if let Some(key) = twice {
                return Err(axis.written.error(format!("`{key}` is an axis already")).into());
            }
        }
        if let Some(written) = self.document.written("baselines") {
            let more = baselines(&written, &scenarios)?;
            scenarios.extend(more);
            compares_scenarios = true;
        }
        let design = self.design()?;
        let points = self.whole("points")?;
        if design.needs_points() && points.is_none() {
            let message = format!("the design `{}` needs `points`", design.name());
            return Err(self.at("design", &message, "write for example points = 64").into());
        }
        if !design.needs_points() && points.is_some() {
            let message = format!("the design `{}` has no `points`: its axes say how many there are", design.name());
            return Err(self.at("points", &message, "leave it away, or choose sobol or latin-hypercube").into());
        }
        let stem = self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("sweep");
        let minimize: Vec<String> =
            self.list("minimize")?.iter().filter_map(|name| name.as_str().map(str::to_string)).collect();
        Ok(SweepFile {
            name: self.text("name")?.unwrap_or_else(|| stem.to_string()),
            scenarios,
            compares_scenarios,
            traces,
            axes,
            fixed,
            constraints: self.constraints()?,
            design,
            points: points.unwrap_or(0) as usize,
            replications: self.whole("replications")?.unwrap_or(1) as u32,
            until: self.until()?,
            seed: self.seed()?,
            fidelity: self.text("fidelity")?,
            objective: self.text("objective")?,
            minimize: self.minimize(minimize)?,
        })
    }

    fn at(&self, path: &str, message: &str, help: &str) -> Diagnostic {
        self.document.error_at(path, message).with_help(help)
    }

    fn text(&self, key: &str) -> Result<Option<String>, ScenarioError> {
        match self.document.written(key) {
            None => Ok(None),
            Some(written) => match written.as_str() {
                Some(text) => Ok(Some(text.to_string())),
                None => Err(written.error(format!("`{key}` has to be a text")).into()),
            },
        }
    }

    fn whole(&self, key: &str) -> Result<Option<u64>, ScenarioError> {
        match self.document.written(key) {
            None => Ok(None),
            Some(written) => match written.to_toml() {
                toml::Value::Integer(number) if (1..=1_000_000_000).contains(&number) => Ok(Some(number as u64)),
                other => Err(written.error(format!("`{key}` is a whole number from 1 on, not {other}")).into()),
            },
        }
    }

    fn until(&self) -> Result<Option<Until>, ScenarioError> {
        let Some(text) = self.text("until")? else { return Ok(None) };
        if let Some(replications) = self.document.written("replications") {
            return Err(replications
                .error("`until` and `replications` exclude each other")
                .with_help("keep one")
                .into());
        }
        text.parse().map(Some).map_err(|message: String| self.document.error_at("until", message).into())
    }

    fn seed(&self) -> Result<Option<u64>, ScenarioError> {
        match self.document.written("seed") {
            None => Ok(None),
            Some(written) => match written.to_toml() {
                toml::Value::Integer(seed) if seed >= 0 => Ok(Some(seed as u64)),
                other => Err(written.error(format!("a seed is a whole number from 0 on, not {other}")).into()),
            },
        }
    }

    /// A list of anything; empty when absent.
    fn list(&self, key: &str) -> Result<Vec<Written>, ScenarioError> {
        match self.document.written(key) {
            None => Ok(Vec::new()),
            Some(written) => match written.elements() {
                Some(elements) if !elements.is_empty() => Ok(elements),
                Some(_) => Err(written.error(format!("`{key}` is empty")).into()),
                None => Err(written.error(format!("`{key}` has to be a list")).into()),
            },
        }
    }

    fn design(&self) -> Result<Design, ScenarioError> {
        let Some(name) = self.text("design")? else { return Ok(Design::Grid) };
        Design::of(&name).ok_or_else(|| {
            let near = nearest(&name, Design::NAMES).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let help = format!("{near}designs: {}", Design::NAMES.join(", "));
            self.at("design", &format!("there is no design `{name}`"), &help).into()
        })
    }

    fn minimize(&self, names: Vec<String>) -> Result<Vec<String>, ScenarioError> {
        if names.is_empty() {
            return Ok(MINIMIZE.map(str::to_string).to_vec());
        }
        let known = || crate::outcome::metric::DEFINITIONS.iter().map(|metric| metric.name);
        if let Some(unknown) = names.iter().find(|name| !known().any(|known| known == name.as_str())) {
            let near = nearest(unknown, known()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let help = format!("{near}`windtunnel metrics` lists all");
            return Err(self.at("minimize", &format!("there is no metric `{unknown}`"), &help).into());
        }
        if !(2..=3).contains(&names.len()) {
            return Err(self.at("minimize", "a frontier weighs two or three figures", "name two or three").into());
        }
        Ok(names)
    }

    fn scenarios(&self) -> Result<(Vec<BaseScenario>, bool), ScenarioError> {
        let base = self.document.written("base");
        let several = self.list("scenarios")?;
        let named: Vec<Written> = match (base, several.is_empty()) {
            (Some(base), true) => vec![base],
            (None, false) => several,
            (Some(base), false) => {
                return Err(base.error("`base` and `scenarios` exclude each other").with_help("keep one").into());
            }
            (None, true) => {
                return Err(self.at("", "the sweep names no scenario", "write base = \"../ess.toml\"").into());
            }
        };
        let compares = named.len() > 1;
        let scenarios: Vec<BaseScenario> =
            named.iter().map(|written| self.scenario(written)).collect::<Result<_, _>>()?;
        Ok((scenarios, compares))
    }

    fn scenario(&self, written: &Written) -> Result<BaseScenario, ScenarioError> {
        let Some(name) = written.as_str() else {
            return Err(written.error("a scenario is named by its file").with_help("such as \"../ess.toml\"").into());
        };
        let path = written.directory().join(name);
        let document = Document::load(&path, self.files).map_err(|mut error| {
            // What cannot be found was named here.
            for diagnostic in error.diagnostics.iter_mut().filter(|diagnostic| diagnostic.location.is_none()) {
                diagnostic.location = written.error("").location;
            }
            error
        })?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(name).to_string();
        let name = document.get_str("name").map_or(stem, str::to_string);
        Ok(BaseScenario { name, path, document, changes: Vec::new() })
    }

    fn table_of_axes(&self, axes: &mut Vec<Axis>) -> Result<(), ScenarioError> {
        let Some(table) = self.document.written("axes") else { return Ok(()) };
        let Some(entries) = table.entries() else {
            return Err(table.error("`axes` has to be a table").with_help(AXES_HELP).into());
        };
        for (key, written) in entries {
            walk(&key, &written, &mut |key, written| {
                let is_scalar = written.elements().is_none() && written.entries().is_none();
                if is_scalar {
                    let help = "a list makes it an axis; what is the same at every point belongs under [set]";
                    return Err(written.error(format!("`{key}` has one value only")).with_help(help).into());
                }
                axes.push(axis::read(key, written)?);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn linked(&self, axes: &mut Vec<Axis>) -> Result<(), ScenarioError> {
        for table in self.list("linked")? {
            let Some(entries) = table.entries() else {
                return Err(table
                    .error("`linked` is written as [[linked]]")
                    .with_help("followed by keys with lists")
                    .into());
            };
            let mut together = Vec::new();
            for (key, written) in entries {
                walk(&key, &written, &mut |key, written| {
                    together.push(axis::read(key, written)?);
                    Ok(())
                })?;
            }
            axes.push(axis::link(together, &table)?);
        }
        Ok(())
    }

    /// Keys of the scenario at the top of the file and under `[set]`: a list or a range makes an axis, all else is fixed.
    fn scenario_keys(&self, axes: &mut Vec<Axis>, fixed: &mut Vec<(String, Written)>) -> Result<(), ScenarioError> {
        let root = self.document.written("").and_then(|root| root.entries()).unwrap_or_default();
        for (key, written) in root.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
            walk(key, written, &mut |key, written| {
                if written.elements().is_some() || axis::is_range(written) {
                    axes.push(axis::read(key, written)?);
                } else {
                    fixed.push((key.to_string(), written.clone()));
                }
                Ok(())
            })?;
        }
        let Some(set) = self.document.written("set") else { return Ok(()) };
        let Some(entries) = set.entries() else {
            return Err(set.error("`set` has to be a table").with_help("[set] followed by keys and values").into());
        };
        // Under [set] a list is a value, such as a removal policy.
        for (key, written) in entries {
            walk(&key, &written, &mut |key, written| {
                fixed.push((key.to_string(), written.clone()));
                Ok(())
            })?;
        }
        Ok(())
    }

    fn constraints(&self) -> Result<Vec<(Constraint, Written)>, ScenarioError> {
        let mut constraints = Vec::new();
        for key in ["constraint", "constraints", "filter"] {
            for written in self.list(key)? {
                let inner = written.entries().and_then(|entries| entries.into_iter().next().map(|(_, value)| value));
                let written = inner.unwrap_or(written);
                let Some(text) = written.as_str() else {
                    let help = "write constraint = [\"ess.min < ess.max\"], or [[constraint]] with that = \"...\"";
                    return Err(written.error("a constraint is a text").with_help(help).into());
                };
                let constraint = Constraint::parse(text).map_err(|message| written.error(message))?;
                constraints.push((constraint, written));
            }
        }
        Ok(constraints)
    }
}

/// Scenarios with a baseline in place of the controller: of the first scenario whose fleet is of instances.
fn baselines(written: &Written, scenarios: &[BaseScenario]) -> Result<Vec<BaseScenario>, ScenarioError> {
    const ALL: [&str; 7] = ["static", "react", "adapt", "hist", "reg", "pid", "seasonal"];
    let names: Vec<String> = match (written.to_toml(), written.elements()) {
        (toml::Value::Boolean(true), _) => ALL.map(str::to_string).to_vec(),
        (_, Some(elements)) => elements.iter().map(Written::typed).collect(),
        _ => return Err(written.error("write baselines = true, or a list").with_help(ALL.join(", ")).into()),
    };
    let bounds_of = |scenario: &BaseScenario| {
        let table = ["ess", "aws", "tencent"].into_iter().find(|table| scenario.document.is_given(table))?;
        let bound = |key: &str| scenario.document.get_f64(&format!("{table}.{key}")).map(|bound| bound as u32);
        Some((bound("min").unwrap_or(0), bound("max")?))
    };
    let Some((base, (min, max))) = scenarios.iter().find_map(|scenario| Some((scenario, bounds_of(scenario)?))) else {
        let help = "baselines take their bounds from [ess], [aws] or [tencent]";
        return Err(written.error("no scenario here has instances and bounds").with_help(help).into());
    };
    let mut made = Vec::new();
    for name in &names {
        match name.as_str() {
            "static" => {
                for instances in min.max(1)..=max {
                    let set = [format!("fixed.instances={instances}")];
                    made.push(base.changed(&format!("static {instances}"), &set)?);
                }
            }
            known if ALL.contains(&known) => {
                let set = [format!("baseline={{ min = {}, max = {max}, {known} = {{}} }}", min.max(1))];
                made.push(base.changed(known, &set)?);
            }
            unknown => {
                let near = nearest(unknown, ALL).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
                let help = format!("{near}there are: {}", ALL.join(", "));
                return Err(written.error(format!("there is no baseline `{unknown}`")).with_help(help).into());
            }
        }
    }
    Ok(made)
}

impl BaseScenario {
    fn changed(&self, name: &str, assignments: &[String]) -> Result<BaseScenario, ScenarioError> {
        let mut changed = BaseScenario { name: name.to_string(), ..self.clone() };
        for assignment in assignments {
            changed.document.set(assignment)?;
            changed.changes.push(Written::assignment(assignment)?);
        }
        Ok(changed)
    }
}

const AXES_HELP: &str = "write [axes] and below it a key with a list, such as \"ess.max\" = [8, 10, 12]";

/// Walks down tables to what is a list, a range or a plain value: `[axes.ess] min = [2, 3]` is `"ess.min" = [2, 3]`.
fn walk(
    key: &str,
    written: &Written,
    visit: &mut dyn FnMut(&str, &Written) -> Result<(), ScenarioError>,
) -> Result<(), ScenarioError> {
    match written.entries().filter(|_| !axis::is_range(written)) {
        Some(entries) => {
            for (inner, value) in entries {
                let inner = if inner.contains('.') && !key.is_empty() { inner } else { quoted(&inner) };
                walk(&format!("{key}.{inner}"), &value, visit)?;
            }
            Ok(())
        }
        None => visit(key, written),
    }
}

/// A key as a part of an address.
fn quoted(key: &str) -> String {
    if key.contains(['.', '[', ']']) { format!("\"{key}\"") } else { key.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::document::DiskFiles;

    const SCENARIO: &str = "trace = { shape = 'constant', rate = '5rps' }\nservice.cpu = '10ms'\ninstance.cores = 1\n\
                            fixed.instances = 1\n";

    fn load(sweep: &str) -> Result<SweepFile, ScenarioError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one.toml"), SCENARIO).unwrap();
        std::fs::write(folder.path().join("two.toml"), SCENARIO).unwrap();
        let path = folder.path().join("sweep.toml");
        std::fs::write(&path, sweep).unwrap();
        SweepFile::load(&path, &DiskFiles)
    }

    #[track_caller]
    fn refused(sweep: &str) -> String {
        load(sweep).unwrap_err().diagnostics[0].message.clone()
    }

    #[test]
    fn axes_are_written_in_several_ways() {
        let sweep = load(
            "base = 'one.toml'\nhorizon = '10m'\nslo.latency = ['100ms', '200ms']\n[axes]\n'instance.cores' = [1, 2]\n\
             fixed.instances = { from = 1, to = 3, step = 1 }\n[[linked]]\n'service.timeout' = ['1s', '2s']\n\
             'slo.percentile' = [95, 99]\n[set]\n'instance.type' = 'small'\n",
        )
        .unwrap();
        let axes: Vec<(Vec<String>, Option<usize>)> =
            sweep.axes.iter().map(|axis| (axis.keys.clone(), axis.len())).collect();
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_string()).collect::<Vec<_>>();
        assert_eq!(
            axes,
            [
                (keys(&["instance.cores"]), Some(2)),
                (keys(&["fixed.instances"]), Some(3)),
                (keys(&["service.timeout", "slo.percentile"]), Some(2)),
                (keys(&["slo.latency"]), Some(2)),
            ]
        );
        let fixed: Vec<&str> = sweep.fixed.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(fixed, ["horizon", "instance.type"]);
    }

    #[test]
    fn what_is_no_sweep_is_refused() {
        for (sweep, message) in [
            ("[axes]\n'instance.cores' = [1]", "names no scenario"),
            ("base = 'one.toml'", "varies nothing"),
            ("base = 'three.toml'\n[axes]\n'instance.cores' = [1]", "there is no file"),
            ("base = 'one.toml'\nscenarios = ['two.toml']", "exclude each other"),
            ("base = 'one.toml'\ndesign = 'sobl'\n[axes]\n'instance.cores' = [1]", "no design `sobl`"),
            ("base = 'one.toml'\ndesign = 'sobol'\n[axes]\n'instance.cores' = [1]", "needs `points`"),
            ("base = 'one.toml'\npoints = 3\n[axes]\n'instance.cores' = [1]", "has no `points`"),
            ("base = 'one.toml'\n[axes]\n'instance.cores' = []", "has no values"),
            ("base = 'one.toml'\n[axes]\n'instance.cores' = 3", "one value only"),
            ("base = 'one.toml'\ninstance.cores = [1]\n[axes]\n'instance.cores' = [1]", "is an axis already"),
            ("base = 'one.toml'\nconstraint = ['a <']\n[axes]\n'instance.cores' = [1]", "a constraint ends"),
            (
                "base = 'one.toml'\nminimize = ['cost_totl', 'apdex']\n[axes]\n'instance.cores' = [1]",
                "no metric `cost_totl`",
            ),
            ("base = 'one.toml'\nreplications = 0\n[axes]\n'instance.cores' = [1]", "from 1 on"),
            (
                "base = 'one.toml'\n[[linked]]\n'instance.cores' = [1, 2]\n'slo.percentile' = [99]",
                "equally many values",
            ),
        ] {
            let refused = refused(sweep);
            assert!(refused.contains(message), "{sweep}: {refused}");
        }
    }
}
