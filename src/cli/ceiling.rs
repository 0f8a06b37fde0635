//! `--max-memory`: how much memory the program holds is looked at all the time, and who holds too much is asked to stop.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::FAILED;
use super::output::{self, Terminal, write_stderr};
use crate::backend::BackendError;
use crate::diag::Fault;

/// How often it is looked: memory that is taken in this time is small beside any useful ceiling.
const LOOK: Duration = Duration::from_millis(5);

/// Linux tells in pages of this many bytes; where pages are larger, less is allowed than was asked.
const PAGE: u64 = 4_096;

/// Where Linux tells it.
const HELD: &str = "/proc/self/statm";

/// Bytes, as `512M`, `2G` or `1.5GiB`: units are powers of 1,024, as everywhere where memory is limited.
pub fn parse(text: &str) -> Result<u64, Fault> {
    let wrong = || Fault::new("usage::value", format!("--max-memory: `{text}` is no size")).with_help("a number and K, M, G or T, such as 512M or 2G");
    let split = text.find(|sign: char| !(sign.is_ascii_digit() || sign == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = unit.trim().to_ascii_uppercase();
    let power = match unit.strip_suffix("IB").or_else(|| unit.strip_suffix('B')).unwrap_or(&unit) {
        "" => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        _ => return Err(wrong()),
    };
    let bytes = number.parse::<f64>().map_err(|_| wrong())? * 1_024_f64.powi(power);
    if bytes >= 1.0 && bytes <= u64::MAX as f64 { Ok(bytes as u64) } else { Err(wrong()) }
}

/// Starts to look. What it gives is set as long as the program holds more than the ceiling; whoever works looks at that, and gives up with what it holds.
///
/// Work that is left behind may go on taking memory until it looks again: from a quarter above the ceiling on, the whole program ends, with the same words.
pub fn watch(ceiling: u64, terminal: &Terminal) -> Result<Arc<AtomicBool>, Fault> {
    held().ok_or_else(|| {
        Fault::new("usage::value", "--max-memory: this system does not tell how much memory a program holds")
            .with_help("leave it out, and limit the program from outside: by its container, its service or `ulimit -v`")
    })?;
    let last_words = terminal.rendered(&Fault::from(&BackendError::Memory));
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    let look = move || {
        while let Some(bytes) = held() {
            raised.store(bytes > ceiling, Ordering::Relaxed);
            if bytes > ceiling.saturating_add(ceiling / 4) {
                output::abandon();
                write_stderr(&last_words);
                std::process::exit(FAILED.into());
            }
            std::thread::sleep(LOOK);
        }
    };
    let started = std::thread::Builder::new().name("memory".into()).spawn(look);
    started.map_err(|error| Fault::new("system::thread", format!("memory can't be watched: {error}")).with_help("the system refuses threads: allow more"))?;
    Ok(flag)
}

/// Bytes that are the program's own: pages of files that it maps can be taken from it at any time, and don't count.
fn held() -> Option<u64> {
    let text = std::fs::read_to_string(Path::new(HELD)).ok()?;
    let pages: Vec<u64> = text.split(' ').map_while(|number| number.trim().parse().ok()).collect();
    let (resident, shared) = (pages.get(1)?, pages.get(2)?);
    Some(resident.saturating_sub(*shared) * PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let sizes = [("512", 512), ("1K", 1_024), ("512M", 512 << 20), ("2g", 2 << 30), ("1.5GiB", 3 << 29), ("2 GB", 2 << 30), ("1T", 1 << 40)];
        for (text, bytes) in sizes {
            assert_eq!(parse(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "M", "0", "-1G", "1X", "1..5G", "G2", "1e3", "999999999999T"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_held_is_known() {
        let before = held().unwrap();
        let block = vec![1_u8; 64 << 20];
        assert!(held().unwrap() >= before + (32 << 20), "{}", block.len());
    }
}
