//! Numbered records that are amended for a while and then only kept: those that are done leave memory, in whatever order
//! they come to their ends.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::{Index, IndexMut};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Spool;

/// Records that are done and still in memory. The log of an ordinary day never touches the disk.
const MOST_DONE: usize = 1024;

/// A list of records, numbered from zero, of which only those that are not [`done`](Archive::done) have to be in memory.
#[derive(Debug)]
pub struct Archive<T> {
    /// Records in memory, by number.
    held: BTreeMap<u64, Held<T>>,
    /// How many of them are done.
    done: usize,
    len: u64,
    files: Option<Files>,
    fault: Option<io::Error>,
}

#[derive(Debug)]
struct Held<T> {
    record: T,
    done: bool,
}

/// Where records go that have left memory.
#[derive(Debug)]
struct Files {
    records: File,
    /// The place of every record's last version in `records`: its offset, eight bytes each, by number.
    places: File,
}

impl<T> Default for Archive<T> {
    fn default() -> Self {
        Archive { held: BTreeMap::new(), done: 0, len: 0, files: None, fault: None }
    }
}

impl<T: Serialize + DeserializeOwned> Archive<T> {
    /// How many records there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a record; its number.
    pub fn push(&mut self, record: T) -> u64 {
        let number = self.len;
        self.held.insert(number, Held { record, done: false });
        self.len += 1;
        number
    }

    /// A record to be amended, wherever it is; nothing where there is none of that number.
    ///
    /// # Panics
    /// When it is in the temporary file and cannot be read back: the disk has failed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        if number >= self.len {
            return None;
        }
        if !self.held.contains_key(&number) {
            let record = self.read_back(number);
            self.held.insert(number, Held { record, done: true });
            self.done += 1;
        }
        self.held.get_mut(&number).map(|held| &mut held.record)
    }

    /// Does something with a record without taking it back into memory.
    ///
    /// # Panics
    /// As [`get_mut`](Archive::get_mut).
    pub fn with<R>(&mut self, number: u64, read: impl FnOnce(&T) -> R) -> Option<R> {
        if number >= self.len {
            return None;
        }
        Some(match self.held.get(&number) {
            Some(held) => read(&held.record),
            None => read(&self.read_back(number)),
        })
    }

    /// A record is not expected to change any more: it may leave memory.
    pub fn done(&mut self, number: u64) {
        if let Some(held) = self.held.get_mut(&number)
            && !std::mem::replace(&mut held.done, true)
        {
            self.done += 1;
        }
        if self.done > MOST_DONE && self.fault.is_none() {
            self.fault = self.write_out().err();
        }
    }

    /// Numbers of the records that are not done.
    pub fn open(&self) -> impl Iterator<Item = u64> + '_ {
        self.held.iter().filter(|(_, held)| !held.done).map(|(&number, _)| number)
    }

    fn write_out(&mut self) -> io::Result<()> {
        let files = match &mut self.files {
            Some(files) => files,
            None => self.files.insert(Files { records: tempfile::tempfile()?, places: tempfile::tempfile()? }),
        };
        let mut offset = files.records.seek(SeekFrom::End(0))?;
        let mut bytes = Vec::new();
        for (number, held) in self.held.iter().filter(|(_, held)| held.done) {
            let record = postcard::to_stdvec(&held.record).map_err(io::Error::other)?;
            files.places.seek(SeekFrom::Start(number * 8))?;
            files.places.write_all(&offset.to_le_bytes())?;
            bytes.extend_from_slice(&(record.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&record);
            offset += 8 + record.len() as u64;
        }
        files.records.write_all(&bytes)?;
        self.held.retain(|_, held| !held.done);
        self.done = 0;
        Ok(())
    }

    fn read_back(&mut self, number: u64) -> T {
        match self.read(number) {
            Ok(record) => record,
            Err(error) => panic!("what was set aside in a temporary file cannot be read back: {error}"),
        }
    }

    fn read(&mut self, number: u64) -> io::Result<T> {
        let files = self.files.as_mut().ok_or(io::ErrorKind::NotFound)?;
        let mut word = [0; 8];
        files.places.seek(SeekFrom::Start(number * 8))?;
        files.places.read_exact(&mut word)?;
        files.records.seek(SeekFrom::Start(u64::from_le_bytes(word)))?;
        files.records.read_exact(&mut word)?;
        let mut record = vec![0; usize::try_from(u64::from_le_bytes(word)).map_err(io::Error::other)?];
        files.records.read_exact(&mut record)?;
        postcard::from_bytes(&record).map_err(io::Error::other)
    }

    /// Every record, in order of the numbers.
    ///
    /// # Errors
    /// When a temporary file could not be written.
    pub fn into_spool(mut self) -> io::Result<Spool<T>>
    where
        T: Clone,
    {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let mut spool = Spool::default();
        for number in 0..self.len {
            let record = match self.held.remove(&number) {
                Some(held) => held.record,
                None => self.read(number)?,
            };
            spool.push(record)?;
        }
        Ok(spool)
    }
}

/// A record that is not done.
impl<T> Index<usize> for Archive<T> {
    type Output = T;

    fn index(&self, number: usize) -> &T {
        &self.held[&(number as u64)].record
    }
}

/// Any record, to be amended.
impl<T: Serialize + DeserializeOwned> IndexMut<usize> for Archive<T> {
    fn index_mut(&mut self, number: usize) -> &mut T {
        let len = self.len;
        match self.get_mut(number as u64) {
            Some(record) => record,
            None => panic!("record {number} of {len}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: u64 = 3 * MOST_DONE as u64;

    #[test]
    fn records_come_back_in_order_whenever_they_were_done() {
        let mut archive = Archive::default();
        for number in 0..MANY {
            assert_eq!(archive.push(vec![number]), number);
        }
        // Backwards, and one in a hundred never.
        (0..MANY).rev().filter(|number| number % 100 != 0).for_each(|number| archive.done(number));
        assert!(archive.files.is_some() && archive.held.len() < MOST_DONE + MANY as usize / 100 + 2);
        assert!(archive.open().eq((0..MANY).step_by(100)));
        assert!(archive.into_spool().unwrap().iter().eq((0..MANY).map(|number| vec![number])));
    }

    #[test]
    fn what_is_done_can_still_be_amended() {
        let mut archive = Archive::default();
        for number in 0..MANY {
            archive.push(number);
            archive.done(number);
        }
        assert!(!archive.held.contains_key(&7), "it left memory");
        *archive.get_mut(7).unwrap() += 1000;
        archive[8] += 1000;
        assert_eq!(archive.with(7, |record| *record), Some(1007));
        for number in MANY..2 * MANY {
            archive.push(number);
            archive.done(number);
        }
        assert!(!archive.held.contains_key(&7), "it left memory again");
        assert_eq!(archive.get_mut(2 * MANY), None);
        let amended = |number| if number == 7 || number == 8 { number + 1000 } else { number };
        assert!(archive.into_spool().unwrap().iter().eq((0..2 * MANY).map(amended)));
    }

    #[test]
    fn a_short_list_needs_no_file() {
        let mut archive = Archive::default();
        for number in 0..MOST_DONE as u64 {
            archive.push(number);
            archive.done(number);
        }
        assert!(archive.files.is_none());
        assert_eq!((archive.len(), archive.is_empty()), (MOST_DONE as u64, false));
    }
}
