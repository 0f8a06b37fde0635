//! Parquet of any columns: its rows come out as lines of JSON, a piece at a time, and are read as such.

use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::prelude::*;

use super::time;

/// What a file of it begins with.
pub const MARK: &[u8] = b"PAR1";

/// Rows of a piece.
const PIECE: usize = 16_384;

/// A file as lines. Its description is at its end, so it must be one that can be read in any order.
pub struct Lines {
    file: File,
    rows: usize,
    done: usize,
    out: Vec<u8>,
    at: usize,
}

/// What a hostile file does to its reader is its own damage.
fn guarded<T>(work: impl FnOnce() -> PolarsResult<T>) -> io::Result<T> {
    let damaged = |reason: String| io::Error::new(io::ErrorKind::InvalidData, format!("not Parquet: {reason}"));
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(damaged(error.to_string().lines().next().unwrap_or_default().to_string())),
        Err(_) => Err(damaged("its reader gave up".to_string())),
    }
}

impl Lines {
    pub fn open(file: File) -> io::Result<Lines> {
        let copy = file.try_clone()?;
        let rows = guarded(|| Ok(ParquetReader::new(copy).get_metadata()?.num_rows))?;
        Ok(Lines { file, rows, done: 0, out: Vec::new(), at: 0 })
    }

    fn fill(&mut self) -> io::Result<()> {
        let (from, count) = (self.done, PIECE.min(self.rows - self.done));
        self.done += count;
        self.out.clear();
        self.at = 0;
        let copy = self.file.try_clone()?;
        let frame = guarded(|| ParquetReader::new(copy).with_slice(Some((from, count))).finish())?;
        let names: Vec<String> = frame.columns().iter().map(|column| serde_json::Value::from(column.name().as_str()).to_string()).collect();
        for row in 0..frame.height() {
            let mut begun = false;
            for (name, column) in names.iter().zip(frame.columns()) {
                let Some(value) = guarded(|| column.get(row).map(|value| json(&value)))? else { continue };
                self.out.extend_from_slice(if begun { b"," } else { b"{" });
                begun = true;
                self.out.extend_from_slice(name.as_bytes());
                self.out.push(b':');
                self.out.extend_from_slice(value.as_bytes());
            }
            self.out.extend_from_slice(if begun { b"}\n" } else { b"{}\n" });
        }
        Ok(())
    }
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() && self.done < self.rows {
            self.fill()?;
        }
        let rest = &self.out[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

/// A value as JSON; nothing for a missing one.
fn json(value: &AnyValue<'_>) -> Option<String> {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let moment = |time: i64, unit: &TimeUnit| {
        let millis = match unit {
            TimeUnit::Nanoseconds => time.div_euclid(1_000_000),
            TimeUnit::Microseconds => time.div_euclid(1000),
            TimeUnit::Milliseconds => time,
        };
        text(&time::text(millis))
    };
    Some(match value {
        AnyValue::Null => return None,
        AnyValue::Boolean(flag) => flag.to_string(),
        AnyValue::String(string) => text(string),
        AnyValue::StringOwned(string) => text(string),
        AnyValue::Binary(bytes) => text(&String::from_utf8_lossy(bytes)),
        AnyValue::BinaryOwned(bytes) => text(&String::from_utf8_lossy(bytes)),
        AnyValue::Datetime(time, unit, _) => moment(*time, unit),
        AnyValue::DatetimeOwned(time, unit, _) => moment(*time, unit),
        AnyValue::List(items) => {
            let items = items.iter().map(|item| json(&item).unwrap_or_else(|| "null".to_string()));
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        number if number.dtype().is_primitive_numeric() => {
            let shown = number.to_string();
            if shown.parse::<f64>().is_ok_and(f64::is_finite) { shown } else { text(&shown) }
        }
        other => text(&other.to_string()),
    })
}
