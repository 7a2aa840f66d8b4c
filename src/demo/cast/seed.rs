//! The dice of the cast: splitmix64, one independent stream per thing, so that a larger cast begins with the smaller one.

/// A stream of numbers that depends on its origin only.
pub(crate) struct Seed(u64);

impl Seed {
    /// The stream of the `number`th thing of a kind.
    pub(crate) fn of(seed: u64, kind: &str, number: usize) -> Self {
        let named = kind
            .bytes()
            .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut stream = Self(named ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        stream.next();
        stream
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of `0..end`; 0 when `end` is not positive.
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        let end = u64::try_from(end).unwrap_or(0).max(1);
        i64::try_from(self.next() % end).expect("smaller than an i64 end")
    }

    /// A number of `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high - low + 1)
    }

    pub(crate) fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let index = self.below(i64::try_from(from.len()).expect("short lists"));
        &from[usize::try_from(index).expect("not negative")]
    }

    /// `count` letters and digits, as vendors' opaque ids have them.
    pub(crate) fn token(&mut self, count: usize) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        (0..count).map(|_| char::from(*self.pick(LETTERS))).collect()
    }
}
