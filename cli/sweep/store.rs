//! An object store as the place that workers share. Objects appear whole or not at all, and are written once: a worker
//! puts what it has finished as a further object, named after its content, so that nothing is ever overwritten, two
//! workers on one shard do not meet, and a killed worker loses what it had not yet put.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use object_store::path::Path as Key;
use object_store::{ClientConfigKey, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::Runtime;
use url::Url;
use windtunnel_sim::experiment::journal::{self, Found, Header, JournalError, Keep, Record};
use windtunnel_sim::experiment::plan::Plan;
use windtunnel_sim::experiment::shards::{Collected, Collector, PLAN, Part, SHARDS};

use super::shared::{self, Shared};
use crate::error::{CliError, Kind};

/// What was finished is put when this long has passed since the last time: what a killed worker may lose.
const PUT_EVERY: Duration = Duration::from_secs(20);
/// Or when so many runs are waiting.
const PUT_RUNS: usize = 2000;
/// How often, and how long in all, a request to the store is repeated before the worker gives up with "try again".
const RETRIES: usize = 3;
const RETRY_FOR: Duration = Duration::from_secs(30);

/// An object store, and where in it.
pub(super) struct Store {
    url: String,
    bucket: std::sync::Arc<dyn ObjectStore>,
    prefix: Key,
    runtime: std::sync::Arc<Runtime>,
}

impl Store {
    /// Opens the store of a URL such as `s3://bucket/prefix` or `file:///folder`. Keys, region and endpoint are taken
    /// from the environment (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT`, ...), as other tools do.
    pub(super) fn open(url: &str) -> Result<Store, CliError> {
        let fault = |what: String| CliError::new(Kind::Usage, format!("`{url}` is no place for results: {what}"));
        let parsed = Url::parse(url).map_err(|error| fault(error.to_string()))?;
        let (bucket, prefix): (std::sync::Arc<dyn ObjectStore>, Key) = match parsed.scheme() {
            "s3" | "s3a" => {
                let store = s3(&parsed).map_err(|error| fault(error.to_string()))?;
                (std::sync::Arc::new(store), prefix_of(&parsed).map_err(fault)?)
            }
            "file" => {
                let root = parsed.to_file_path().map_err(|()| fault("write file:///folder".into()))?;
                std::fs::create_dir_all(&root).map_err(|error| fault(error.to_string()))?;
                let store = object_store::local::LocalFileSystem::new_with_prefix(&root);
                (std::sync::Arc::new(store.map_err(|error| fault(error.to_string()))?), Key::default())
            }
            other => return Err(fault(format!("`{other}` is none of s3 and file"))),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| CliError::new(Kind::TryAgain, format!("cannot start: {error}")))?;
        Ok(Store { url: url.trim_end_matches('/').to_string(), bucket, prefix, runtime: std::sync::Arc::new(runtime) })
    }

    fn failed(&self, doing: &str, error: &object_store::Error) -> CliError {
        let message = format!("cannot {doing} `{}`: {}", self.url, reason(error));
        if is_refusal(error) {
            CliError::new(Kind::Input, message)
                .hint("the store refuses: look at the bucket's name, AWS_REGION, the keys and what they may do")
        } else {
            CliError::new(Kind::TryAgain, message).hint("is the store up, and AWS_ENDPOINT right?")
        }
    }

    fn key(&self, name: &str) -> Key {
        name.split('/').fold(self.prefix.clone(), |key, part| key.join(part))
    }

    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, CliError> {
        let got = self.runtime.block_on(async { self.bucket.get(key).await?.bytes().await });
        match got {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("read from", &error)),
        }
    }

    /// Every object below a folder.
    fn list(&self, folder: &str) -> Result<Vec<Key>, CliError> {
        use futures_util::TryStreamExt;
        let below = self.key(folder);
        let listed = self.runtime.block_on(self.bucket.list(Some(&below)).try_collect::<Vec<_>>());
        let mut keys: Vec<Key> =
            listed.map_err(|error| self.failed("list", &error))?.into_iter().map(|object| object.location).collect();
        keys.sort();
        Ok(keys)
    }

    /// What the objects below a folder hold.
    fn found(&self, folder: &str, header: &Header) -> Result<Vec<Found>, CliError> {
        let mut all = Vec::new();
        for key in self.list(folder)? {
            let Some(content) = self.get(&key)? else { continue };
            let name = PathBuf::from(format!("{} ({key})", self.url));
            let found =
                journal::parse(&content, &name, header).map_err(|error| shared::collect_error(&error.into()))?;
            all.push(found);
        }
        Ok(all)
    }
}

fn s3(url: &Url) -> object_store::Result<object_store::aws::AmazonS3> {
    // Where several are built in, TLS has to be told which cryptography to use; a second call finds it told.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_FOR, ..RetryConfig::default() };
    object_store::aws::AmazonS3Builder::from_env()
        .with_url(url.as_str())
        .with_config(object_store::aws::AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout), "10s")
        .with_retry(retry)
        .build()
}

fn prefix_of(url: &Url) -> Result<Key, String> {
    Key::from_url_path(url.path()).map_err(|error| error.to_string())
}

/// True when trying again is of no use.
fn is_refusal(error: &object_store::Error) -> bool {
    use object_store::Error;
    let named = matches!(
        error,
        Error::PermissionDenied { .. }
            | Error::Unauthenticated { .. }
            | Error::NotFound { .. }
            | Error::InvalidPath { .. }
    );
    named
        || std::iter::successors(std::error::Error::source(error), |error| error.source())
            .any(|cause| cause.to_string().contains("403") || cause.to_string().contains("401"))
}

/// The innermost cause says most.
fn reason(error: &object_store::Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let words: Vec<String> = causes.map(ToString::to_string).collect();
    match (words.first(), words.last()) {
        (Some(first), Some(last)) if !first.contains(last.as_str()) => format!("{first}: {last}"),
        (Some(first), _) => first.clone(),
        _ => String::new(),
    }
}

impl Shared for Store {
    fn name(&self) -> String {
        self.url.clone()
    }

    fn plan(&self) -> Result<Option<String>, CliError> {
        let Some(bytes) = self.get(&self.key(PLAN))? else { return Ok(None) };
        let text = String::from_utf8(bytes);
        Ok(Some(text.map_err(|_| CliError::new(Kind::Input, format!("the plan in `{}` is no text", self.url)))?))
    }

    fn put_plan(&self, text: &str) -> Result<(), CliError> {
        let put = self.runtime.block_on(self.bucket.put(&self.key(PLAN), text.as_bytes().to_vec().into()));
        put.map(|_| ()).map_err(|error| self.failed("write to", &error))
    }

    fn begin(&self, part: &Part, header: &Header) -> Result<(Box<dyn Keep>, Found), CliError> {
        let folder = format!("{SHARDS}/{}", part.name());
        let mut all = Found::default();
        for found in self.found(&folder, header)? {
            all.records.extend(found.records);
            all.damaged_lines += found.damaged_lines;
        }
        let keeper = Objects {
            bucket: std::sync::Arc::clone(&self.bucket),
            runtime: std::sync::Arc::clone(&self.runtime),
            folder: self.key(&folder),
            url: self.url.clone(),
            header: header.clone(),
            waiting: Vec::new(),
            last: Instant::now(),
        };
        Ok((Box::new(keeper), all))
    }

    fn collect(&self, plan: &Plan) -> Result<Collected, CliError> {
        let mut collector = Collector::new(plan);
        for found in self.found(SHARDS, &collector.header.clone())? {
            collector.add(found).map_err(|error| shared::collect_error(&error))?;
        }
        Ok(collector.collected)
    }
}

/// Puts finished runs as objects.
struct Objects {
    bucket: std::sync::Arc<dyn ObjectStore>,
    runtime: std::sync::Arc<Runtime>,
    folder: Key,
    url: String,
    header: Header,
    waiting: Vec<Record>,
    last: Instant,
}

impl Keep for Objects {
    fn append(&mut self, records: &[Record]) -> Result<(), JournalError> {
        self.waiting.extend_from_slice(records);
        let is_time = self.waiting.len() >= PUT_RUNS || self.last.elapsed() >= PUT_EVERY;
        if is_time { self.finish() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<(), JournalError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let text = journal::written(&self.header, &self.waiting);
        // Named after its content: put twice, it is there once.
        let key = self.folder.clone().join(format!("{}.journal", journal::digest(&text)));
        let put = self.runtime.block_on(self.bucket.put(&key, text.into_bytes().into()));
        put.map_err(|error| JournalError::Io {
            doing: "write to",
            path: Path::new(&self.url).to_path_buf(),
            error: io::Error::other(reason(&error)),
        })?;
        self.waiting.clear();
        self.last = Instant::now();
        Ok(())
    }
}
