//! Parquet of any columns, whatever wrote it.

use std::path::Path;

use polars::prelude::{ArrowField, ArrowSchema};
use polars_arrow::array::{Array, DictionaryArray, FixedSizeListArray, PrimitiveArray, StructArray, Utf8ViewArray};
use polars_arrow::datatypes::{ArrowDataType, TimeUnit};
use polars_arrow::record_batch::RecordBatch;
use polars_parquet::write::{CompressionOptions, FileWriter, RowGroupIterator, StatisticsOptions, Version, WriteOptions, get_dtype_encoding};
use serde_json::json;

use super::{columns, ingest, rows};
use crate::support::{NOW, Place};

#[test]
fn parquet_is_read_row_by_row() {
    let place = Place::new();
    let text = "timestamp,DeviceName,ActionType,FileName,FolderPath,ProcessId,ProcessCommandLine,InitiatingProcessId\n\
        2026-03-02T10:00:00Z,host1,ProcessCreated,d.exe,C:\\w\\d.exe,64,\"d.exe \"\"x\"\"\",65\n";
    let saved = Place::new();
    saved.write("in/a.csv", &text.replace("timestamp", "Timestamp"));
    ingest(&saved);
    // Whatever writes it, rows come back: here the fields of a record, saved by a query.
    let columns_of =
        "[\"DateTime\",\"DeviceName\",\"ActionType\",\"FileName\",\"FolderPath\",\"ProcessId\",\"ProcessCommandLine\",\"InitiatingProcessId\",\"EventId\"]";
    let save =
        format!(r#"Client("all", all_time()).get_raw_events().select({columns_of}).rename(#{{ DateTime: "Timestamp" }}).to_parquet("out/rows.parquet")"#);
    std::fs::create_dir_all(saved.path("out")).unwrap();
    saved.huntsman(["eval", &save, "--source", "store", "--now", NOW, "--allow-write", "out"]).run().expect(0);
    std::fs::create_dir_all(place.path("in")).unwrap();
    std::fs::copy(saved.path("out/rows.parquet"), place.path("in/rows")).unwrap();
    let whole = std::fs::read(place.path("in/rows")).unwrap();
    std::fs::write(place.path("in/cut"), &whole[..whole.len() / 2]).unwrap();
    let taken = ingest(&place);
    assert_eq!((&taken["records"], &taken["rejected"][0]["file"], taken["rejected"].as_array().unwrap().len()), (&json!(1), &json!("cut"), 1));
    let started = columns(&rows(&place, "get_executions()"), &["DateTime", "Machine", "ChildFilename", "ChildPid", "CommandLine", "ParentPid"]);
    assert_eq!(started, json!([["2026-03-02T10:00:00.000Z", "HOST1", "d.exe", 64, "d.exe \"x\"", 65]]));
}

/// Writes columns into a file, a row group for each batch of rows.
fn write(path: &Path, batches: &[Vec<(&str, Box<dyn Array>)>]) {
    let schema: ArrowSchema =
        batches[0].iter().map(|(name, array)| ArrowField::new((*name).into(), array.dtype().clone(), true)).map(|field| (field.name.clone(), field)).collect();
    let options =
        WriteOptions { statistics: StatisticsOptions::empty(), version: Version::V1, compression: CompressionOptions::Uncompressed, data_page_size: None };
    let encodings: Vec<_> = schema.iter_values().map(|field| get_dtype_encoding(&field.dtype)).collect();
    let batches = batches.iter().map(|columns| {
        let arrays: Vec<Box<dyn Array>> = columns.iter().map(|(_, array)| array.clone()).collect();
        RecordBatch::try_new(arrays[0].len(), schema.clone().into(), arrays)
    });
    let groups = RowGroupIterator::try_new(batches, &schema, options, encodings.into()).unwrap();
    let mut file = FileWriter::try_new(std::fs::File::create(path).unwrap(), schema.clone(), options).unwrap();
    for group in groups {
        file.write(2, group.unwrap()).unwrap();
    }
    file.end(None).unwrap();
}

/// Types that no query knows are read all the same; a time without a zone is one of the zone that was told.
#[test]
fn columns_of_any_type_are_read() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("in")).unwrap();
    let millis = [1_772_445_600_000, 1_772_445_601_000];
    let time = |zone: Option<&str>| {
        let kind = ArrowDataType::Timestamp(TimeUnit::Millisecond, zone.map(Into::into));
        PrimitiveArray::<i64>::from_slice(millis).to(kind).boxed()
    };
    let words = |words: [Option<&str>; 2]| {
        let values = Utf8ViewArray::from_slice([Some("first"), Some("second")]).boxed();
        let keys = PrimitiveArray::<u32>::from_iter(words.map(|word| word.map(|word| u32::from(word == "second"))));
        DictionaryArray::try_from_keys(keys, values, false).unwrap().boxed()
    };
    let batch = |said: [Option<&str>; 2], amounts: [Option<i128>; 2]| {
        let numbers = PrimitiveArray::<i32>::from_slice([1, 2, 3, 4]).boxed();
        let pair = FixedSizeListArray::new(FixedSizeListArray::default_datatype(ArrowDataType::Int32, 2), 2, numbers, None);
        let names = Utf8ViewArray::from_slice([Some("a"), None]).boxed();
        let part = StructArray::new(ArrowDataType::Struct(vec![ArrowField::new("name".into(), ArrowDataType::Utf8View, true)]), 2, vec![names], None);
        vec![
            ("Timestamp", time(None)),
            ("Told", time(Some("UTC"))),
            ("Word", words(said)),
            ("Amount", PrimitiveArray::<i128>::from(amounts.to_vec()).to(ArrowDataType::Decimal(9, 2)).boxed()),
            ("Pair", pair.boxed()),
            ("Part", part.boxed()),
        ]
    };
    let batches = [batch([Some("first"), None], [Some(1250), Some(-5)]), batch([Some("second"), Some("second")], [None, Some(0)])];
    write(&place.path("in/any"), &batches);
    let taken = place.huntsman(["ingest", "in", "--store", "store", "--format", "json", "--tz-of", "any=Europe/Berlin"]).run().expect(0).json();
    assert_eq!((&taken["records"], &taken["rejected"]), (&json!(4), &json!([])));
    let mut raw = rows(&place, "get_raw_events()");
    raw.sort_by_key(|row| (row["DateTime"].to_string(), row["Word"] == "second"));
    let (first, second) = ("2026-03-02T09:00:00.000Z", "2026-03-02T09:00:01.000Z");
    let (told, later) = ("2026-03-02T10:00:00.000Z", "2026-03-02T10:00:01.000Z");
    let expected = json!([
        [first, told, "first", "12.50", "[1,2]", "{\"name\":\"a\"}"],
        [first, told, "second", null, "[1,2]", "{\"name\":\"a\"}"],
        [second, later, null, "-0.05", "[3,4]", "{}"],
        [second, later, "second", "0.00", "[3,4]", "{}"],
    ]);
    assert_eq!(columns(&raw, &["DateTime", "Told", "Word", "Amount", "Pair", "Part"]), expected);
}
