//! What a file is, by its content: telemetry, a compressed file, an archive of files, or nothing that we read.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use super::format::{FORMATS, Format, PEEK, ROWS, read_fully};
use super::parquet;
use super::transcode;
use super::unpack::{Budget, Packing};

/// Archives inside archives beyond this are not opened.
const MAX_DEPTH: u32 = 5;

/// What happens to the files found.
pub trait Visitor {
    /// A file of telemetry. False ends the walk.
    fn telemetry(&mut self, name: &str, format: &'static dyn Format, input: &mut dyn Read) -> bool;
    /// A file that is something else.
    fn other(&mut self, name: &str);
    /// A file or archive that could not be read to its end.
    fn damaged(&mut self, name: &str, reason: &str);
}

/// Opens what a stream holds. `scratch` is a folder for archives that must be read out of order. False: the visitor wants no more.
pub fn open(name: &str, input: &mut dyn Read, scratch: &Path, visitor: &mut dyn Visitor) -> bool {
    let budget = Budget::default();
    let mut opened = Opened { scratch, budget: &budget, visitor };
    opened.open(name, &mut budget.disk(input), 0)
}

/// A file on disk and all that is in it.
struct Opened<'o> {
    scratch: &'o Path,
    budget: &'o Budget,
    visitor: &'o mut dyn Visitor,
}

/// Asks for pieces of one length, whatever is asked of it: what a damaged stream gives before it fails depends on that, and is the same whoever reads.
/// Repeats its failure, since a decoder that found damage may tell of it only once.
struct Steady<'a> {
    input: &'a mut dyn Read,
    piece: Vec<u8>,
    at: usize,
    failure: Option<(io::ErrorKind, String)>,
}

impl<'a> Steady<'a> {
    fn new(input: &'a mut dyn Read) -> Steady<'a> {
        Steady { input, piece: Vec::new(), at: 0, failure: None }
    }

    fn read_on(&mut self) -> io::Result<()> {
        if let Some((kind, reason)) = &self.failure {
            return Err(io::Error::new(*kind, reason.clone()));
        }
        self.piece.resize(PEEK, 0);
        let read = self.input.read(&mut self.piece).inspect_err(|error| {
            if error.kind() != io::ErrorKind::Interrupted {
                self.failure = Some((error.kind(), error.to_string()));
            }
        });
        self.at = 0;
        self.piece.truncate(*read.as_ref().unwrap_or(&0));
        read.map(drop)
    }
}

impl Read for Steady<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.piece.len() {
            self.read_on()?;
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

impl Opened<'_> {
    fn open(&mut self, name: &str, input: &mut dyn Read, depth: u32) -> bool {
        let mut steady = Steady::new(input);
        let input: &mut dyn Read = &mut steady;
        let mut head = vec![0; PEEK];
        match read_fully(input, &mut head) {
            Ok(count) => head.truncate(count),
            Err(error) => {
                self.visitor.damaged(name, &error.to_string());
                return true;
            }
        }
        // Asked first: records that lie uncompressed in an archive look like a damaged log. No line of a log has the zeros of a tar's head.
        let is_tar = head.get(257..262) == Some(b"ustar") && head[..257].contains(&0);
        let is_zip = head.starts_with(b"PK\x03\x04");
        let is_parquet = head.starts_with(parquet::MARK);
        let packing = Packing::of(&head);
        let packed = is_tar || is_zip || is_parquet || packing.is_some();
        if let Some(encoding) = transcode::of(&head).filter(|_| !packed) {
            let mut raw = Cursor::new(head).chain(input);
            return self.open(name, &mut transcode::Utf8::new(&mut raw, encoding), depth);
        }
        if let Some(format) = FORMATS.iter().find(|format| !packed && format.recognises(&head)) {
            return self.visitor.telemetry(name, *format, &mut Cursor::new(head).chain(input));
        }
        if !packed || depth >= MAX_DEPTH {
            match input.read(&mut [0]) {
                Ok(_) if packed => self.visitor.damaged(name, &format!("more than {MAX_DEPTH} archives in each other")),
                Ok(_) => self.visitor.other(name),
                Err(error) => self.visitor.damaged(name, &error.to_string()),
            }
            return true;
        }
        let mut whole = Cursor::new(head).chain(input);
        let opened = match packing {
            Some(packing) => self.unpack(name, packing, &mut whole, depth),
            None if is_zip => self.out_of_order(&mut whole, depth, |opened, file| opened.open_members(name, file, depth)),
            None if is_parquet => self.out_of_order(&mut whole, depth, |opened, file| {
                let mut lines = parquet::Lines::open(file)?;
                Ok(opened.visitor.telemetry(name, &ROWS, &mut lines))
            }),
            None => self.open_tar(name, &mut whole, depth),
        };
        opened.unwrap_or_else(|error| {
            self.visitor.damaged(name, &error.to_string());
            true
        })
    }

    fn unpack(&mut self, name: &str, packing: Packing, input: &mut dyn Read, depth: u32) -> io::Result<bool> {
        let mut decoder = packing.decoder(input)?;
        Ok(self.open(name, &mut self.budget.unpacked(&mut decoder), depth + 1))
    }

    fn open_tar(&mut self, name: &str, input: &mut dyn Read, depth: u32) -> io::Result<bool> {
        let mut archive = tar::Archive::new(input);
        for entry in archive.entries()? {
            let mut entry = entry?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let member = format!("{name}/{}", String::from_utf8_lossy(&entry.path_bytes()));
            if !self.open(&member, &mut entry, depth + 1) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What has its directory at its end is copied to a file first.
    fn out_of_order(&mut self, input: &mut dyn Read, depth: u32, read: impl FnOnce(&mut Self, File) -> io::Result<bool>) -> io::Result<bool> {
        let path = self.scratch.join(format!("archive-{depth}"));
        let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
        io::copy(input, &mut file)?;
        file.seek(SeekFrom::Start(0))?;
        let goes_on = read(self, file);
        std::fs::remove_file(&path)?;
        goes_on
    }

    fn open_members(&mut self, name: &str, file: File, depth: u32) -> io::Result<bool> {
        let mut archive = zip::ZipArchive::new(file)?;
        for index in 0..archive.len() {
            let mut member = match archive.by_index(index) {
                Ok(member) => member,
                Err(error) => {
                    self.visitor.damaged(&format!("{name}/#{index}"), &error.to_string());
                    continue;
                }
            };
            if member.is_file() {
                let inner = member.name().map_or_else(|_| format!("#{index}"), |name| name.replace('\\', "/"));
                if !self.open(&format!("{name}/{inner}"), &mut self.budget.unpacked(&mut member), depth + 1) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
