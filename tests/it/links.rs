//! Every link of the pages leads somewhere: to a file, and to a heading of it where one is named.

use std::fs;
use std::path::{Path, PathBuf};

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("docs")];
    let mut pages = vec![root.join("README.md"), root.join("ARCHITECTURE.md")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

/// What stands in `](…)`, those within fenced blocks aside.
fn links(text: &str) -> Vec<String> {
    let mut is_fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        is_fenced ^= line.trim_start().starts_with("```");
        if !is_fenced {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(targets.map(|(target, _)| target.to_owned()));
        }
    }
    found
}

/// A heading as links name it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn leads_somewhere(page: &Path, link: &str) -> bool {
    if link.contains("://") || link.starts_with("mailto:") {
        return true;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    let has_heading =
        |text: String| text.lines().any(|line| line.starts_with('#') && anchor(line) == heading.to_lowercase());
    target.exists() && (heading.is_empty() || fs::read_to_string(&target).is_ok_and(has_heading))
}

#[test]
fn every_link_of_the_pages_leads_somewhere() {
    let mut dead = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let dead_here = links(&text).into_iter().filter(|link| !leads_somewhere(&page, link));
        dead.extend(dead_here.map(|link| format!("{}: {link}", page.display())));
    }
    assert!(dead.is_empty(), "these links lead nowhere:\n{}", dead.join("\n"));
}

/// `docs/real-systems.md` promises a story for each need: every row of its tables links one, or a test.
#[test]
fn every_need_of_real_systems_is_seen_in_a_story() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/real-systems.md");
    let text = fs::read_to_string(page).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.contains("| seen in |"));
    let unseen: Vec<&str> = rows.filter(|row| !row.contains("](../tests/")).collect();
    assert!(unseen.is_empty(), "these needs are seen nowhere:\n{}", unseen.join("\n"));
}
