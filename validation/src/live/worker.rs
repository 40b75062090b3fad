//! A worker process: an HTTP server with so many places, each of which serves one request at a time, in order of arrival.
//! It "boots" before it listens, answers `/health`, and ends when its standard input does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a worker is started with.
#[derive(Copy, Clone, Debug)]
pub struct Worker {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// Requests in service at once.
    pub places: u32,
    /// From its start until it listens.
    pub boot: Duration,
    /// The number it answers with.
    pub number: u32,
}

/// A request that waits for a place: its connection, and how long it takes.
type Job = (TcpStream, Duration);

/// Serves until standard input ends.
///
/// # Errors
/// When it cannot listen.
pub fn serve(worker: Worker) -> std::io::Result<()> {
    std::thread::sleep(worker.boot);
    let listener = TcpListener::bind(("127.0.0.1", worker.port))?;
    let (jobs, waiting) = channel::<Job>();
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..worker.places {
        let waiting = Arc::clone(&waiting);
        std::thread::spawn(move || place(&waiting, worker.number));
    }
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // The proxy sends the request with the connection: reading it here keeps the order of arrival.
            if let Some((stream, takes)) = accept(stream, worker.number)
                && jobs.send((stream, takes)).is_err()
            {
                break;
            }
        }
    });
    // Whoever started it holds the other end.
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest)?;
    Ok(())
}

/// One place: serves request after request.
fn place(waiting: &Mutex<Receiver<Job>>, number: u32) {
    loop {
        // One place at a time takes the next: in order of arrival.
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((stream, takes)) = next else { return };
        std::thread::sleep(takes);
        answer(stream, number);
    }
}

/// Reads a request. Health checks are answered at once; `/serve/MICROS` waits for a place.
fn accept(stream: TcpStream, number: u32) -> Option<Job> {
    stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    let path = first.split(' ').nth(1)?;
    let stream = reader.into_inner();
    match path.strip_prefix("/serve/").and_then(|micros| micros.parse().ok()) {
        Some(micros) => Some((stream, Duration::from_micros(micros))),
        None => {
            answer(stream, number);
            None
        }
    }
}

fn answer(mut stream: TcpStream, number: u32) {
    let body = number.to_string();
    // A client that has gone is no concern of the server's.
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
}
