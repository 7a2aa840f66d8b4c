//! The shipped schema with other ages.

/// The schema with every record fresh for so many seconds, and kept for errors only where that is wanted.
pub fn ageing(schema: &str, max_age: u32, keeps_for_errors: bool) -> String {
    let line = |line: &str| match line.split_once("@cache(maxAge: ") {
        Some((before, rest)) => {
            let (_, after) = rest.split_once(')').expect("what opens is closed");
            let kept = if keeps_for_errors { ", staleIfError: 86400" } else { "" };
            format!("{before}@cache(maxAge: {max_age}{kept}){after}\n")
        }
        None => format!("{line}\n"),
    };
    schema.lines().map(line).collect()
}
