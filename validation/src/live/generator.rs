//! The load generator: requests at recorded times, whatever becomes of those before them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crate::error::ValidationError;

/// Senders: more than requests are inside at once, or arrivals would wait for answers.
const SENDERS: usize = 800;
/// Stack of a sender, which does little.
const STACK: usize = 64 * 1024;

/// A request, with its times in seconds since the beginning.
#[derive(Copy, Clone, Debug)]
pub(super) struct Request {
    pub(super) due: f64,
    pub(super) sent: f64,
    pub(super) answered: f64,
    /// Who answered; nothing where it failed.
    pub(super) worker: Option<u32>,
}

impl Request {
    /// From when it was due, so that a late sender cannot hide a slow answer.
    pub(super) fn latency(&self) -> f64 {
        self.answered - self.due
    }
}

pub(super) struct Generator {
    arrivals: Vec<f64>,
    begin: Instant,
    port: u16,
    micros: u64,
    next: AtomicUsize,
    done: Mutex<Vec<Request>>,
}

/// Senders at work.
pub(super) struct Senders<'scope> {
    threads: Vec<ScopedJoinHandle<'scope, ()>>,
    done: &'scope Mutex<Vec<Request>>,
}

impl Senders<'_> {
    /// Waits for the last answer.
    pub(super) fn finish(self) -> Vec<Request> {
        for thread in self.threads {
            // A sender that panicked has no request to show for it; the count of failures tells.
            let _ = thread.join();
        }
        std::mem::take(&mut self.done.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Generator {
    pub(super) fn new(arrivals: Vec<f64>, begin: Instant, port: u16, service_millis: u64) -> Generator {
        let micros = service_millis * 1000;
        Generator { arrivals, begin, port, micros, next: AtomicUsize::new(0), done: Mutex::new(Vec::new()) }
    }

    /// Lets no further request begin.
    pub(super) fn stop(&self) {
        self.next.store(self.arrivals.len(), Ordering::Relaxed);
    }

    /// Arrivals in a stretch of time, as the balancer would count them.
    pub(super) fn arrived(&self, from: f64, to: f64) -> f64 {
        let before = |time: f64| self.arrivals.partition_point(|at| *at < time) as f64;
        before(to) - before(from)
    }

    pub(super) fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
    ) -> Result<Senders<'scope>, ValidationError> {
        let mut threads = Vec::new();
        for _ in 0..SENDERS.min(self.arrivals.len()) {
            let builder = std::thread::Builder::new().stack_size(STACK);
            let thread = builder.spawn_scoped(scope, || self.send_all());
            threads.push(thread.map_err(|error| ValidationError::system("cannot start a sender", error))?);
        }
        Ok(Senders { threads, done: &self.done })
    }

    fn send_all(&self) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&due) = self.arrivals.get(index) else { return };
            let at = self.begin + Duration::from_secs_f64(due);
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
            let sent = self.now();
            let worker = self.request().ok().flatten();
            let request = Request { due, sent, answered: self.now(), worker };
            self.done.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        }
    }

    fn now(&self) -> f64 {
        Instant::now().saturating_duration_since(self.begin).as_secs_f64()
    }

    /// Sends one request and reads who answered.
    fn request(&self) -> std::io::Result<Option<u32>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        write!(stream, "GET /serve/{} HTTP/1.1\r\nHost: loopback\r\nConnection: close\r\n\r\n", self.micros)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let is_good = answer.starts_with("HTTP/1.1 200");
        Ok(answer.rsplit("\r\n\r\n").next().and_then(|body| body.trim().parse().ok()).filter(|_| is_good))
    }
}
