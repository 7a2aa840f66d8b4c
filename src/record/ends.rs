//! How far the contents of an object or a list reach: two bytes each in most records, four where those are too few.

/// How the end offsets of one record are written, little endian. All of its objects and lists have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ends {
    /// In two bytes each.
    #[default]
    Short,
    /// In four, which always do: a source's answer is capped far below 4 GiB.
    Long,
}

/// The farthest that two bytes reach.
const SHORT_REACH: usize = 0xffff;

impl Ends {
    /// What will probably do for a record of so many bytes.
    pub fn reaching(bytes: usize) -> Ends {
        if bytes > SHORT_REACH { Ends::Long } else { Ends::Short }
    }

    /// Bytes per end.
    #[inline]
    pub fn size(self) -> usize {
        match self {
            Ends::Short => 2,
            Ends::Long => 4,
        }
    }

    /// One end of those that stand in `bytes`.
    #[inline]
    pub fn read(self, bytes: &[u8], index: usize) -> usize {
        match self {
            Ends::Short => usize::from(u16::from_le_bytes(bytes.as_chunks().0[index])),
            Ends::Long => u32::from_le_bytes(bytes.as_chunks().0[index]) as usize,
        }
    }

    /// Writes an end where its bytes begin; whether it could be written.
    #[inline]
    pub fn write(self, bytes: &mut [u8], end: usize) -> bool {
        match self {
            Ends::Short => u16::try_from(end).map(|end| bytes[..2].copy_from_slice(&end.to_le_bytes())).is_ok(),
            Ends::Long => {
                let end = u32::try_from(end).expect("answers are capped below 4 GiB");
                bytes[..4].copy_from_slice(&end.to_le_bytes());
                true
            }
        }
    }
}
