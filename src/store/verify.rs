//! Whether the files of a store are the bytes that were written: reading them for a query notices a damaged page only sometimes.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use super::{Store, StoreError, StoredFile};
use crate::diag::reason;

/// A file that is written and summed up on its way. Whoever writes it keeps the [`Sum`], since a Parquet writer gives no file back.
pub struct Summed {
    file: BufWriter<File>,
    sum: Sum,
}

/// The digest of what was written so far.
#[derive(Clone, Default)]
pub struct Sum(Arc<Mutex<Sha256>>);

impl Summed {
    pub fn new(file: File, sum: &Sum) -> Summed {
        Summed { file: BufWriter::with_capacity(256 << 10, file), sum: sum.clone() }
    }
}

impl Sum {
    fn sum(&self) -> MutexGuard<'_, Sha256> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SHA-256 in lower-case hex.
    pub fn digest(&self) -> String {
        text(self.sum().clone())
    }
}

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum.sum().update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Store {
    /// Reads every file of the store, and says how many are as they were written; older programs wrote no digest, and nothing is known of their files.
    ///
    /// # Errors
    /// The first file that is not as it was written, or can't be read.
    pub fn verify<E: From<StoreError>>(&self, stop: impl Fn() -> Result<(), E>) -> Result<u64, E> {
        let mut whole = 0;
        for file in &self.manifest().files {
            stop()?;
            whole += u64::from(self.verify_file(file)?);
        }
        Ok(whole)
    }

    fn verify_file(&self, file: &StoredFile) -> Result<bool, StoreError> {
        let path = self.path_of(file);
        let wrong = |reason: String| StoreError::File { path: path.display().to_string(), reason };
        let mut bytes = vec![0; 1 << 20];
        let mut sum = Sha256::new();
        let mut open = File::open(&path).map_err(|error| wrong(reason(&error)))?;
        loop {
            let count = open.read(&mut bytes).map_err(|error| wrong(reason(&error)))?;
            if count == 0 {
                break;
            }
            sum.update(&bytes[..count]);
        }
        match &file.digest {
            None => Ok(false),
            Some(digest) if *digest == text(sum) => Ok(true),
            Some(_) => Err(wrong("these are not the bytes that were written".into())),
        }
    }
}

fn text(sum: Sha256) -> String {
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
