//! What stands beside the schema, and small cuts that fit a file to its folder.

use super::compose::File;
use super::shelf::{Preset, Register};

/// A schema file that imports only those directives of ours that it uses.
pub(super) fn imports(text: &str) -> String {
    let is_used = |name: &&str| {
        let name = name.trim_matches('"');
        text.match_indices(name).any(|(at, _)| text[at + name.len()..].starts_with(['(', ' ', '\n']))
    };
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        match line.split_once("import: [\"@department\"").and_then(|(before, _)| {
            let (list, after) = line[before.len() + "import: [".len()..].split_once(']')?;
            let used: Vec<&str> = list.split(", ").filter(is_used).collect();
            Some(format!("{before}import: [{}]{after}", used.join(", ")))
        }) {
            Some(line) => out.push_str(&line),
            None => out.push_str(line),
        }
    }
    out
}

/// For GraphQL language servers: the directives' definitions and the schema.
const GRAPHQLRC: &str = "# For GraphQL language servers. After an update: c360 schema directives > directives.graphql\n\
    schema:\n  - directives.graphql\n  - schema/*.graphql\n";

/// `gateway.toml`, `.env.example`, `.gitignore`, `README.md`, and what editors need.
pub(super) fn beside(presets: &[&Preset], is_addressed: bool) -> Vec<File> {
    let mut settings = String::from(
        "#:schema ./gateway.schema.json\n\
         # Where the systems are, with which credentials, and how much may be asked of them. Secrets stand in the\n\
         # environment: .env.example names the variables. Everything else that can be set: docs/configuration.md of c360.\n",
    );
    let mut variables = String::from(
        "# Copy to .env, fill in, keep it out of version control, and load it: set -a; . ./.env; set +a\n",
    );
    for preset in presets {
        settings.push_str(&format!("\n{}", preset.settings));
        variables.push_str(&format!("\n{}", preset.variables));
    }
    let file = |path: &str, text: String| File { path: path.into(), text };
    vec![
        file("gateway.toml", settings),
        file(".env.example", variables),
        file(".gitignore", "# Secrets\n.env\nsecrets/\n".into()),
        file("README.md", readme(presets, is_addressed)),
        file(".graphqlrc.yml", GRAPHQLRC.into()),
        file("directives.graphql", include_str!("../../directives.graphql").into()),
        file("gateway.schema.json", include_str!("../../gateway.schema.json").into()),
    ]
}

fn readme(presets: &[&Preset], is_addressed: bool) -> String {
    let titles: Vec<&str> = presets.iter().map(|preset| preset.title).collect();
    let mut out = format!("# A customer view over {}\n\n", titles.join(", "));
    out.push_str(include_str!("next_steps.md"));
    let by_email: Vec<&Preset> =
        presets.iter().copied().filter(|preset| matches!(preset.customers, Register::ByEmail(_))).collect();
    if !is_addressed {
        out.push_str("\nNo system here knows the company's own customer id: `Customer.id` is the e-mail address.\n");
    } else if let [one, ..] = by_email[..] {
        out.push_str(&format!("\n{} knows people by their e-mail address, which another system gives.\n", one.title));
    }
    let shared: Vec<&[&Preset]> =
        presets.chunk_by(|a, b| a.department == b.department).filter(|same| same.len() > 1).collect();
    for same in shared {
        let titles: Vec<&str> = same.iter().map(|preset| preset.title).collect();
        out.push_str(&format!(
            "\nSeveral systems of {}: {} speaks first, the next is asked only for customers whom the one before does not \
             know or cannot tell (`@prefer` in `schema/{}.graphql`).\n",
            same[0].department.name(),
            titles.join(", then "),
            same[0].name,
        ));
    }
    out.push_str("\n## What each system needs\n");
    for preset in presets {
        out.push_str(&format!("\n{}", preset.notes));
    }
    out
}
