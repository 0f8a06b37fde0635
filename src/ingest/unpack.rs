//! Compressed streams, by their first bytes, and how much may come out of them.

use std::cell::Cell;
use std::io::{self, Read};

/// What a file unpacks to may be this large whatever it is on disk, and this many times what it is there. Logs shrink to a twentieth, seldom to a hundredth.
const FREE: u64 = 1 << 30;
const RATIO: u64 = 500;

/// How a stream is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Gzip,
    Zstandard,
    Bzip2,
    Xz,
}

impl Packing {
    pub fn of(head: &[u8]) -> Option<Packing> {
        match head {
            [0x1f, 0x8b, ..] => Some(Packing::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Packing::Zstandard),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Some(Packing::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Packing::Xz),
            _ => None,
        }
    }

    /// What the stream holds; several that follow each other are one.
    pub fn decoder<'i>(self, input: impl Read + 'i) -> io::Result<Box<dyn Read + 'i>> {
        Ok(match self {
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(input)),
            Packing::Zstandard => {
                let mut decoder = zstd::Decoder::new(input)?;
                // A larger window would have to be held whole.
                decoder.window_log_max(27)?;
                Box::new(decoder)
            }
            Packing::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(input)),
            Packing::Xz => Box::new(lzma_rust2::XzReader::new(input, true)),
        })
    }
}

/// Bytes read of a file on disk, and bytes that came out of everything compressed in it.
#[derive(Debug, Default)]
pub struct Budget {
    packed: Cell<u64>,
    unpacked: Cell<u64>,
}

impl Budget {
    /// The file itself.
    pub fn disk<'b>(&'b self, input: &'b mut dyn Read) -> Counted<'b> {
        Counted { input, budget: self, is_disk: true }
    }

    /// What comes out of something compressed in it.
    pub fn unpacked<'b>(&'b self, input: &'b mut dyn Read) -> Counted<'b> {
        Counted { input, budget: self, is_disk: false }
    }
}

/// A stream whose bytes count.
pub struct Counted<'b> {
    input: &'b mut dyn Read,
    budget: &'b Budget,
    is_disk: bool,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let counter = if self.is_disk { &self.budget.packed } else { &self.budget.unpacked };
        counter.set(counter.get() + count as u64);
        let (packed, unpacked) = (self.budget.packed.get(), self.budget.unpacked.get());
        if unpacked > FREE && unpacked / RATIO > packed {
            return Err(io::Error::other(format!("it unpacks to more than {} GiB and {RATIO} times its size on disk: the rest was not read", FREE >> 30)));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream of so many zeros.
    fn zeros(bytes: u64) -> impl Read {
        io::repeat(0).take(bytes)
    }

    #[test]
    fn what_unpacks_without_end_is_left() {
        let budget = Budget::default();
        assert_eq!(io::copy(&mut budget.disk(&mut zeros(3 << 20)), &mut io::sink()).ok(), Some(3 << 20));
        assert_eq!(io::copy(&mut budget.unpacked(&mut zeros(1 << 30)), &mut io::sink()).ok(), Some(1 << 30));
        assert!(io::copy(&mut budget.unpacked(&mut zeros(1 << 30)), &mut io::sink()).is_err());
    }
}
