//! Request times as compact binary: a text header, then the first time and the distances between neighbours.
//!
//! The file begins with the line `WINDTUNNEL-STAMPS 1`, then comment lines (`# key: value`) up to an empty line, then the
//! first time in nanoseconds (i64, little-endian) and the number of times (u64, little-endian), then each further time as
//! its distance to the one before in nanoseconds, as an LEB128 number.

use std::io::{self, BufRead, Write};

use super::header::TraceHeader;

/// The first bytes of such a file.
pub(crate) const MAGIC: &[u8] = b"WINDTUNNEL-STAMPS 1\n";

/// Longest header that is read: a mebibyte.
const LONGEST_HEADER: usize = 1 << 20;

/// Writes sorted times. Returns an error of the kind `InvalidInput` when they are not sorted.
pub(crate) fn write(
    comments: &str,
    count: u64,
    times: impl Iterator<Item = io::Result<i64>>,
    to: &mut impl Write,
) -> io::Result<()> {
    to.write_all(MAGIC)?;
    to.write_all(comments.as_bytes())?;
    to.write_all(b"\n")?;
    let mut last = None;
    for time in times {
        let time = time?;
        match last.replace(time) {
            None => {
                to.write_all(&time.to_le_bytes())?;
                to.write_all(&count.to_le_bytes())?;
            }
            Some(last) => {
                let distance = u64::try_from(time - last).map_err(|_| io::ErrorKind::InvalidInput)?;
                write_number(distance, to)?;
            }
        }
    }
    Ok(())
}

fn write_number(mut number: u64, to: &mut impl Write) -> io::Result<()> {
    let mut bytes = [0; 10];
    let mut length = 0;
    loop {
        bytes[length] = (number & 0x7f) as u8 | if number > 0x7f { 0x80 } else { 0 };
        length += 1;
        number >>= 7;
        if number == 0 {
            return to.write_all(&bytes[..length]);
        }
    }
}

/// Times from a file.
pub(crate) struct BinaryStamps<R> {
    reader: R,
    pub(crate) header: TraceHeader,
    pub(crate) count: u64,
    first: i64,
    last: Option<i64>,
    read: u64,
}

impl<R: BufRead> BinaryStamps<R> {
    /// Reads the header; `reader` stands at the magic bytes.
    pub(crate) fn open(mut reader: R) -> Result<Self, String> {
        let mut header = TraceHeader::default();
        let mut line = Vec::new();
        let mut length = 0;
        loop {
            line.clear();
            let mut limited = io::Read::take(&mut reader, LONGEST_HEADER as u64);
            length += limited.read_until(b'\n', &mut line).map_err(|error| crate::files::problem(&error))?;
            if line.last() != Some(&b'\n') || length > LONGEST_HEADER {
                return Err("its header is cut off; write the file anew with `windtunnel trace import`".to_string());
            }
            if line == b"\n" {
                break;
            }
            header.read(&line);
        }
        let first = i64::from_le_bytes(number(&mut reader)?);
        let count = u64::from_le_bytes(number(&mut reader)?);
        Ok(BinaryStamps { reader, header, count, first, last: None, read: 0 })
    }

    fn following(&mut self) -> Result<i64, String> {
        // Half of what fits, so that any two times can be subtracted.
        const MOST: i64 = i64::MAX / 2;
        let time = match self.last {
            None => self.first,
            Some(last) => last.checked_add_unsigned(self.distance()?).ok_or("its times run out of range")?,
        };
        if time.unsigned_abs() > MOST as u64 {
            return Err("its times run out of range".to_string());
        }
        Ok(time)
    }

    fn distance(&mut self) -> Result<u64, String> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self::number::<1>(&mut self.reader)?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("it is damaged: a number has no end".to_string())
    }
}

fn number<const N: usize>(reader: &mut impl BufRead) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => "it is cut off; copy it again".to_string(),
        _ => crate::files::problem(&error),
    })?;
    Ok(bytes)
}

impl<R: BufRead> Iterator for BinaryStamps<R> {
    type Item = Result<i64, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read >= self.count {
            return None;
        }
        let next = self.following();
        match &next {
            Ok(time) => {
                self.last = Some(*time);
                self.read += 1;
            }
            Err(_) => self.read = self.count,
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(times: &[i64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write("# zone: -04:00\n", times.len() as u64, times.iter().map(|time| Ok(*time)), &mut bytes).unwrap();
        bytes
    }

    proptest::proptest! {
        #[test]
        fn times_come_back_and_damage_is_no_panic(
            mut times in proptest::collection::vec(-4_000_000_000_000_000_000i64..4_000_000_000_000_000_000, 1..20),
            cut in 0usize..200,
            flip in 0usize..200,
        ) {
            times.sort_unstable();
            let bytes = written(&times);
            let stamps = BinaryStamps::open(&bytes[..]).unwrap();
            proptest::prop_assert_eq!(stamps.header.zone.as_deref(), Some("-04:00"));
            proptest::prop_assert_eq!(stamps.collect::<Result<Vec<_>, _>>().unwrap(), times);
            let mut damaged = bytes.clone();
            let index = flip % damaged.len();
            damaged[index] ^= 0x91;
            damaged.truncate(damaged.len() - cut % damaged.len());
            if let Ok(stamps) = BinaryStamps::open(&damaged[..]) {
                let _ = stamps.take(1000).collect::<Vec<_>>();
            }
        }
    }
}
