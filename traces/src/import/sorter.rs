//! Request times in order, however many: sorted in runs, which wait in temporary files and are merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

/// Times of a run; 32 MiB of memory.
const RUN: usize = 1 << 22;

/// Collects times in any order.
#[derive(Debug)]
pub(super) struct Sorter {
    run: usize,
    times: Vec<i64>,
    spilled: Vec<File>,
    count: u64,
}

impl Sorter {
    pub(super) fn new() -> Self {
        Sorter::with_runs_of(RUN)
    }

    fn with_runs_of(run: usize) -> Self {
        Sorter { run, times: Vec::new(), spilled: Vec::new(), count: 0 }
    }

    pub(super) fn add(&mut self, time: i64) -> io::Result<()> {
        self.times.push(time);
        self.count += 1;
        if self.times.len() >= self.run { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.times.sort_unstable();
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for time in self.times.drain(..) {
            file.write_all(&time.to_le_bytes())?;
        }
        let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        self.spilled.push(file);
        Ok(())
    }

    /// All times in order, and how many.
    pub(super) fn sorted(mut self) -> io::Result<(u64, impl Iterator<Item = io::Result<i64>> + use<>)> {
        self.times.sort_unstable();
        let mut runs: Vec<Run> = self.spilled.into_iter().map(|file| Run::File(BufReader::new(file))).collect();
        runs.push(Run::Memory(self.times.into_iter()));
        let mut heads = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            if let Some(time) = run.next()? {
                heads.push(Reverse((time, number)));
            }
        }
        let merged = std::iter::from_fn(move || {
            let Reverse((time, number)) = heads.pop()?;
            match runs[number].next() {
                Ok(Some(next)) => heads.push(Reverse((next, number))),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
            Some(Ok(time))
        });
        Ok((self.count, merged))
    }
}

enum Run {
    File(BufReader<File>),
    Memory(std::vec::IntoIter<i64>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<i64>> {
        match self {
            Run::Memory(times) => Ok(times.next()),
            Run::File(file) => {
                let mut bytes = [0; 8];
                match file.read_exact(&mut bytes) {
                    Ok(()) => Ok(Some(i64::from_le_bytes(bytes))),
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
                    Err(error) => Err(error),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn runs_are_merged_in_order(times in proptest::collection::vec(-50i64..50, 0..40), run in 1usize..12) {
            let mut sorter = Sorter::with_runs_of(run);
            for time in &times {
                sorter.add(*time).unwrap();
            }
            let mut wanted = times.clone();
            wanted.sort_unstable();
            let (count, sorted) = sorter.sorted().unwrap();
            proptest::prop_assert_eq!(sorted.collect::<io::Result<Vec<i64>>>().unwrap(), wanted);
            proptest::prop_assert_eq!(count, times.len() as u64);
        }
    }
}
