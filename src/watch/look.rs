//! What files hold, without reading again what did not change.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ring::digest::{Context, SHA256};

/// Reads files for their digests, and remembers them for as long as size, time and place on the disk stay the same.
#[derive(Debug, Default)]
pub struct Watch {
    known: BTreeMap<PathBuf, Known>,
}

/// What files held at one moment. Two looks are equal where every file was the same; what cannot be read has no digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look(BTreeMap<PathBuf, Option<Digest>>);

type Digest = [u8; 32];

#[derive(Debug)]
struct Known {
    stamp: Stamp,
    digest: Digest,
}

/// What the file system says of a file. A link is followed: container platforms change whole folders by one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    changed: Option<SystemTime>,
    /// Device, number and time of the entry, where the system tells them.
    place: [i128; 4],
}

impl Watch {
    /// One look at these files.
    pub fn look(&mut self, paths: impl IntoIterator<Item = PathBuf>) -> Look {
        let mut seen = BTreeMap::new();
        let mut known = BTreeMap::new();
        for path in paths {
            let now = now(&path, self.known.remove(&path)).ok();
            seen.insert(path.clone(), now.as_ref().map(|now| now.digest));
            known.extend(now.map(|now| (path, now)));
        }
        self.known = known;
        Look(seen)
    }
}

impl Look {
    /// A number for the content of the files that are wanted, the same on every machine: names within `folder` and bytes.
    pub fn fingerprint(&self, folder: &Path, wanted: impl Fn(&Path) -> bool) -> u64 {
        let mut whole = Context::new(&SHA256);
        for (path, digest) in self.0.iter().filter(|(path, _)| wanted(path)) {
            let Some(digest) = digest else { continue };
            whole.update(path.strip_prefix(folder).unwrap_or(path).as_os_str().as_encoded_bytes());
            whole.update(digest);
        }
        let mut first = [0; 8];
        first.copy_from_slice(&whole.finish().as_ref()[..8]);
        u64::from_be_bytes(first)
    }
}

fn now(path: &Path, known: Option<Known>) -> io::Result<Known> {
    let stamp = Stamp::of(&fs::metadata(path)?);
    match known {
        Some(known) if known.stamp == stamp => Ok(known),
        _ => Ok(Known { stamp, digest: digest(path)? }),
    }
}

fn digest(path: &Path) -> io::Result<Digest> {
    // Asked before opening: a pipe would keep us waiting for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let (mut file, mut piece, mut whole) = (File::open(path)?, vec![0; 64 << 10], Context::new(&SHA256));
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => whole.update(&piece[..read]),
        }
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(whole.finish().as_ref());
    Ok(digest)
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp { bytes: metadata.len(), changed: metadata.modified().ok(), place: place(metadata) }
    }
}

#[cfg(unix)]
fn place(metadata: &Metadata) -> [i128; 4] {
    use std::os::unix::fs::MetadataExt;
    // The time of the last change of the entry itself cannot be set back, as that of the content can.
    let (file, changed) = ((metadata.dev(), metadata.ino()), (metadata.ctime(), metadata.ctime_nsec()));
    [file.0.into(), file.1.into(), changed.0.into(), changed.1.into()]
}

#[cfg(not(unix))]
fn place(_: &Metadata) -> [i128; 4] {
    [0; 4]
}
