//! Scenarios: what they are written as, and what they mean.

pub mod document;

pub use document::{Diagnostic, Document, ScenarioError, Severity};
