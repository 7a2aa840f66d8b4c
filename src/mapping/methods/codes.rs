//! Our methods that encode, decode and digest text, as its bytes in UTF-8. Null stays null.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use md5::{Digest as _, Md5};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ring::{digest, hmac};

use super::super::held::Held;
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::{Example, Method, RunMethod};

/// What URL encoding leaves alone.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Reads with padding and without it.
const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

pub(super) const METHODS: &[Method] = &[
    code(
        "base64",
        "Writes the text in base64, padded; `\"url\"` uses the alphabet of URLs, without padding.",
        Example(r#""a:b?>""#, "plain: $->base64 url: $->base64('url')", r#"{"plain": "YTpiPz4=", "url": "YTpiPz4"}"#),
        |run, call, input, scope| {
            let url = one_of(run, call, 0, &input, scope, ["plain", "url"])? == "url";
            on_bytes(run, call, input, |bytes| if url { URL_SAFE_NO_PAD.encode(bytes) } else { STANDARD.encode(bytes) })
        },
    )
    .takes(0, 1),
    code(
        "base64Decode",
        "Reads base64 of either alphabet, padded or not, that holds text.",
        Example(r#""YTpi""#, "$->base64Decode", r#""a:b""#),
        |run, call, input, _| {
            decoded(run, call, input, "is not the base64 of a text", |text| {
                let url = text.contains(['-', '_']);
                let alphabet = if url { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
                let bytes = GeneralPurpose::new(alphabet, EITHER_PADDING).decode(text.trim()).ok()?;
                String::from_utf8(bytes).ok()
            })
        },
    ),
    code(
        "urlEncode",
        "Percent-encodes everything but letters, digits and `-._~`.",
        Example(r#""a b&c@d.example""#, "$->urlEncode", r#""a%20b%26c%40d.example""#),
        |run, call, input, _| {
            let encode = |text: &str| Some(utf8_percent_encode(text, KEPT).to_string());
            decoded(run, call, input, "cannot be encoded", encode)
        },
    ),
    code(
        "urlDecode",
        "Resolves percent-encoding; `+` stays `+`.",
        Example(r#""a%20b%26c""#, "$->urlDecode", r#""a b&c""#),
        |run, call, input, _| {
            decoded(run, call, input, "is not percent-encoded text", |text| {
                percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned())
            })
        },
    ),
    code(
        "md5",
        "Gives the MD5 digest in hexadecimal, as some vendors key their records by.",
        Example(r#""a@b.example""#, "$->md5", r#""d3ce9fe2208376bd39cf85fbcc2a90c7""#),
        |run, call, input, _| on_bytes(run, call, input, |bytes| hex(&Md5::digest(bytes))),
    ),
    code(
        "sha256",
        "Gives the SHA-256 digest, in `\"hex\"` (the default) or `\"base64\"`.",
        Example(r#""abc""#, "$->sha256", r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#),
        |run, call, input, scope| {
            let form = one_of(run, call, 0, &input, scope, ["hex", "base64"])?;
            on_bytes(run, call, input, |bytes| written(digest::digest(&digest::SHA256, bytes).as_ref(), form))
        },
    )
    .takes(0, 1),
    code(
        "hmacSha256",
        "Gives the HMAC-SHA-256 under its first argument, a secret text, in `\"hex\"` (the default) or `\"base64\"`.",
        Example(
            r#""what do ya want for nothing?""#,
            "$->hmacSha256('Jefe')",
            r#""5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843""#,
        ),
        |run, call, input, scope| {
            let secret = run.text_arg(call, 0, &input, scope)?;
            let form = one_of(run, call, 1, &input, scope, ["hex", "base64"])?;
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            on_bytes(run, call, input, |bytes| written(hmac::sign(&key, bytes).as_ref(), form))
        },
    )
    .takes(1, 2),
];

const fn code(name: &'static str, doc: &'static str, example: Example, run: RunMethod) -> Method {
    Method::new(name, doc, example, run).ours().gives(|_, _| Shape::Text)
}

/// The word that an argument says, the first of `known` where there is no argument.
fn one_of<'v, const N: usize>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    index: usize,
    input: &Held<'v>,
    scope: Scope<'_, 'v>,
    known: [&'static str; N],
) -> Option<&'static str> {
    if call.args.len() <= index {
        return known.first().copied();
    }
    let said = run.text_arg(call, index, input, scope)?;
    match known.into_iter().find(|word| *word == said) {
        Some(word) => Some(word),
        None => {
            run.refuse(call, format!("knows {}, found {said:?}", known.map(|word| format!("{word:?}")).join(" and ")))
        }
    }
}

fn on_bytes<'v>(
    run: &mut Run<'v, '_>,
    call: &Call,
    input: Held<'v>,
    change: impl FnOnce(&[u8]) -> String,
) -> Option<Held<'v>> {
    decoded(run, call, input, "cannot be read", |text| Some(change(text.as_bytes())))
}

fn decoded<'v>(
    run: &mut Run<'v, '_>,
    call: &Call,
    input: Held<'v>,
    otherwise: &str,
    change: impl FnOnce(&str) -> Option<String>,
) -> Option<Held<'v>> {
    if input.is_null() {
        return Some(input);
    }
    let Some(text) = input.as_text() else {
        return run.refuse_input(call, "a string", &input);
    };
    // No change makes more than three bytes of one.
    run.work_text(text.len().saturating_mul(3))?;
    match change(&text) {
        Some(made) => Some(Held::text(made)),
        None => run.refuse(call, format!("found a string that {otherwise}")),
    }
}

fn written(bytes: &[u8], form: &str) -> String {
    if form == "base64" { STANDARD.encode(bytes) } else { hex(bytes) }
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a String does not fail.
        _ = write!(hex, "{byte:02x}");
    }
    hex
}
