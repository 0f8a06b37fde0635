//! Numbers that look random and are the same in every run.

/// A xorshift64* generator.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// From 0 up to, not including, `end`.
    pub fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.next()).unwrap_or_default() % end.max(1)
    }

    /// Up to `spread` on either side of `center`.
    pub fn around(&mut self, center: i64, spread: i64) -> i64 {
        center - spread + self.below(2 * spread + 1)
    }

    /// One of some things, of which there must be at least one.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        let position = self.below(i64::try_from(things.len()).unwrap_or(1));
        &things[usize::try_from(position).unwrap_or_default()]
    }
}
