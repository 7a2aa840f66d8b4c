//! Every story of `tests/specs` holds.

use std::path::PathBuf;

use futures_util::{StreamExt, stream};

use crate::story::{Mode, tell};

/// With `C360_UPDATE_STORIES=1` the stories are rewritten; `C360_STORY=name` tells those only whose name has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_story_holds() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/specs");
    let asked = std::env::var("C360_STORY").unwrap_or_default();
    let mode = if std::env::var_os("C360_UPDATE_STORIES").is_some() { Mode::Rewrite } else { Mode::Compare };
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        let name = file.file_name().unwrap().to_string_lossy();
        name.ends_with(".md") && name != "README.md" && name.contains(&asked)
    });
    files.sort();
    assert!(!files.is_empty(), "no story has {asked:?} in its name");
    let told = stream::iter(&files)
        .map(|file| async move { tell(file, mode).await.map_err(|why| format!("== {}\n{why}", file.display())) });
    let failed: Vec<String> = told.buffered(8).filter_map(|told| async { told.err() }).collect().await;
    assert!(failed.is_empty(), "{} of {} stories end otherwise\n\n{}", failed.len(), files.len(), failed.join("\n"));
}
