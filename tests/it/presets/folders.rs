//! Every folder that presets become is one that `c360 check` has nothing to say about.

use std::collections::{BTreeMap, BTreeSet};

use c360::presets::{Department, SHELF};
use c360::sdl::{SourceText, draw};
use c360::startup;
use c360::suite::{Ask, Covered, human, run};

use super::{assembled, composed, example_variables, read, text, written};

/// Nothing wrong, nothing that looks wrong.
#[track_caller]
fn is_clean(names: &[&str]) {
    let files = composed(names);
    let folder = written(&files);
    let read = read(folder.path(), &example_variables(&files));
    let texts: Vec<SourceText> = read.files.clone();
    let assembled = match startup::assemble(read, std::sync::Arc::new(|_: &str| None), None) {
        Ok(assembled) => assembled,
        Err(faults) => panic!("{names:?}: {faults}"),
    };
    assert!(assembled.warnings.is_empty(), "{names:?}: {}", draw(&assembled.warnings, &texts, false));
}

/// The suites in the folder, run as `c360 test` runs them. Returns how many tests there are.
#[track_caller]
fn is_tested(names: &[&str], whole: bool) -> usize {
    let folder = written(&composed(names));
    let report = run(&Ask { paths: vec![folder.path().join("tests")], ..Ask::default() });
    let (passed, failed, skipped) = report.counts();
    let is_whole = !whole || report.coverage.iter().all(Covered::is_whole);
    let is_fine = passed > 0 && failed == 0 && skipped == 0 && report.is_sound() && is_whole;
    assert!(is_fine, "{names:?}: {}", human(&report, whole, false));
    passed
}

#[test]
fn the_suite_of_each_preset_alone_tests_every_branch_of_every_connector() {
    names().iter().for_each(|name| _ = is_tested(&[name], true));
}

#[test]
fn suites_hold_whatever_the_presets_stand_beside() {
    let mut all = names();
    let of_all = is_tested(&all, false);
    all.reverse();
    // Whoever speaks second gives up a few ways in, such as the list of all customers.
    assert!(is_tested(&all, false).abs_diff(of_all) < 10);
    is_tested(&["salesforce", "zendesk", "stripe"], false);
    is_tested(&["pipedrive", "salesforce", "jira-service", "zendesk"], false);
    is_tested(&["dynamics", "mailchimp"], false);
    is_tested(&["mailchimp", "jira-service"], false);
    is_tested(&["klaviyo", "hubspot", "stripe"], false);
}

fn names() -> Vec<&'static str> {
    SHELF.iter().map(|preset| preset.name).collect()
}

#[tokio::test]
async fn each_preset_alone_is_a_clean_folder() {
    names().iter().for_each(|name| is_clean(&[name]));
}

#[tokio::test]
async fn every_pair_is_a_clean_folder_whichever_is_named_first() {
    for (index, first) in names().iter().enumerate() {
        for second in &names()[index + 1..] {
            is_clean(&[first, second]);
            is_clean(&[second, first]);
        }
    }
}

/// One system for each department, in every choice of systems.
#[tokio::test]
async fn every_choice_of_one_system_per_department_is_a_clean_folder() {
    let of = |department: Department| SHELF.iter().filter(move |preset| preset.department == department);
    for sales in of(Department::Sales) {
        for support in of(Department::Support) {
            for marketing in of(Department::Marketing) {
                for billing in of(Department::Billing) {
                    is_clean(&[sales.name, support.name, marketing.name, billing.name]);
                }
            }
        }
    }
}

#[tokio::test]
async fn all_presets_together_are_a_clean_folder_in_any_order() {
    let mut all = names();
    is_clean(&all);
    all.reverse();
    is_clean(&all);
}

#[test]
fn each_variable_of_the_settings_stands_in_the_example_and_none_besides() {
    for preset in SHELF {
        let mut read: BTreeSet<String> = BTreeSet::new();
        for part in preset.settings.split("${").skip(1) {
            let name = part.split(['}', ':']).next().unwrap();
            read.insert(name.to_owned());
        }
        let named: BTreeSet<String> = example_variables(&composed(&[preset.name])).into_keys().collect();
        assert_eq!(read, named, "{}", preset.name);
    }
}

#[test]
fn no_secret_has_a_value() {
    for preset in SHELF {
        for (name, value) in example_variables(&composed(&[preset.name])) {
            let is_secret = ["TOKEN", "SECRET", "KEY", "PASSWORD"].iter().any(|word| name.contains(word));
            assert!(!is_secret || value.is_empty(), "{name} is given as {value}");
        }
    }
}

/// A name is one variable's, one source's and one connector's across all presets; so no two of them can collide.
#[test]
fn presets_share_no_source_and_no_variable() {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for preset in SHELF {
        assert!(preset.settings.contains(&format!("[sources.{}]", preset.name)), "{}", preset.name);
        for name in example_variables(&composed(&[preset.name])).into_keys() {
            assert_eq!(owners.insert(name.clone(), preset.name), None, "{name} belongs to two presets");
        }
    }
}

#[test]
fn within_a_department_the_order_of_the_names_is_the_order_of_speaking() {
    let files = composed(&["stripe", "zendesk", "salesforce"]);
    let sales = text(&files, "schema/salesforce.graphql");
    assert!(sales.contains(r#"name: String @prefer(order: ["salesforceContact", "zendeskUser", "stripeCustomer"])"#));
    assert!(!sales.contains("firstName: String @prefer"), "one giver needs no order");
    assert!(!text(&files, "schema/stripe.graphql").contains("@prefer"), "not even imported");
    let heart = text(&files, "schema/customer.graphql");
    assert!(heart.contains(r#"exists: ["salesforceContact", "zendeskUser", "stripeCustomer"]"#));
    assert!(heart.contains(r#"exists: ["salesforceAccount", "zendeskOrganization"]"#));
}

#[tokio::test]
async fn what_no_system_keeps_is_left_out() {
    let files = composed(&["stripe"]);
    let heart = text(&files, "schema/customer.graphql");
    assert!(!heart.contains("type Account") && !heart.contains("account("), "{heart}");
    let folder = written(&files);
    let contract = assembled(read(folder.path(), &example_variables(&files))).gateway.contract_sdl().to_owned();
    for word in ["type Employee", "type Deal", "type Ticket", "account("] {
        assert!(!contract.contains(word), "{word} in {contract}");
    }
}

/// What follows `## The systems` in `docs/presets.md` is what the presets say of themselves.
#[test]
fn the_page_tells_what_each_preset_says_of_itself() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/presets.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, _) = page.split_once("## The systems\n").expect("the page has a part on the systems");
    let mut expected = format!("{head}## The systems\n\n| system | department | brings |\n|---|---|---|\n");
    for preset in SHELF {
        let row = format!("| `{}` | {} | {} |\n", preset.name, preset.department.name(), preset.brings);
        expected.push_str(&row);
    }
    SHELF.iter().for_each(|preset| expected.push_str(&format!("\n{}", preset.notes)));
    if std::env::var_os("C360_UPDATE_PAGES").is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        assert_eq!(page, expected, "C360_UPDATE_PAGES=1 writes docs/presets.md anew");
    }
}
