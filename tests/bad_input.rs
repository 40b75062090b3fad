//! Every file in `tests/configs/invalid` is refused: exit code 1, nothing on standard output, nothing written, and the
//! message that its snapshot shows. A file's name says what is wrong with it.

use std::path::{Path, PathBuf};
use std::process::Command;

fn invalid_scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/invalid");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    files.sort();
    files
}

/// Runs `windtunnel run FILE` in the folder of the file, so that messages are free of this machine's paths.
fn run(file: &Path, out: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .current_dir(file.parent().unwrap())
        .env("NO_COLOR", "1")
        .arg("run")
        .arg(file.file_name().unwrap())
        .arg("--out")
        .arg(out)
        .output()
        .unwrap()
}

#[test]
fn every_invalid_scenario_is_refused_with_its_message() {
    let files = invalid_scenarios();
    assert!(!files.is_empty());
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let out = folder.path().join(name);
        let output = run(&file, &out);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {message}");
        assert_eq!(output.stdout, b"", "{name}");
        assert!(!out.exists(), "{name} left something behind");
        assert!(!message.contains("panicked"), "{name}: {message}");
        insta::assert_snapshot!(name, message);
    }
}

/// What is named on the command line: no such file, and a folder.
#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let invalid = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/invalid");
    for (name, message) in [("no-such-file.toml", "there is no file"), ("data", "is a directory")] {
        let out = folder.path().join("out");
        let output = run(&invalid.join(name), &out);
        let shown = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {shown}");
        assert!(shown.contains(message) && shown.contains("help"), "{name}: {shown}");
        assert!(!out.exists(), "{name} left something behind");
    }
}

/// The same for flags: each line is what is given after `windtunnel`, and a part of the message.
#[test]
fn every_invalid_assignment_is_refused_with_its_message() {
    let folder = tempfile::tempdir().unwrap();
    for (assignment, message) in [
        ("instance.cores", "has no `=`"),
        ("=3", "has an empty part"),
        ("a..b=3", "has an empty part"),
        ("service.cpu={ lognormal", "not valid TOML"),
        ("name.hours=3", "`name` is a string, so it has no key `hours`"),
        ("tencent.min=3", "is controlled by"),
        ("ess.rule.nothing-like-it.cooldown=3s", "ess.rule"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_windtunnel"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("NO_COLOR", "1")
            .args(["run", "configs/ess.toml", "--set", assignment, "--out"])
            .arg(folder.path().join("out"))
            .output()
            .unwrap();
        let shown = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{assignment}: {shown}");
        assert!(shown.contains(message), "{assignment}: {shown}");
        assert!(shown.contains("--set"), "{assignment}: {shown}");
    }
    assert!(!folder.path().join("out").exists());
}
