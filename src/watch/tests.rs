//! Files that change, or only seem to.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Look, Watch};

fn look(watch: &mut Watch, folder: &Path) -> Look {
    let paths: Vec<PathBuf> = ["gateway.toml", "schema/sales.graphql", "token"].map(|name| folder.join(name)).into();
    watch.look(paths)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("schema")).unwrap();
    fs::write(folder.path().join("gateway.toml"), "[http]").unwrap();
    fs::write(folder.path().join("schema/sales.graphql"), "type Query").unwrap();
    folder
}

#[test]
fn looks_are_equal_while_the_bytes_are() {
    let (folder, mut watch) = (folder(), Watch::default());
    let first = look(&mut watch, folder.path());
    assert_eq!(look(&mut watch, folder.path()), first);
    // Written again, with the same bytes.
    fs::write(folder.path().join("gateway.toml"), "[http]").unwrap();
    assert_eq!(look(&mut watch, folder.path()), first);
    // Other bytes of the same length, dated back.
    let file = folder.path().join("gateway.toml");
    let dated = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, "[htpp]").unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(dated).unwrap();
    assert_ne!(look(&mut watch, folder.path()), first);
}

#[test]
fn a_file_that_comes_or_goes_is_a_change() {
    let (folder, mut watch) = (folder(), Watch::default());
    let without = look(&mut watch, folder.path());
    fs::write(folder.path().join("token"), "secret").unwrap();
    let with = look(&mut watch, folder.path());
    assert_ne!(with, without);
    fs::remove_file(folder.path().join("token")).unwrap();
    assert_eq!(look(&mut watch, folder.path()), without);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_elsewhere_is_a_change() {
    let (folder, mut watch) = (folder(), Watch::default());
    let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_800_000_000);
    for (name, text) in [("old", "one"), ("new", "two")] {
        fs::write(folder.path().join(name), text).unwrap();
        let file = fs::File::options().write(true).open(folder.path().join(name)).unwrap();
        file.set_modified(at).unwrap();
    }
    std::os::unix::fs::symlink("old", folder.path().join("token")).unwrap();
    let old = look(&mut watch, folder.path());
    std::os::unix::fs::symlink("new", folder.path().join("next")).unwrap();
    fs::rename(folder.path().join("next"), folder.path().join("token")).unwrap();
    assert_ne!(look(&mut watch, folder.path()), old);
}

#[test]
fn a_fingerprint_is_that_of_the_wanted_files_wherever_they_are() {
    let (here, there, mut watch) = (folder(), folder(), Watch::default());
    let fingerprint =
        |watch: &mut Watch, folder: &Path| look(watch, folder).fingerprint(folder, |path| !path.ends_with("token"));
    let first = fingerprint(&mut watch, here.path());
    assert_eq!(fingerprint(&mut watch, there.path()), first);
    fs::write(here.path().join("token"), "secret").unwrap();
    assert_eq!(fingerprint(&mut watch, here.path()), first);
    fs::write(here.path().join("schema/sales.graphql"), "type Query {").unwrap();
    assert_ne!(fingerprint(&mut watch, here.path()), first);
}
