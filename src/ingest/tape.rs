//! A tar whose damage costs only the files that it touches: where a file should begin and no sound head stands, blocks are passed over up to the next one.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::format::read_fully;

const BLOCK: usize = 512;
/// Where in a head its check sum is.
const SUM: std::ops::Range<usize> = 148..156;

/// Whether one of the first blocks is the head of a file: the very first may be damaged.
pub fn is_tape(start: &[u8]) -> bool {
    let is_head = |block: &[u8]| block.get(257..262) == Some(b"ustar") && block[..257].contains(&0);
    // No line of a log has the zeros of a head.
    start.get(..BLOCK).is_some_and(is_head)
        || start.chunks_exact(BLOCK).any(|block| is_head(block) && block.first_chunk().is_some_and(|block| size(block).is_some()))
}

/// How many bytes follow a sound head.
fn size(block: &[u8; BLOCK]) -> Option<u64> {
    let head = tar::Header::from_byte_slice(block);
    let sum: u32 = block.iter().enumerate().map(|(place, byte)| u32::from(if SUM.contains(&place) { b' ' } else { *byte })).sum();
    if !head.cksum().is_ok_and(|stated| stated == sum) {
        return None;
    }
    // Behind the head of a file with holes are blocks of which only its reader knows how many.
    if head.as_gnu().is_some_and(|head| head.is_extended()) {
        return Some(u64::MAX);
    }
    head.entry_size().ok()?.checked_next_multiple_of(BLOCK as u64)
}

/// An archive without its damaged heads.
pub struct Sound<'i> {
    input: &'i mut dyn Read,
    /// A head, and how much of it was given.
    head: [u8; BLOCK],
    given: usize,
    /// Bytes of the file behind the head that are still to come.
    rest: u64,
    damaged: Rc<Cell<u64>>,
}

impl<'i> Sound<'i> {
    pub fn new(input: &'i mut dyn Read) -> Sound<'i> {
        Sound { input, head: [0; BLOCK], given: BLOCK, rest: 0, damaged: Rc::default() }
    }

    /// How many blocks were passed over so far.
    pub fn damaged(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.damaged)
    }

    /// The next head, or zeros between files; whether there is one.
    fn find_head(&mut self) -> io::Result<bool> {
        loop {
            match read_fully(self.input, &mut self.head)? {
                BLOCK => {}
                0 => return Ok(false),
                // For the archive's reader to find that it ends inside a head.
                count => {
                    self.head.copy_within(..count, BLOCK - count);
                    self.given = BLOCK - count;
                    return Ok(true);
                }
            }
            let is_blank = self.head.iter().all(|byte| *byte == 0);
            match size(&self.head) {
                _ if is_blank => self.rest = 0,
                Some(size) => self.rest = size,
                None => {
                    self.damaged.set(self.damaged.get() + 1);
                    continue;
                }
            }
            self.given = 0;
            return Ok(true);
        }
    }
}

impl Read for Sound<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == BLOCK && self.rest == 0 && !self.find_head()? {
            return Ok(0);
        }
        if self.given < BLOCK {
            let count = buffer.len().min(BLOCK - self.given);
            buffer[..count].copy_from_slice(&self.head[self.given..self.given + count]);
            self.given += count;
            return Ok(count);
        }
        let count = buffer.len().min(usize::try_from(self.rest).unwrap_or(usize::MAX));
        let count = self.input.read(&mut buffer[..count])?;
        self.rest -= count as u64;
        Ok(count)
    }
}
