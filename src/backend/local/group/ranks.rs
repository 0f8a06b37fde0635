//! The order of texts as numbers: of their spellings, and of the forms in which they compare.

use std::borrow::Cow;

use crate::plan::fold;

/// For every text, by its number: its place among all spellings, and among all folded forms, where equal ones share a place.
pub struct Ranks {
    spelling: Vec<u32>,
    folded: Vec<u32>,
    /// The numbers of the texts in the order of their spelling.
    order: Vec<u32>,
}

impl Ranks {
    pub fn of(texts: &[Option<Box<str>>]) -> Ranks {
        let known = || texts.iter().enumerate().filter_map(|(number, text)| text.as_deref().map(|text| (number as u32, text)));
        let (spelling, order) = ranked(texts.len(), known().map(|(number, text)| (number, Cow::Borrowed(text))).collect());
        let folds: Vec<(u32, Cow<'_, str>)> = known().map(|(number, text)| (number, fold(text))).collect();
        // Addresses, digests and machines are spelled in the form in which they compare.
        let same = folds.iter().all(|(number, folded)| texts.get(*number as usize).and_then(Option::as_deref) == Some(&**folded));
        let folded = if same { spelling.clone() } else { ranked(texts.len(), folds).0 };
        Ranks { spelling, folded, order }
    }

    pub fn spelling(&self, number: u32) -> Option<i64> {
        place(&self.spelling, number)
    }

    pub fn folded(&self, number: u32) -> Option<i64> {
        place(&self.folded, number)
    }

    /// The text whose spelling has this place.
    pub fn at<'t>(&self, texts: &'t [Option<Box<str>>], place: i64) -> Option<&'t str> {
        let number = self.order.get(usize::try_from(place).ok()?)?;
        texts.get(*number as usize)?.as_deref()
    }
}

/// Nothing for the number of a missing text.
fn place(places: &[u32], number: u32) -> Option<i64> {
    if number == 0 { None } else { places.get(number as usize).copied().map(i64::from) }
}

/// Each text's place, and the numbers in order. The first bytes of a text decide nearly always, and compare as one number.
fn ranked(count: usize, texts: Vec<(u32, Cow<'_, str>)>) -> (Vec<u32>, Vec<u32>) {
    let mut keyed: Vec<(u64, Cow<'_, str>, u32)> = texts.into_iter().map(|(number, text)| (head(&text), text, number)).collect();
    keyed.sort_unstable();
    let mut places = vec![0; count];
    let mut place = 0;
    for (position, (head, text, number)) in keyed.iter().enumerate() {
        if position > 0 && (*head, text) != (keyed[position - 1].0, &keyed[position - 1].1) {
            place += 1;
        }
        places[*number as usize] = place;
    }
    (places, keyed.into_iter().map(|(_, _, number)| number).collect())
}

fn head(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}
