//! What a file is, by its content: telemetry, a compressed file, an archive of files, or nothing that we read.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use memchr::memmem;

use super::format::{FORMATS, Format, PEEK, ROWS, read_fully};
use super::parquet;
use super::tape;
use super::transcode;
use super::unpack::{Budget, Packing};

/// Archives inside archives beyond this are not opened.
const MAX_DEPTH: u32 = 5;

/// What a member of a zip begins with, and mostly the whole.
const ZIP: &[u8] = b"PK\x03\x04";

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
        let packing = Packing::of(&head);
        let is_zip = head.starts_with(ZIP);
        // Asked before formats: records that lie uncompressed in an archive look like a damaged log.
        let is_tar = packing.is_none() && !is_zip && tape::is_tape(&head);
        let is_parquet = head.starts_with(parquet::MARK);
        let packed = is_tar || is_zip || is_parquet || packing.is_some();
        if let Some(encoding) = transcode::of(&head).filter(|_| !packed) {
            let mut raw = Cursor::new(head).chain(input);
            return self.open(name, &mut transcode::Utf8::new(&mut raw, encoding), depth);
        }
        if let Some(format) = FORMATS.iter().find(|format| !packed && format.recognises(&head)) {
            return self.visitor.telemetry(name, *format, &mut Cursor::new(head).chain(input));
        }
        // The head of the first member may be damaged.
        let is_zip = is_zip || (!packed && memmem::find(&head, ZIP).is_some());
        let packed = packed || is_zip;
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
        let mut sound = tape::Sound::new(input);
        let damaged = sound.damaged();
        let mut archive = tar::Archive::new(&mut sound);
        // Archives may be put behind each other.
        archive.set_ignore_zeros(true);
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
        match damaged.get() {
            0 => Ok(true),
            blocks => Err(io::Error::other(format!("{blocks} blocks of 512 bytes are damaged where a file should begin"))),
        }
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

    /// Members of a zip by its directory, and those that it does not lead to.
    fn open_members(&mut self, name: &str, mut file: File, depth: u32) -> io::Result<bool> {
        let (mut met, mut is_whole) = (BTreeSet::new(), true);
        match zip::ZipArchive::new(file.try_clone()?) {
            Ok(mut archive) => {
                for index in 0..archive.len() {
                    let member = archive.by_index(index).map_err(|error| error.to_string()).and_then(|member| match member.compression() {
                        zip::CompressionMethod::Stored | zip::CompressionMethod::Deflated => Ok(member),
                        other => Err(format!("compression method not supported: {other}")),
                    });
                    let mut member = match member {
                        Ok(member) => member,
                        Err(reason) => {
                            is_whole = false;
                            self.visitor.damaged(&format!("{name}/#{index}"), &reason);
                            continue;
                        }
                    };
                    if !self.open_member(name, &mut member, depth, &mut met) {
                        return Ok(false);
                    }
                }
            }
            Err(error) => {
                is_whole = false;
                self.visitor.damaged(name, &format!("{error}: members were looked for one by one"));
            }
        }
        if is_whole {
            return Ok(true);
        }
        // By the heads that stand before them: what these say of lengths may be damage too.
        let mut from = 0;
        while let Some(start) = next_head(&mut file, from)? {
            from = start + ZIP.len() as u64;
            file.seek(SeekFrom::Start(start))?;
            if let Ok(Some(mut member)) = zip::read::read_zipfile_from_stream(&mut file)
                && !met.contains(&inner_name(&member))
                && !self.open_member(name, &mut member, depth, &mut met)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn open_member<R: Read>(&mut self, name: &str, member: &mut zip::read::ZipFile<'_, R>, depth: u32, met: &mut BTreeSet<String>) -> bool {
        let inner = inner_name(member);
        let whole = format!("{name}/{inner}");
        met.insert(inner);
        !member.is_file() || self.open(&whole, &mut self.budget.unpacked(member), depth + 1)
    }
}

/// A member's name below that of its archive.
fn inner_name<R: Read>(member: &zip::read::ZipFile<'_, R>) -> String {
    member.name().map_or_else(|_| "#".to_string(), |name| name.replace('\\', "/"))
}

/// Where in a zip the next head of a member may be.
fn next_head(file: &mut File, from: u64) -> io::Result<Option<u64>> {
    file.seek(SeekFrom::Start(from))?;
    let (mut piece, mut kept, mut start) = (vec![0; PEEK], 0, from);
    loop {
        let count = kept + read_fully(file, &mut piece[kept..])?;
        if let Some(place) = memmem::find(&piece[..count], ZIP) {
            return Ok(Some(start + place as u64));
        }
        if count < piece.len() {
            return Ok(None);
        }
        // A head may lie across two pieces.
        kept = ZIP.len() - 1;
        piece.copy_within(count - kept.., 0);
        start += (count - kept) as u64;
    }
}
