//! The gateway against a naive evaluator: random questions, half of them under mishaps, compared byte for byte.
//!
//! The evaluator looks into the seeded cast and follows the table of what clients see when something happens; it knows
//! nothing of connector files, plans or caches. `C360_DIFFERENTIAL` says how many questions are asked,
//! `C360_DIFFERENTIAL_FIRST` the number of the first: with that of a failure and a count of one, it is asked again.

mod departments;
mod dice;
mod evaluator;
mod held;
mod mishaps;
mod query;
mod world;

use dice::Dice;
use evaluator::{SOME_AGE, SOME_TIME};
use mishaps::Mishap;
use query::Query;
use world::World;

const QUESTIONS: u64 = 2000;
/// What a full run meets somewhere, each many times: else the questions do not ask what they are meant to ask.
const MET: [&str; 12] = [
    "\"code\":\"UNAVAILABLE\"",
    "\"code\":\"RATE_LIMITED\"",
    "\"code\":\"UPSTREAM_INVALID\"",
    "\"code\":\"MAPPING_INVALID\"",
    "\"blockedBy\"",
    "UNVERIFIED",
    "LIST_CAPPED",
    "NOT_LINKED",
    "PARTIAL",
    "\"hasNextPage\":true",
    ":[null",
    "\"nodes\":[{\"",
];
/// After so many differences the rest is not asked: they have the same few causes.
const ENOUGH: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_questions_are_answered_as_the_cast_and_the_table_say() {
    let world = World::start().await;
    let first = number("C360_DIFFERENTIAL_FIRST").unwrap_or(0);
    let questions = number("C360_DIFFERENTIAL").unwrap_or(QUESTIONS);
    let mut differences = Vec::new();
    let mut met = [0; MET.len()];
    for seed in first..first + questions {
        let mut dice = Dice::of(seed);
        let mishaps = if seed % 2 == 1 { Mishap::throw(&mut dice) } else { Vec::new() };
        let query = Query::throw(&world.schema, world.town.cast(), &mut dice);
        let expected = evaluator::answer(&world.schema, world.town.cast(), &mishaps, &query);
        let answer = world.ask(&query, &mishaps).await;
        met.iter_mut().zip(MET).for_each(|(met, what)| *met += usize::from(answer.contains(what)));
        if let Some(place) = difference(&expected, &answer) {
            let around = |text: &str| {
                let near = text.char_indices().filter(|(index, _)| index.abs_diff(place) < 200);
                near.map(|(_, letter)| letter).collect::<String>()
            };
            differences.push(format!(
                "question {seed}, mishaps {mishaps:?}\n{}\nvariables {}\nexpected …{}\nanswered …{}\n",
                query.text,
                query.variables,
                around(&expected),
                around(&answer)
            ));
            if differences.len() >= ENOUGH {
                break;
            }
        }
    }
    assert!(differences.is_empty(), "{} differences, {ENOUGH} at most:\n{}", differences.len(), differences.join("\n"));
    let rare: Vec<_> = MET.iter().zip(met).filter(|(_, met)| *met < 10).collect();
    assert!(questions < QUESTIONS || rare.is_empty(), "hardly met: {rare:?}");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Where the answer is not what was expected, times and ages left open.
fn difference(expected: &str, answer: &str) -> Option<usize> {
    let mut rest = answer;
    for letter in expected.chars() {
        let taken = match letter {
            SOME_TIME => rest.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(_, rest)| rest),
            SOME_AGE => Some(rest.trim_start_matches(|digit: char| digit.is_ascii_digit())),
            letter => rest.strip_prefix(letter),
        };
        match taken {
            Some(taken) => rest = taken,
            None => return Some(answer.len() - rest.len()),
        }
    }
    (!rest.is_empty()).then_some(answer.len() - rest.len())
}
