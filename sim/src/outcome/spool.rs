//! A list that grows with the length of a run without growing in memory: whole chunks of it go to an unnamed temporary
//! file, and come back one by one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Items that are kept in memory before they leave for the file. Charts and tables of an ordinary run, with its 1440
/// rows, never touch the disk.
const CHUNK: usize = 2048;

/// A list of any length that holds at most a few thousand items in memory. What left memory comes back bit by bit as it
/// was.
///
/// A clone shares what is in the file; both may grow on their own.
#[derive(Clone, Debug)]
pub struct Spool<T> {
    /// The items after those in the file.
    recent: Vec<T>,
    /// Where the chunks are in the file.
    chunks: Vec<Chunk>,
    file: Option<Arc<Mutex<File>>>,
}

#[derive(Copy, Clone, Debug)]
struct Chunk {
    offset: u64,
    bytes: usize,
}

impl<T> Default for Spool<T> {
    fn default() -> Self {
        Spool { recent: Vec::new(), chunks: Vec::new(), file: None }
    }
}

impl<T> Spool<T> {
    /// How many items there are.
    pub fn len(&self) -> usize {
        self.chunks.len() * CHUNK + self.recent.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last item.
    pub fn last(&self) -> Option<&T> {
        self.recent.last()
    }

    /// The last item, to be amended.
    pub fn last_mut(&mut self) -> Option<&mut T> {
        self.recent.last_mut()
    }
}

impl<T: Serialize + DeserializeOwned + Clone> Spool<T> {
    /// Adds an item at the end.
    ///
    /// # Errors
    /// When the temporary file cannot be made or written.
    pub fn push(&mut self, item: T) -> io::Result<()> {
        // The last item always stays, so that it can be amended.
        if self.recent.len() == CHUNK {
            self.write_out()?;
        }
        self.recent.push(item);
        Ok(())
    }

    fn write_out(&mut self) -> io::Result<()> {
        let bytes = postcard::to_stdvec(&self.recent).map_err(io::Error::other)?;
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(Arc::new(Mutex::new(tempfile::tempfile()?))),
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = file.seek(SeekFrom::End(0))?;
        file.write_all(&bytes)?;
        self.chunks.push(Chunk { offset, bytes: bytes.len() });
        self.recent.clear();
        Ok(())
    }

    /// All items in order.
    ///
    /// # Panics
    /// The iterator does, when the temporary file cannot be read back: the disk has failed.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        let written = self.chunks.iter().flat_map(|chunk| match self.read_back(*chunk) {
            Ok(items) => items,
            Err(error) => panic!("results that were set aside in a temporary file cannot be read back: {error}"),
        });
        written.chain(self.recent.iter().cloned())
    }

    /// The item at a place.
    ///
    /// # Panics
    /// When the temporary file cannot be read back.
    pub fn get(&self, place: usize) -> Option<T> {
        let Some(chunk) = self.chunks.get(place / CHUNK) else {
            return self.recent.get(place - self.chunks.len() * CHUNK).cloned();
        };
        match self.read_back(*chunk) {
            Ok(items) => items.into_iter().nth(place % CHUNK),
            Err(error) => panic!("results that were set aside in a temporary file cannot be read back: {error}"),
        }
    }

    fn read_back(&self, chunk: Chunk) -> io::Result<Vec<T>> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let mut bytes = vec![0; chunk.bytes];
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(chunk.offset))?;
        file.read_exact(&mut bytes)?;
        postcard::from_bytes(&bytes).map_err(io::Error::other)
    }
}

impl<'s, T: Serialize + DeserializeOwned + Clone> IntoIterator for &'s Spool<T> {
    type Item = T;
    type IntoIter = Box<dyn Iterator<Item = T> + 's>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl<T: Serialize + DeserializeOwned + Clone> Serialize for Spool<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, T: Serialize + DeserializeOwned + Clone> Deserialize<'de> for Spool<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<T>::deserialize(deserializer).map(|items| items.into_iter().collect())
    }
}

impl<T: Serialize + DeserializeOwned + Clone> FromIterator<T> for Spool<T> {
    /// # Panics
    /// When the temporary file cannot be written.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut spool = Spool::default();
        for item in items {
            if let Err(error) = spool.push(item) {
                panic!("a temporary file cannot be written: {error}");
            }
        }
        spool
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_memory_comes_back_as_it_was_and_in_order() {
        let odd = [f64::NAN, -0.0, f64::INFINITY, 0.1 + 0.2, f64::MIN_POSITIVE];
        let value = |i: usize| (i as u64, odd[i % odd.len()]);
        let count = 3 * CHUNK + 17;
        let spool: Spool<(u64, f64)> = (0..count).map(value).collect();
        assert_eq!((spool.len(), spool.recent.len(), spool.chunks.len()), (count, 17, 3));
        let bits = |(i, x): (u64, f64)| (i, x.to_bits());
        assert!(spool.iter().map(bits).eq((0..count).map(value).map(bits)));
        assert_eq!(spool.last().map(|last| last.0), Some(count as u64 - 1));
        for place in [0, CHUNK - 1, CHUNK, count - 1] {
            assert_eq!(spool.get(place).map(bits), Some(bits(value(place))));
        }
        assert_eq!(spool.get(count), None);
    }

    #[test]
    fn the_last_item_is_always_in_memory() {
        let mut spool = Spool::default();
        for i in 0..=CHUNK as u32 * 2 {
            spool.push(i).unwrap();
            *spool.last_mut().unwrap() += 1;
        }
        assert!(spool.iter().eq(1..=CHUNK as u32 * 2 + 1));
    }

    #[test]
    fn clones_grow_on_their_own() {
        let mut one: Spool<u32> = (0..CHUNK as u32 + 1).collect();
        let mut other = one.clone();
        (0..CHUNK as u32).for_each(|_| one.push(1).unwrap());
        (0..CHUNK as u32).for_each(|_| other.push(2).unwrap());
        let tail = |spool: &Spool<u32>| spool.iter().skip(CHUNK + 1).collect::<Vec<_>>();
        assert_eq!((tail(&one), tail(&other)), (vec![1; CHUNK], vec![2; CHUNK]));
    }

    #[test]
    fn a_short_list_needs_no_file() {
        let spool: Spool<u32> = (0..CHUNK as u32).collect();
        assert!(spool.file.is_none() && !spool.is_empty());
        assert!(Spool::<u32>::default().is_empty());
    }
}
