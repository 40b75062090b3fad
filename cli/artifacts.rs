//! Native artifacts from disk or standard input, for `import` and `check`.

use std::io::Read;
use std::path::{Path, PathBuf};

use windtunnel_sim::scenario::artifacts::{self, Import, ImportOptions, Source};

use crate::error::{CliError, Kind};

/// Larger files are no policies.
const LARGEST: u64 = 256 << 20;

/// Reads the files and what they say.
pub(crate) fn import(files: &[PathBuf], options: &ImportOptions) -> Result<Import, CliError> {
    let sources: Vec<Source> = files.iter().map(|file| source(file)).collect::<Result<_, _>>()?;
    artifacts::import(&sources, options).map_err(|error| CliError { kind: Kind::Input, diagnostics: vec![*error.0] })
}

fn source(path: &Path) -> Result<Source, CliError> {
    let unreadable = |error: &std::io::Error| CliError::file("read", path, error);
    let mut bytes = Vec::new();
    let name = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        "<stdin>".to_string()
    } else {
        let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
        path.display().to_string()
    };
    if bytes.len() as u64 > LARGEST {
        return Err(CliError::new(
            Kind::Input,
            format!("{name}: larger than {} MiB: this is no policy", LARGEST >> 20),
        ));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, &text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
            let what = if error.as_bytes().starts_with(&[0x1f, 0x8b]) { "a gzip file" } else { "a binary file" };
            Err(CliError::new(
                Kind::Input,
                format!(
                    "{name}: line {line} is not UTF-8: this looks like {what}, not like JSON, YAML or command lines"
                ),
            )
            .hint("unpack it, or save it as UTF-8"))
        }
    }
}
