//! Each department with each fault, while eight clients ask over real HTTP: it costs its own parts and nothing else,
//! the error says who and what; where a record from before is kept, that one is shown and says its age.

use c360::demo::{Fault, Which};
use serde_json::{Value as Json, json};

use super::super::held;
use super::gate::Noise;
use super::street::{Door, Failure, Street, parts_of};

/// What one fault does.
#[derive(Clone, Copy)]
enum Effect {
    /// The parts are null, with one of these codes.
    Lost(&'static [&'static str]),
    /// The parts are what they are when all is calm, lists in any order.
    None,
    /// The parts are what they are when all is calm, or less.
    Less,
    /// The parts are cut where they come in pages, and what they are elsewhere; the calls come to an end.
    Bounded,
    /// The parts are what they are when all is calm, but for leaves of this name, which are null.
    Bent(&'static str),
}

/// A breaker may have opened meanwhile, and then nobody is called.
const UNAVAILABLE: Effect = Effect::Lost(&["UNAVAILABLE", "CIRCUIT_OPEN"]);
/// Where the token comes in such a form there is no credential.
const INVALID: Effect = Effect::Lost(&["UPSTREAM_INVALID", "MAPPING_INVALID", "UNAVAILABLE", "CIRCUIT_OPEN"]);
/// Who gives no token in time gives no credential.
const TIMEOUT: Effect = Effect::Lost(&["TIMEOUT", "UNAVAILABLE", "CIRCUIT_OPEN"]);
/// Who says at once that it will be too long is not read to the end; of what has no end more may come than a busy machine reads
/// in time.
const NOISE: Effect = Effect::Lost(&["UPSTREAM_INVALID", "MAPPING_INVALID", "UNAVAILABLE", "CIRCUIT_OPEN", "TIMEOUT"]);
const RATE: Effect = Effect::Lost(&["RATE_LIMITED", "UNAVAILABLE"]);

const FAILURES: [(Failure, Effect); 26] = [
    (Failure::Gone, UNAVAILABLE),
    (Failure::Fault(Fault::Hang), TIMEOUT),
    (Failure::Fault(Fault::Drip), TIMEOUT),
    (Failure::Fault(Fault::CutOff), UNAVAILABLE),
    (Failure::Fault(Fault::Refuse500), UNAVAILABLE),
    // Its `Retry-After` may be obeyed: then nobody is called for a while.
    (Failure::Fault(Fault::Unavailable503), Effect::Lost(&["UNAVAILABLE", "CIRCUIT_OPEN", "RATE_LIMITED"])),
    (Failure::Fault(Fault::RateLimited), RATE),
    (Failure::Fault(Fault::Unauthorized), Effect::Lost(&["UNAVAILABLE"])),
    (Failure::Fault(Fault::Html), INVALID),
    (Failure::Fault(Fault::TruncatedJson), INVALID),
    // Some say themselves what success is, and an empty body is none.
    (Failure::Fault(Fault::Empty), Effect::Lost(&["UPSTREAM_INVALID", "UNAVAILABLE", "CIRCUIT_OPEN"])),
    (
        Failure::Fault(Fault::WrongType),
        Effect::Lost(&["UPSTREAM_INVALID", "MAPPING_INVALID", "UNAVAILABLE", "CIRCUIT_OPEN"]),
    ),
    // What is read of it may take a busy machine longer than it is waited for.
    (Failure::Fault(Fault::Endless), Effect::Lost(&["UPSTREAM_INVALID", "UNAVAILABLE", "CIRCUIT_OPEN", "TIMEOUT"])),
    (Failure::Fault(Fault::NotUtf8), INVALID),
    (Failure::Fault(Fault::Deep), INVALID),
    (Failure::Fault(Fault::DoubledNames), Effect::None),
    (Failure::Fault(Fault::Shuffled), Effect::None),
    (Failure::Fault(Fault::Missing), Effect::Less),
    (Failure::Fault(Fault::Redirect), UNAVAILABLE),
    (Failure::Fault(Fault::EndlessPages), Effect::Bounded),
    (Failure::Noise(Noise::NotHttp), UNAVAILABLE),
    (Failure::Noise(Noise::LongHeader), UNAVAILABLE),
    (Failure::Noise(Noise::ManyHeaders), UNAVAILABLE),
    (Failure::Noise(Noise::Packed), NOISE),
    (Failure::Noise(Noise::Large), NOISE),
    (Failure::Noise(Noise::Reset), UNAVAILABLE),
];

#[test]
fn every_fault_that_departments_know_and_every_noise_is_tried() {
    let faults = Fault::ALL.into_iter().filter(|fault| *fault != Fault::Calm).map(Failure::Fault);
    for failure in faults.chain(Noise::ALL.map(Failure::Noise)) {
        assert!(FAILURES.iter().any(|(tried, _)| *tried == failure), "{failure:?}");
    }
}

/// Customers asked for, several at once.
const ASKED: usize = 10;
/// The most by which memory may grow while a department sends what never ends.
const GROWTH_BYTES: usize = 128 << 20;

async fn under_load(department: Which) {
    let mut street = Street::open(120).await;
    let ids = street.known_to_all(ASKED);
    assert!(ids.len() >= 8, "{}", ids.len());
    let calm = street.gateway(None, false).await.ask_all(&ids).await;
    calm.iter().for_each(|answer| assert_eq!(answer.get("errors"), None, "{answer}"));
    for (failure, effect) in FAILURES {
        let effect = ungiven(department, failure).unwrap_or(effect);
        // A gateway of its own: what one fault has taught it is not carried over.
        let door = street.gateway(Some(department), false).await;
        street.fail(department, failure).await;
        let resident_bytes = || held::resident_bytes(std::process::id()).unwrap_or(0);
        let before = resident_bytes();
        let answers = door.ask_all(&ids).await;
        let grown = resident_bytes().saturating_sub(before);
        let (cut, doubles) = (door.oddities(department, "cut"), door.oddities(department, "double"));
        street.fail(department, Failure::Fault(Fault::Calm)).await;
        let context = format!("{department} {failure:?}");
        assert_eq!(cut > 0, matches!(effect, Effect::Bounded) && has_pages(department), "{context}: {cut} cut");
        assert_eq!(doubles, 0, "{context}");
        assert!(grown < GROWTH_BYTES, "{context}: memory grew by {grown} bytes");
        for (answer, calm) in answers.iter().zip(&calm) {
            check(&context, department, effect, answer, &calm["data"]["customer"]);
        }
    }
}

/// What a fault costs a department that gives a token before anything else, where it answers so for the token as well: an
/// attempt that brings none counts for the breaker, whatever was answered.
fn ungiven(department: Which, failure: Failure) -> Option<Effect> {
    match failure {
        Failure::Fault(Fault::RateLimited) if department == Which::Sales => {
            Some(Effect::Lost(&["RATE_LIMITED", "UNAVAILABLE", "CIRCUIT_OPEN"]))
        }
        Failure::Fault(Fault::Unauthorized) if department == Which::Sales => Some(UNAVAILABLE),
        _ => None,
    }
}

#[track_caller]
fn check(context: &str, department: Which, effect: Effect, answer: &Json, calm: &Json) {
    let found = &answer["data"]["customer"];
    let own = parts_of(department);
    for (name, value) in calm.as_object().unwrap() {
        if name != "coverage" && !own.contains(&name.as_str()) {
            assert_eq!(&found[name], value, "{context}: {name} is not the department's: {answer}");
        }
    }
    let errors = answer["errors"].as_array().map_or(&[][..], Vec::as_slice);
    for error in errors {
        assert_eq!(error["extensions"]["department"], department.name(), "{context}: {error}");
    }
    assert!(!answer.to_string().contains("127.0.0.1"), "{context}: an address in {answer}");
    for part in own {
        let (found, calm) = (&found[part], &calm[part]);
        match effect {
            Effect::Lost(codes) => {
                assert_eq!(found, &Json::Null, "{context}: {part}");
                assert!(!errors.is_empty(), "{context}: {part} is missing without a word: {answer}");
                for error in errors {
                    let code = error["extensions"]["code"].as_str().unwrap_or_default();
                    assert!(codes.contains(&code), "{context}: {error}");
                }
            }
            Effect::None => assert_eq!(sorted(found), sorted(calm), "{context}: {part} of {answer}"),
            Effect::Less => assert!(is_part(found, calm), "{context}: {part} has {found}, in calm {calm}"),
            Effect::Bounded if has_pages(department) => {}
            Effect::Bounded => assert_eq!(found, calm, "{context}: {part} of {answer}"),
            Effect::Bent(leaf) => {
                let mut calm = json!({ *part: calm });
                blank(&mut calm, leaf);
                assert_eq!(found, &calm[part], "{context}: {part} of {answer}");
                let is_told = |error: &Json| error["extensions"]["code"] == "MAPPING_INVALID";
                assert!(errors.iter().all(is_told) && !errors.is_empty(), "{context}: {answer}");
            }
        }
    }
    check_coverage(context, department, effect, answer, calm);
}

/// Whether coverage says of the department what became of its parts, and of the others that they are whole.
#[track_caller]
fn check_coverage(context: &str, department: Which, effect: Effect, answer: &Json, calm: &Json) {
    let found = &answer["data"]["customer"];
    for row in found["coverage"].as_array().unwrap() {
        let told = (row["status"].as_str().unwrap(), row["reason"].as_str());
        if row["department"] != department.name() {
            assert!(matches!(told.0, "FRESH" | "CACHED" | "NOT_LINKED" | "NOT_ASKED"), "{context}: {row}");
            continue;
        }
        let is_lost = |part: &&str| found[part].is_null() && !calm[part].is_null();
        let is_lost = parts_of(department).iter().any(is_lost);
        let is_right = match effect {
            Effect::Lost(codes) => told.0 == "UNAVAILABLE" && told.1.is_some_and(|reason| codes.contains(&reason)),
            // Who is missing in an answer for many is not linked; what is missing in a list cannot be known.
            Effect::Less if is_lost => told == ("NOT_LINKED", None),
            Effect::Bounded if has_pages(department) => told == ("PARTIAL", Some("LIST_CAPPED")),
            Effect::Less | Effect::None | Effect::Bounded => matches!(told, ("FRESH" | "NOT_LINKED", None)),
            Effect::Bent(_) => told == ("PARTIAL", Some("MAPPING_INVALID")),
        };
        assert!(is_right, "{context}: {row}");
    }
}

/// Whether parts of the department come page by page.
fn has_pages(department: Which) -> bool {
    !matches!(department, Which::Marketing | Which::Usage)
}

/// Makes every member of this name null, wherever it stands.
fn blank(value: &mut Json, name: &str) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(|item| blank(item, name)),
        Json::Object(members) => members.iter_mut().for_each(|(own, member)| match own == name {
            true => *member = Json::Null,
            false => blank(member, name),
        }),
        _ => {}
    }
}

/// A section whose lists are in one order, whatever it was.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(sorted).collect();
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        Json::Object(members) => members.iter().map(|(name, member)| (name.clone(), sorted(member))).collect(),
        leaf => leaf.clone(),
    }
}

/// Whether everything in `value` is in `whole` too.
fn is_part(value: &Json, whole: &Json) -> bool {
    match (value, whole) {
        (Json::Null, _) => true,
        (Json::Array(items), Json::Array(all)) => items.iter().all(|item| all.contains(item)),
        (Json::Object(members), Json::Object(all)) => {
            members.iter().all(|(name, member)| all.get(name).is_some_and(|other| is_part(member, other)))
        }
        _ => value == whole,
    }
}

/// Of each department a property that comes in another type, and the leaf that is made of it.
const BENT: [(Which, &str, &str, &str); 5] = [
    (Which::Sales, "GET /services/data/{version}/query", "Title", "jobTitle"),
    (Which::Support, "GET /api/v2/users/{id}/tickets/requested", "subject", "subject"),
    (Which::Marketing, "POST /crm/v3/objects/{type}/batch/read", "hs_analytics_source", "firstSource"),
    (Which::Billing, "GET /v1/invoices/search", "number", "number"),
    (Which::Usage, "GET /v1/usage", "seats_used", "seatsUsed"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_of_another_type_costs_itself_and_is_told_and_counted() {
    let mut street = Street::open(60).await;
    let ids = rich(&street).await;
    for (department, route, property, leaf) in BENT {
        let door = street.gateway(None, false).await;
        let calm = door.ask_all(&ids).await;
        assert_eq!(door.oddities(department, "invalid"), 0, "{department}");
        street.town.department(department).distort(route, property, json!({ "another": ["type"] }));
        let answers = door.ask_all(&ids).await;
        street.fail(department, Failure::Fault(Fault::Calm)).await;
        for (answer, calm) in answers.iter().zip(&calm) {
            let context = format!("{department} {property}");
            check(&context, department, Effect::Bent(leaf), answer, &calm["data"]["customer"]);
        }
        assert!(door.oddities(department, "invalid") >= ids.len() as u64, "{department}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_sales_cost_its_own_parts() {
    under_load(Which::Sales).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_support_cost_its_own_parts() {
    under_load(Which::Support).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_marketing_cost_its_own_parts() {
    under_load(Which::Marketing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_billing_cost_its_own_parts() {
    under_load(Which::Billing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_usage_cost_its_own_parts() {
    under_load(Which::Usage).await;
}

/// Whether the department's row of an answer says so.
fn status_of(answer: &Json, department: Which) -> &str {
    let rows = answer["data"]["customer"]["coverage"].as_array().unwrap();
    rows.iter().find(|row| row["department"] == department.name()).unwrap()["status"].as_str().unwrap()
}

/// Four customers of whom every department has something to tell: that there is nothing is not kept for errors.
async fn rich(street: &Street) -> Vec<String> {
    let mut ids = street.known_to_all(20);
    let answers = street.gateway(None, false).await.ask_all(&ids).await;
    let is_rich = |answer: &Json| {
        let customer = &answer["data"]["customer"];
        ["deals", "tickets", "invoices"].iter().all(|list| customer[list]["nodes"][0].is_object())
    };
    let mut rich = answers.iter().map(is_rich);
    ids.retain(|_| rich.next() == Some(true));
    ids.truncate(4);
    assert_eq!(ids.len(), 4);
    ids
}

/// What everybody is told when nothing fails. On a busy machine a department may be given up all the same: then they are asked
/// again, for what did not come is not kept either.
async fn calm(door: &Door, ids: &[String]) -> Vec<Json> {
    for _ in 0..40 {
        let answers = door.ask_all(ids).await;
        if answers.iter().all(|answer| answer.get("errors").is_none()) {
            return answers;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    panic!("it is never calm");
}

/// What was kept stands in for the department in every failure, and says so.
async fn stands_in(department: Which) {
    let mut street = Street::open(60).await;
    let ids = rich(&street).await;
    for (failure, effect) in FAILURES {
        // A call for one thing that is answered with an empty body says that nothing is there.
        let (Effect::Lost(_), true) = (effect, failure != Failure::Fault(Fault::Empty)) else { continue };
        let door = street.gateway(Some(department), true).await;
        let calm = calm(&door, &ids).await;
        street.fail(department, failure).await;
        let answers = door.ask_all(&ids).await;
        street.fail(department, Failure::Fault(Fault::Calm)).await;
        for (mut answer, mut calm) in answers.into_iter().zip(calm) {
            let context = format!("{department} {failure:?}");
            assert_eq!(answer.get("errors"), None, "{context}: {answer}");
            assert_eq!(status_of(&answer, department), "STALE", "{context}: {answer}");
            answer["data"]["customer"]["coverage"] = json!(null);
            calm["data"]["customer"]["coverage"] = json!(null);
            assert_eq!(answer, calm, "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_of_sales_stands_in_for_it_and_says_so() {
    stands_in(Which::Sales).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_of_support_stands_in_for_it_and_says_so() {
    stands_in(Which::Support).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_of_marketing_stands_in_for_it_and_says_so() {
    stands_in(Which::Marketing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_of_billing_stands_in_for_it_and_says_so() {
    stands_in(Which::Billing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_of_usage_stands_in_for_it_and_says_so() {
    stands_in(Which::Usage).await;
}

/// The drawing can fail: a gate that is shut refuses, and lets through again once it is open.
#[tokio::test]
async fn a_department_that_is_back_is_asked_again() {
    let mut street = Street::open(20).await;
    let ids = street.known_to_all(1);
    let door: Door = street.gateway(None, false).await;
    street.fail(Which::Usage, Failure::Gone).await;
    let (_, lost) = door.ask(&ids[0]).await;
    assert_eq!(lost["data"]["customer"]["usage"], Json::Null);
    street.fail(Which::Usage, Failure::Fault(Fault::Calm)).await;
    // A breaker may want a moment before it tries again.
    for _ in 0..60 {
        let (_, answer) = door.ask(&ids[0]).await;
        if answer.get("errors").is_none() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the department was not asked again within three seconds");
}
