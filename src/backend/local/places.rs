//! Where addresses are: MaxMind databases (`.mmdb`) that the run names.
//!
//! A plan says only whose addresses are located (`Step::Locate`) and names no file, so that it stays a value without IO and another engine may
//! answer from tables of its own; the databases belong to this backend, as its store does. Locating is a step over single rows: filters and
//! projections reach the scan through it, only the columns that somebody needs are looked up, and a batch asks once for each distinct address.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use maxminddb::{PathElement, Reader};
use polars::prelude::{Column, Expr as PolarsExpr, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult, StringChunked};
use serde_json::Value as Json;

use super::expr::{column, kernel_of};
use super::stage::missing;
use crate::backend::BackendError;
use crate::diag::reason;
use crate::plan::{Needed, Place};

/// What stands before a database's description, at most so far from its end.
const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";
const FAR: u64 = 128 * 1024;

/// Databases; the first that knows something of an address is believed.
#[derive(Debug)]
pub struct Places {
    paths: Vec<PathBuf>,
    /// Read when they are first asked: they are large, and most runs ask nothing of them.
    readers: OnceLock<Vec<Reader<Vec<u8>>>>,
}

impl Places {
    /// # Errors
    /// A file that can't be read, or is no such database.
    pub fn open(paths: &[PathBuf]) -> Result<Places, BackendError> {
        paths.iter().try_for_each(|path| look(path))?;
        Ok(Places { paths: paths.to_vec(), readers: OnceLock::new() })
    }

    fn readers(&self) -> Result<&[Reader<Vec<u8>>], BackendError> {
        if let Some(known) = self.readers.get() {
            return Ok(known);
        }
        let read = |path: &PathBuf| Reader::open_readfile(path).map_err(|error| BackendError::Places { path: path.clone(), reason: error.to_string() });
        let read = self.paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(self.readers.get_or_init(|| read))
    }

    /// The columns of the step: those that are needed looked up, the others missing.
    pub fn columns(self: &Arc<Places>, address: &str, needed: &Needed) -> Result<Vec<PolarsExpr>, BackendError> {
        self.readers()?;
        let one = |place: Place| {
            if !needed.contains(place.name()) {
                return missing(place.kind()).alias(place.name());
            }
            let places = self.clone();
            let located = kernel_of(vec![column(address)], place.kind(), move |columns| match columns {
                [addresses] => places.column(addresses, place),
                _ => Ok(Column::default()),
            });
            located.alias(place.name())
        };
        Ok(Place::ALL.into_iter().map(one).collect())
    }

    fn column(&self, addresses: &Column, place: Place) -> PolarsResult<Column> {
        let name = addresses.name().clone();
        let addresses = addresses.str()?;
        Ok(match place {
            Place::Country | Place::City => StringChunked::from_iter_options(name, each(addresses, |at| self.text(at, place)).into_iter()).into_column(),
            Place::Asn => Int64Chunked::from_iter_options(name, each(addresses, |at| self.number(at)).into_iter()).into_column(),
            Place::Latitude | Place::Longitude => {
                Float64Chunked::from_iter_options(name, each(addresses, |at| self.degrees(at, place)).into_iter()).into_column()
            }
        })
    }

    /// The English name; of a country without one its code.
    fn text(&self, address: IpAddr, place: Place) -> Option<Arc<str>> {
        self.find(address, paths(place), |value| value.as_str().filter(|text| !text.is_empty()).map(Arc::from))
    }

    fn number(&self, address: IpAddr) -> Option<i64> {
        let read = |value: &Json| value.as_i64().or_else(|| value.as_str()?.trim_start_matches(['A', 'S', 'a', 's']).parse().ok());
        self.find(address, paths(Place::Asn), read)
    }

    fn degrees(&self, address: IpAddr, place: Place) -> Option<f64> {
        let read = |value: &Json| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|degrees| degrees.is_finite());
        self.find(address, paths(place), read)
    }

    /// What the first database says that says anything. One that is damaged at this place, or knows no addresses of this length, says nothing.
    fn find<T>(&self, address: IpAddr, paths: &[&[&str]], read: impl Fn(&Json) -> Option<T>) -> Option<T> {
        self.readers.get()?.iter().find_map(|reader| {
            let record = reader.lookup(address).ok().filter(|record| record.has_data())?;
            paths.iter().find_map(|path| {
                let path: Vec<PathElement> = path.iter().map(|part| PathElement::Key(part)).collect();
                read(&record.decode_path(&path).ok()??)
            })
        })
    }
}

/// Where records have it: those of MaxMind and DB-IP are trees, those of others flat. Names come before codes.
fn paths(place: Place) -> &'static [&'static [&'static str]] {
    match place {
        Place::Country => &[&["country", "names", "en"], &["country_name"], &["country", "iso_code"], &["country_code"], &["country"]],
        Place::City => &[&["city", "names", "en"], &["city_name"], &["city"]],
        Place::Asn => &[&["autonomous_system_number"], &["traits", "autonomous_system_number"], &["asn"]],
        Place::Latitude => &[&["location", "latitude"], &["latitude"], &["lat"]],
        Place::Longitude => &[&["location", "longitude"], &["longitude"], &["lng"]],
    }
}

/// An answer for each address, asked once for each distinct one.
fn each<T: Clone>(addresses: &StringChunked, ask: impl Fn(IpAddr) -> Option<T>) -> Vec<Option<T>> {
    let mut known: HashMap<&str, Option<T>> = HashMap::new();
    let answer = |text: Option<&'_ str>| text.and_then(|text| text.trim().parse::<IpAddr>().ok()).and_then(|address| ask(address.to_canonical()));
    let mut answers = Vec::with_capacity(addresses.len());
    for text in addresses.iter() {
        let Some(text) = text else {
            answers.push(None);
            continue;
        };
        answers.push(known.entry(text).or_insert_with(|| answer(Some(text))).clone());
    }
    answers
}

/// A short look at whether this is a database at all.
fn look(path: &Path) -> Result<(), BackendError> {
    let refused = |reason: String| BackendError::Places { path: path.to_path_buf(), reason };
    let tail = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(FAR)))?;
        let mut tail = Vec::new();
        file.take(FAR).read_to_end(&mut tail)?;
        Ok(tail)
    };
    let tail = tail().map_err(|error| refused(reason(&error)))?;
    if memchr::memmem::find(&tail, MARK).is_none() {
        return Err(refused("this is no MaxMind database".into()));
    }
    Ok(())
}
