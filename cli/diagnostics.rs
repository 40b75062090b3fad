//! Showing what is wrong the way rustc does: the message, the line it is about, what to do.

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use windtunnel_sim::scenario::document::{Diagnostic, Severity};

use crate::error::{CliError, Kind};
use crate::terminal;

/// Shows why the program ends.
pub(crate) fn show_error(error: &CliError) {
    if error.kind != Kind::BrokenPipe {
        show_all(&error.diagnostics);
    }
}

/// Shows diagnostics on standard error.
pub(crate) fn show_all(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        terminal::say(&rendered(diagnostic));
    }
}

/// A warning without a place.
pub(crate) fn warn(message: &str, hint: Option<&str>) {
    let warning = Diagnostic::error(message).with_severity(Severity::Warning);
    let warning = match hint {
        Some(hint) => warning.with_help(hint),
        None => warning,
    };
    show_all(&[warning]);
}

fn rendered(diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = annotate_snippets::normalize_untrusted_str(&diagnostic.message);
    let mut group = annotate_snippets::Group::with_title(level.primary_title(message));
    if let Some(location) = &diagnostic.location {
        group = if location.is_whole_file() && !location.is_command_line() {
            group.element(Origin::path(location.file.as_str()))
        } else {
            let annotation = AnnotationKind::Primary.span(location.span.clone());
            group.element(Snippet::source(&*location.source).path(location.file.as_str()).annotation(annotation))
        };
    }
    if let Some(help) = &diagnostic.help {
        let help = annotate_snippets::normalize_untrusted_str(help);
        group = group.element(Level::HELP.message(help));
    }
    Renderer::styled().render(&[group])
}
