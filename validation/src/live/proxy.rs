//! HAProxy, with a configuration of its own: one entrance, least connections, health checks.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::error::ValidationError;

/// HAProxy where Debian puts it, or on the path.
pub(super) fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder: PathBuf| folder.join("haproxy")).find(|file| file.is_file())
}

/// A running proxy. It ends with its owner.
pub(super) struct Proxy {
    process: Child,
    _configuration: tempfile::NamedTempFile,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts it. Servers that do not listen yet are found to be down by its checks.
pub(super) fn start(haproxy: &Path, entrance: u16, ports: &[u16], check_millis: u64) -> Result<Proxy, ValidationError> {
    let failed = |error| ValidationError::system("cannot start HAProxy", error);
    let mut configuration = tempfile::NamedTempFile::with_suffix(".cfg").map_err(failed)?;
    let mut text = format!(
        "global\n  maxconn 8000\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 2s\n  timeout client 60s\n  timeout server 60s\n  \
         retries 0\nfrontend entrance\n  bind 127.0.0.1:{entrance}\n  default_backend workers\nbackend workers\n  balance leastconn\n  \
         option httpchk GET /health\n  default-server check inter {check_millis}ms fastinter {check_millis}ms downinter {check_millis}ms rise 2 fall 2\n"
    );
    for (index, port) in ports.iter().enumerate() {
        text.push_str(&format!("  server worker{index} 127.0.0.1:{port}\n"));
    }
    configuration.write_all(text.as_bytes()).and_then(|()| configuration.flush()).map_err(failed)?;
    // In the foreground, so that it can be ended by its process.
    let process = Command::new(haproxy)
        .arg("-db")
        .arg("-f")
        .arg(configuration.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let mut proxy = Proxy { process, _configuration: configuration };
    std::thread::sleep(Duration::from_millis(300));
    match proxy.process.try_wait() {
        Ok(None) => Ok(proxy),
        Ok(Some(status)) => Err(failed(std::io::Error::other(format!("it ended at once with {status}")))),
        Err(error) => Err(failed(error)),
    }
}
