//! Compressed files and archives, made here, and noise that is always the same.

use std::io::Write;

/// The record of the host `XZ1`, compressed by xz.
pub const XZ: &[u8] = &[
    253, 55, 122, 88, 90, 0, 0, 1, 105, 34, 222, 54, 2, 0, 33, 1, 12, 0, 0, 0, 143, 152, 65, 156, 224, 0, 90, 0, 88, 93, 0, 61, 136, 132, 102, 131, 67, 111,
    19, 231, 228, 51, 18, 62, 5, 187, 13, 109, 10, 56, 248, 231, 174, 251, 252, 148, 28, 239, 55, 156, 179, 54, 16, 82, 151, 0, 81, 8, 95, 233, 1, 225, 104,
    105, 186, 132, 243, 88, 193, 221, 95, 143, 115, 12, 115, 155, 14, 211, 199, 9, 246, 232, 211, 111, 93, 179, 99, 181, 104, 14, 209, 163, 74, 165, 163, 251,
    248, 162, 55, 98, 209, 160, 40, 7, 61, 131, 4, 128, 0, 0, 119, 232, 229, 38, 0, 1, 112, 91, 161, 68, 0, 243, 144, 66, 153, 13, 1, 0, 0, 0, 0, 1, 89, 90,
];

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Bytes that are always the same, and look as if they were not.
pub fn noise(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}
