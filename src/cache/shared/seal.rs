//! Names and bytes as they lie in the shared tier. Each is made with a key of ours, so that what was damaged, moved to
//! another name or written by somebody else is told from a record, and names say nothing of whom they are about.
//!
//! A record's name is that of its connector and entity; its field in the hash of this name is the digest of its lane:
//! source, arguments and namespace. So a purge of one entity is the removal of one name.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ring::{digest, hmac};

use super::terms;
use super::tier::Kept;
use crate::cache::key::LaneDigest;
use crate::record::{Key, Record};

/// Begins every value; counted up whenever its form changes.
const MAGIC: [u8; 4] = *b"c363";
const HEADER: usize = 48;
const TAG: usize = 16;

const FOUND: u8 = 1;
/// Terms stand between header and record.
const TERMS: u8 = 8;
const STRICT: u8 = 16;

/// What was last forgotten of everything that a record belongs to, as random numbers that the tier itself holds. A
/// record written under another stamp is from before a purge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cache) struct Stamp {
    /// Zero: the tier has lost what it held.
    pub all: u64,
    pub source: u64,
    pub connector: u64,
    pub key: u64,
}

/// Where a record lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub name: String,
    pub field: [u8; 16],
}

/// A value as it was read.
#[derive(Debug)]
pub(super) struct Opened {
    pub stamp: Stamp,
    pub kept: Kept,
}

/// The key under which names and values are made.
pub(super) struct Seal {
    key: hmac::Key,
    /// Of the namespace, as it stands in names.
    space: String,
}

impl Seal {
    /// Of gateways that share a namespace and the tier's password.
    pub fn new(namespace: &str, password: &str) -> Seal {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [b"c360 shared tier", namespace.as_bytes(), password.as_bytes()] {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part);
        }
        let mut seal = Seal { key: hmac::Key::new(hmac::HMAC_SHA256, context.finish().as_ref()), space: String::new() };
        seal.space = hex(&seal.tag("space", &[])[..4]);
        seal
    }

    pub fn place(&self, definition: u64, key: &Key, lane: LaneDigest) -> Place {
        Place { name: self.entity(definition, key), field: lane.bytes() }
    }

    /// The name of all that a connector gave for a key.
    pub fn entity(&self, definition: u64, key: &Key) -> String {
        self.name_within("r", definition, key.as_str().as_bytes())
    }

    /// The name of the sign for a value in a connector's records.
    pub fn sign(&self, definition: u64, clue: &[u8]) -> String {
        self.name_within("i", definition, clue)
    }

    /// What is written of one connector has this in its name.
    pub fn definition(&self, definition: u64) -> String {
        hex(&self.tag("d", &[&definition.to_le_bytes()])[..8])
    }

    /// Names of all that is written of connectors, as a pattern.
    pub fn all(&self) -> String {
        format!("c360:[ri]:{}:*", self.space)
    }

    /// `c360:KIND:NAMESPACE:CONNECTOR:…`
    fn name_within(&self, kind: &str, definition: u64, of: &[u8]) -> String {
        let tag = self.tag(kind, &[&definition.to_le_bytes(), of]);
        format!("c360:{kind}:{}:{}:{}", self.space, self.definition(definition), hex(&tag))
    }

    /// Under what it is written when all of a kind was last forgotten: `a`, `s` or `c`, and the number.
    pub fn epoch(&self, kind: &str, number: u64) -> String {
        self.name(kind, &[&number.to_le_bytes()])
    }

    /// Who fetches the record of a place, as long as nothing that it belongs to is forgotten.
    pub fn lease(&self, place: &Place, stamp: Stamp) -> String {
        let numbers = [stamp.all, stamp.source, stamp.connector, stamp.key].map(u64::to_le_bytes).concat();
        self.name("l", &[place.name.as_bytes(), &place.field, &numbers])
    }

    /// Where news are told and counted.
    pub fn channel(&self) -> String {
        self.name("n", &[])
    }

    pub(super) fn name(&self, kind: &str, parts: &[&[u8]]) -> String {
        format!("c360:{kind}:{}", hex(&self.tag(kind, parts)))
    }

    /// 128 bits over parts, each after its length.
    pub fn tag(&self, kind: &str, parts: &[&[u8]]) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [&[kind.as_bytes()], parts].concat() {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part);
        }
        let mut tag = [0; TAG];
        tag.copy_from_slice(&context.sign().as_ref()[..TAG]);
        tag
    }

    /// A value for a place.
    pub fn close(&self, place: &Place, stamp: Stamp, kept: &Kept) -> Vec<u8> {
        let Kept { record, as_of, terms } = kept;
        let body = record.as_ref().map_or(&[][..], Record::as_bytes);
        let mut out = Vec::with_capacity(HEADER + body.len() + TAG);
        out.extend_from_slice(&MAGIC);
        let of_record = if record.is_some() { FOUND } else { 0 };
        let of_terms = terms.as_ref().map_or(0, |terms| TERMS | if terms.is_strict { STRICT } else { 0 });
        out.extend_from_slice(&[of_record | of_terms, 0, 0, 0]);
        let as_of = as_of.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        out.extend_from_slice(&u64::try_from(as_of).unwrap_or(u64::MAX).to_le_bytes());
        for number in [stamp.all, stamp.source, stamp.connector, stamp.key] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        terms.iter().for_each(|terms| terms::write(&mut out, terms));
        out.extend_from_slice(body);
        let tag = self.tag("v", &[place.name.as_bytes(), &place.field, &out]);
        out.extend_from_slice(&tag);
        out
    }

    /// `None` where the value is no record of this place.
    pub fn open(&self, place: &Place, value: &[u8]) -> Option<Opened> {
        let (inner, tag) = value.split_at_checked(value.len().checked_sub(TAG)?)?;
        let (header, body) = inner.split_at_checked(HEADER)?;
        if header[..4] != MAGIC || self.tag("v", &[place.name.as_bytes(), &place.field, inner]) != *tag {
            return None;
        }
        let number = |at: usize| header[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or_default();
        let flags = header[4];
        let (terms, body) = match flags & TERMS != 0 {
            true => terms::read(body, flags & STRICT != 0).map(|(terms, body)| (Some(Arc::new(terms)), body))?,
            false => (None, body),
        };
        let record = (flags & FOUND != 0).then(|| Record::kept(body));
        let as_of = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(number(8)))?;
        Some(Opened {
            stamp: Stamp { all: number(16), source: number(24), connector: number(32), key: number(40) },
            kept: Kept { record, as_of, terms },
        })
    }
}

/// The connector in a name of what is written of one.
pub(super) fn definition_in(name: &str) -> Option<&str> {
    name.split(':').nth(3)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
