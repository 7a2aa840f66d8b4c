//! The compiled mapping language against a plain reading of its description, over programs and data made at random.
//!
//! Start at [`agree`]. `choose.rs` makes the programs of `program.rs`, `naive.rs` and `methods.rs` say what they mean.

mod choose;
mod corpus;
mod methods;
mod naive;
mod program;

use std::time::{Duration, Instant};

use c360::mapping::{Dialect, Program, Value, Variables};
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use choose::Test;
use naive::{Naive, STATUS};

/// How long to go on, in seconds; one short round where it is not set.
const SECONDS: &str = "C360_PROPERTY_SECONDS";
/// Programs in one round.
const ROUND: u32 = 1500;

#[test]
fn the_compiled_language_agrees_with_a_plain_reading_of_it() {
    let seconds = std::env::var(SECONDS).ok().map_or(0, |seconds| seconds.parse().expect("a number of seconds"));
    let end = Instant::now() + Duration::from_secs(seconds);
    let numbers = proptest::collection::vec(proptest::num::u16::ANY, 0..160);
    let mut kept = corpus::Corpus::default();
    let mut tried = 0_u64;
    loop {
        let config = Config { cases: ROUND, max_shrink_iters: 50_000, failure_persistence: None, ..Config::default() };
        let (counted, corpus) = (std::cell::Cell::new(0), std::cell::RefCell::new(&mut kept));
        let result = TestRunner::new(config).run(&numbers, |choices| {
            counted.set(counted.get() + 1);
            let seen = agree(&choose::test(&choices)).map_err(TestCaseError::fail)?;
            corpus.borrow_mut().consider(&choices, &seen);
            Ok(())
        });
        tried += counted.get();
        if let Err(why) = result {
            panic!("after {tried} programs: {why}");
        }
        if Instant::now() >= end {
            break;
        }
    }
    if seconds > 0 {
        eprintln!("{tried} programs, all agreed upon");
    }
    kept.keep();
}

/// Both readings of one program, and its printed form's. What was done in the run, or what is not agreed upon.
fn agree(test: &Test) -> Result<std::collections::BTreeSet<String>, String> {
    let text = test.program.to_string();
    let mut naive = Naive::new(test.args.clone());
    let wanted = naive.program(&test.program, test.input.clone());
    let (found, problems) = compiled(&text, test)?;
    let problems: Vec<String> = problems;
    if found != wanted.as_ref().map(written) {
        return Err(told(&text, test, &wanted.map(|value| written(&value)), &found, &problems));
    }
    if problems.is_empty() != (naive.problems == 0) {
        return Err(format!("{} problems expected by {text}, found {problems:?}\n{test:?}", naive.problems));
    }
    let printed = parse(&text)?.printed();
    if compiled(&printed, test)?.0 != found {
        return Err(format!("{text} is printed as {printed}, which means something else"));
    }
    if parse(&printed)?.printed() != printed {
        return Err(format!("{text} is printed as {printed}, which is printed in another way"));
    }
    Ok(naive.seen)
}

fn parse(text: &str) -> Result<Program, String> {
    Program::parse(text, Dialect::default()).map_err(|problems| format!("{text} does not parse: {problems:?}"))
}

/// What the program makes, as JSON in its order, and the messages of its problems.
fn compiled(text: &str, test: &Test) -> Result<(Option<String>, Vec<String>), String> {
    let program = parse(text)?;
    let status = u16::try_from(STATUS).ok();
    let variables = Variables { args: test.args.as_ref(), status, ..Variables::default() };
    let outcome = program.run(test.input.as_ref(), &variables);
    Ok((outcome.value.as_ref().map(written), outcome.problems.into_iter().map(|problem| problem.message).collect()))
}

fn written(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    value.write(&mut out);
    String::from_utf8(out).expect("JSON is text")
}

fn told(text: &str, test: &Test, wanted: &Option<String>, found: &Option<String>, problems: &[String]) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "(missing)".to_owned());
    let given = |value: &Option<Value<'_>>| value.as_ref().map_or_else(|| "nothing".to_owned(), written);
    format!(
        "{text}\n  over {}, $args {}\n  expected {}\n  found    {} {problems:?}",
        given(&test.input),
        given(&test.args),
        shown(wanted),
        shown(found)
    )
}
