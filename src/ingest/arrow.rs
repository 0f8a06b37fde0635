//! Values of Arrow's arrays as JSON.

use std::any::Any;

use polars_arrow::array::{
    Array, BinaryArray, BinaryViewArray, BooleanArray, DictionaryArray, DictionaryKey, FixedSizeBinaryArray, FixedSizeListArray, ListArray, MapArray,
    PrimitiveArray, StructArray, Utf8Array, Utf8ViewArray, get_display,
};
use polars_arrow::datatypes::{ArrowDataType, Field, IntegerType, TimeUnit};
use polars_arrow::types::NativeType;

use super::time;

/// Writes a value that is there. What is missing inside of it is null, a field of a structure is left out.
pub fn write_value(array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    if array.is_null(row) {
        return out.extend_from_slice(b"null");
    }
    let of = array.as_any();
    let written = match array.dtype() {
        ArrowDataType::Boolean => of.downcast_ref::<BooleanArray>().map(|flags| shown(flags.value(row), out)),
        ArrowDataType::Int8 => number::<i8>(of, row).map(|number| shown(number, out)),
        ArrowDataType::Int16 => number::<i16>(of, row).map(|number| shown(number, out)),
        ArrowDataType::Int32 => number::<i32>(of, row).map(|number| shown(number, out)),
        ArrowDataType::Int64 => number::<i64>(of, row).map(|number| shown(number, out)),
        ArrowDataType::Int128 => number::<i128>(of, row).map(|number| shown(number, out)),
        ArrowDataType::UInt8 => number::<u8>(of, row).map(|number| shown(number, out)),
        ArrowDataType::UInt16 => number::<u16>(of, row).map(|number| shown(number, out)),
        ArrowDataType::UInt32 => number::<u32>(of, row).map(|number| shown(number, out)),
        ArrowDataType::UInt64 => number::<u64>(of, row).map(|number| shown(number, out)),
        ArrowDataType::UInt128 => number::<u128>(of, row).map(|number| shown(number, out)),
        ArrowDataType::Float32 => number::<f32>(of, row).map(|number| if number.is_finite() { shown(number, out) } else { text(&number.to_string(), out) }),
        ArrowDataType::Float64 => number::<f64>(of, row).map(|number| if number.is_finite() { shown(number, out) } else { text(&number.to_string(), out) }),
        ArrowDataType::Decimal(_, scale) => number::<i128>(of, row).map(|digits| shown(decimal(digits, *scale), out)),
        ArrowDataType::Utf8 => of.downcast_ref::<Utf8Array<i32>>().map(|texts| text(texts.value(row), out)),
        ArrowDataType::LargeUtf8 => of.downcast_ref::<Utf8Array<i64>>().map(|texts| text(texts.value(row), out)),
        ArrowDataType::Utf8View => of.downcast_ref::<Utf8ViewArray>().map(|texts| text(texts.value(row), out)),
        ArrowDataType::Binary => of.downcast_ref::<BinaryArray<i32>>().map(|bytes| text(&String::from_utf8_lossy(bytes.value(row)), out)),
        ArrowDataType::LargeBinary => of.downcast_ref::<BinaryArray<i64>>().map(|bytes| text(&String::from_utf8_lossy(bytes.value(row)), out)),
        ArrowDataType::BinaryView => of.downcast_ref::<BinaryViewArray>().map(|bytes| text(&String::from_utf8_lossy(bytes.value(row)), out)),
        ArrowDataType::FixedSizeBinary(_) => of.downcast_ref::<FixedSizeBinaryArray>().map(|bytes| text(&hex(bytes.value(row)), out)),
        ArrowDataType::Timestamp(unit, zone) => number::<i64>(of, row).map(|moment| text(&timestamp(moment, *unit, zone.is_some()), out)),
        ArrowDataType::Date32 => number::<i32>(of, row).map(|day| text(&time::date_text(day), out)),
        ArrowDataType::Time32(unit) => number::<i32>(of, row).map(|clock| text(&of_day(i64::from(clock), *unit), out)),
        ArrowDataType::Time64(unit) => number::<i64>(of, row).map(|clock| text(&of_day(clock, *unit), out)),
        ArrowDataType::Duration(unit) => number::<i64>(of, row).map(|length| shown(decimal(i128::from(length), digits(*unit)), out)),
        ArrowDataType::Dictionary(keys, ..) => match keys {
            IntegerType::Int8 => word::<i8>(of, row, out),
            IntegerType::Int16 => word::<i16>(of, row, out),
            IntegerType::Int32 => word::<i32>(of, row, out),
            IntegerType::Int64 => word::<i64>(of, row, out),
            IntegerType::UInt8 => word::<u8>(of, row, out),
            IntegerType::UInt16 => word::<u16>(of, row, out),
            IntegerType::UInt32 => word::<u32>(of, row, out),
            IntegerType::UInt64 => word::<u64>(of, row, out),
            IntegerType::Int128 | IntegerType::UInt128 => None,
        },
        ArrowDataType::List(_) => of.downcast_ref::<ListArray<i32>>().map(|lists| list(&*lists.value(row), out)),
        ArrowDataType::LargeList(_) => of.downcast_ref::<ListArray<i64>>().map(|lists| list(&*lists.value(row), out)),
        ArrowDataType::FixedSizeList(..) => of.downcast_ref::<FixedSizeListArray>().map(|lists| list(&*lists.value(row), out)),
        ArrowDataType::Struct(fields) => of.downcast_ref::<StructArray>().map(|parts| structure(fields, parts, row, out)),
        ArrowDataType::Map(..) => of.downcast_ref::<MapArray>().map(|maps| list(&*maps.value(row), out)),
        // Rare ones, as their library shows them.
        ArrowDataType::Null
        | ArrowDataType::Float16
        | ArrowDataType::Date64
        | ArrowDataType::Interval(_)
        | ArrowDataType::Decimal32(..)
        | ArrowDataType::Decimal64(..)
        | ArrowDataType::Decimal256(..)
        | ArrowDataType::Extension(_)
        | ArrowDataType::Unknown
        | ArrowDataType::Union(_) => None,
    };
    if written.is_none() {
        let mut display = String::new();
        let _ = get_display::<String>(array, "null")(&mut display, row);
        text(&display, out);
    }
}

fn number<T: NativeType>(of: &dyn Any, row: usize) -> Option<T> {
    of.downcast_ref::<PrimitiveArray<T>>().map(|numbers| numbers.value(row))
}

fn shown(value: impl ToString, out: &mut Vec<u8>) {
    out.extend_from_slice(value.to_string().as_bytes());
}

fn text(text: &str, out: &mut Vec<u8>) {
    shown(serde_json::Value::from(text), out);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn word<K: DictionaryKey>(of: &dyn Any, row: usize, out: &mut Vec<u8>) -> Option<()> {
    let words = of.downcast_ref::<DictionaryArray<K>>()?;
    write_value(&**words.values(), words.key_value(row), out);
    Some(())
}

fn list(items: &dyn Array, out: &mut Vec<u8>) {
    out.push(b'[');
    for item in 0..items.len() {
        if item > 0 {
            out.push(b',');
        }
        write_value(items, item, out);
    }
    out.push(b']');
}

fn structure(fields: &[Field], parts: &StructArray, row: usize, out: &mut Vec<u8>) {
    out.push(b'{');
    let known = fields.iter().zip(parts.values()).filter(|(_, part)| part.is_valid(row));
    for (place, (field, part)) in known.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        text(&field.name, out);
        out.push(b':');
        write_value(&**part, row, out);
    }
    out.push(b'}');
}

/// How many digits a second has behind its point.
fn digits(unit: TimeUnit) -> usize {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}

/// A number of this many digits behind its point, exactly.
fn decimal(number: i128, scale: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// With a `Z` only where the column says that it is UTC: else it is a wall clock's, of a zone that the file does not tell.
fn timestamp(moment: i64, unit: TimeUnit, is_utc: bool) -> String {
    let of_second = 10_i64.pow(digits(unit) as u32);
    let (second, part) = (moment.div_euclid(of_second), moment.rem_euclid(of_second));
    let whole = time::text(second.saturating_mul(1000));
    let whole = whole.split('.').next().unwrap_or_default();
    let part = if of_second == 1 { String::new() } else { format!(".{part:0>width$}", width = digits(unit)) };
    format!("{whole}{part}{}", if is_utc { "Z" } else { "" })
}

/// `10:00:01.500`.
fn of_day(clock: i64, unit: TimeUnit) -> String {
    timestamp(clock, unit, false).split('T').nth(1).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let cases = [
            (1250, 2, "12.50"),
            (-3125, 3, "-3.125"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (0, 2, "0.00"),
            (7, 0, "7"),
            (i128::MIN, 38, "-1.70141183460469231731687303715884105728"),
        ];
        for (number, scale, expected) in cases {
            assert_eq!(decimal(number, scale), expected);
        }
    }

    #[test]
    fn times_say_of_which_zone_they_are() {
        let millis = 1_772_445_600_123;
        assert_eq!(timestamp(millis, TimeUnit::Millisecond, true), "2026-03-02T10:00:00.123Z");
        assert_eq!(timestamp(millis * 1_000_000 + 4, TimeUnit::Nanosecond, false), "2026-03-02T10:00:00.123000004");
        assert_eq!(timestamp(millis.div_euclid(1000), TimeUnit::Second, false), "2026-03-02T10:00:00");
        assert_eq!(timestamp(-1, TimeUnit::Millisecond, true), "1969-12-31T23:59:59.999Z");
        assert_eq!(of_day(36_001_500, TimeUnit::Millisecond), "10:00:01.500");
        // A moment beyond the calendar is no reason to give up.
        assert!(!timestamp(i64::MAX, TimeUnit::Second, true).is_empty() && !timestamp(i64::MIN, TimeUnit::Second, true).is_empty());
    }
}
