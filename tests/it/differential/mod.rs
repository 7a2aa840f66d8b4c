//! The gateway against a naive evaluator: random queries, half of them under faults, compared byte for byte.
//!
//! The evaluator looks into the seeded cast and follows the table of what clients see when something happens; it knows
//! nothing of connector files, plans or caches. `C360_DIFFERENTIAL` says how many queries; `C360_DIFFERENTIAL_SEED`
//! and a count of one ask a query again that was printed.

mod world;

use world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_from_the_cast() {
    let world = World::start().await;
    assert!(world.contract_sdl.contains("type Customer"));
    assert!(world.town.cast().person("c-1001").is_some());
    let answer = world.ask("{ customer(id: \"c-1001\") { id name } }", None).await;
    assert_eq!(answer, r#"{"data":{"customer":{"id":"c-1001","name":"Ada Lindqvist"}}}"#);
}
