//! Compressed content, recognised by its first bytes and unpacked as a stream: gzip, Zstandard, xz.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];
const BZIP2: &[u8] = b"BZh";

/// Unpacks what starts as gzip, Zstandard or xz do; everything else is passed on.
pub(crate) fn unpacked(raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut buffered = BufReader::with_capacity(1 << 16, raw);
    let start = buffered.fill_buf()?;
    if start.starts_with(GZIP) {
        Ok(Box::new(Packed { kind: "gzip", inner: MultiGzDecoder::new(buffered) }))
    } else if start.starts_with(ZSTD) {
        Ok(Box::new(Packed { kind: "zstd", inner: ZstdFrames::new(buffered)? }))
    } else if start.starts_with(XZ) {
        Ok(Box::new(Packed { kind: "xz", inner: lzma_rust2::XzReader::new(buffered, true) }))
    } else if start.starts_with(BZIP2) {
        Err(io::Error::new(io::ErrorKind::Unsupported, "it is packed with bzip2: unpack it first with `bunzip2`"))
    } else {
        Ok(Box::new(buffered))
    }
}

/// A stream that is being unpacked; its errors say what happened to it.
struct Packed<R> {
    kind: &'static str,
    inner: R,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            let kind = self.kind;
            let problem = match error.kind() {
                io::ErrorKind::Interrupted => return error,
                io::ErrorKind::UnexpectedEof => {
                    format!("its {kind} stream ends early: the file is cut off; copy it again")
                }
                _ if ends_early(&error) => format!("its {kind} stream ends early: the file is cut off; copy it again"),
                _ => format!("its {kind} stream is damaged ({error}); copy it again"),
            };
            io::Error::new(io::ErrorKind::InvalidData, problem)
        })
    }
}

/// True when somewhere below is the end of the file: decoders wrap what they met.
fn ends_early(error: &io::Error) -> bool {
    let mut below: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(inner) = below {
        if inner.downcast_ref::<io::Error>().is_some_and(|inner| inner.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        below = inner.source();
    }
    error.to_string().contains("UnexpectedEof")
}

/// Zstandard frames, one after another.
struct ZstdFrames<R: Read> {
    frame: Option<StreamingDecoder<R, FrameDecoder>>,
}

impl<R: BufRead> ZstdFrames<R> {
    fn new(source: R) -> io::Result<Self> {
        Ok(ZstdFrames { frame: Some(StreamingDecoder::new(source).map_err(io::Error::other)?) })
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.frame {
            let count = frame.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let Some(mut source) = self.frame.take().map(StreamingDecoder::into_inner) else { break };
            if !source.fill_buf()?.is_empty() {
                *self = ZstdFrames::new(source)?;
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn text_of(packed: Vec<u8>) -> io::Result<String> {
        let mut text = String::new();
        unpacked(Box::new(Cursor::new(packed)))?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    /// `printf 'one\ntwo\n' | zstd`, and the same through `xz`.
    #[rustfmt::skip]
    const ZSTD_FILE: &[u8] = &[40, 181, 47, 253, 4, 88, 65, 0, 0, 111, 110, 101, 10, 116, 119, 111, 10, 230, 166, 14, 64];
    #[rustfmt::skip]
    const XZ_FILE: &[u8] = &[253, 55, 122, 88, 90, 0, 0, 4, 230, 214, 180, 70, 2, 0, 33, 1, 22, 0, 0, 0, 116, 47, 229, 163, 1, 0, 7, 111, 110, 101, 10, 116, 119, 111, 10, 0, 81, 171, 158, 175, 87, 117, 112, 73, 0, 1, 32, 8, 187, 25, 217, 187, 31, 182, 243, 125, 1, 0, 0, 0, 0, 4, 89, 90];

    #[test]
    fn content_tells_how_it_is_packed() {
        for packed in [gzip("one\ntwo\n"), ZSTD_FILE.to_vec(), XZ_FILE.to_vec(), b"one\ntwo\n".to_vec()] {
            assert_eq!(text_of(packed).unwrap(), "one\ntwo\n");
        }
    }

    #[test]
    fn parts_that_follow_each_other_are_one_text() {
        let twice = |part: &[u8]| [part, part].concat();
        for packed in [twice(&gzip("one\ntwo\n")), twice(ZSTD_FILE), twice(XZ_FILE)] {
            assert_eq!(text_of(packed).unwrap(), "one\ntwo\none\ntwo\n");
        }
    }

    #[test]
    fn what_is_cut_off_says_so() {
        for (packed, kind) in [(gzip("one\ntwo\n"), "gzip"), (ZSTD_FILE.to_vec(), "zstd"), (XZ_FILE.to_vec(), "xz")] {
            let cut = packed[..packed.len() - 5].to_vec();
            let error = text_of(cut).unwrap_err().to_string();
            assert!(error.contains(kind) && error.contains("cut off; copy it again"), "{kind}: {error}");
        }
        assert!(text_of(b"BZh91AY".to_vec()).unwrap_err().to_string().contains("bunzip2"));
    }
}
