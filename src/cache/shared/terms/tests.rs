//! Terms there and back, and bytes that are none.

use std::sync::Arc;
use std::time::Duration;

use proptest::{collection, option, prelude::any, prop_assert_eq, proptest};

use super::{read, write};
use crate::record::{Terms, Validator};

proptest! {
    #[test]
    fn terms_come_back_as_they_went(
        times in [option::of(0_u32..u32::MAX), option::of(0_u32..u32::MAX), option::of(0_u32..u32::MAX)],
        call in any::<u64>(),
        texts in [option::of(".{1,40}"), option::of("[ -~]{0,30}")],
        is_strict in any::<bool>(),
        record in collection::vec(any::<u8>(), 0..20),
    ) {
        let [max_age, stale_while_revalidate, stale_if_error] =
            times.map(|time| time.map(|seconds| Duration::from_secs(seconds.into())).filter(|time| time.as_secs() < u64::from(u32::MAX)));
        let [etag, last_modified] = texts.map(|text: Option<String>| text.map(Into::into));
        let has_any = etag.is_some() || last_modified.is_some();
        let validator = has_any.then(|| Arc::new(Validator { call, etag, last_modified }));
        let terms = Terms {
            may_keep: true,
            max_age,
            stale_while_revalidate,
            stale_if_error,
            is_strict,
            validator,
            is_renewal: false,
        };
        let mut bytes = Vec::new();
        write(&mut bytes, &terms);
        bytes.extend_from_slice(&record);
        prop_assert_eq!(read(&bytes, is_strict), Some((terms, record.as_slice())));
    }

    #[test]
    fn bytes_that_are_none_are_read_without_harm(bytes in collection::vec(any::<u8>(), 0..60)) {
        read(&bytes, false);
    }
}
