//! What several connectors give of one entity, and what of it is kept together.

use super::super::{Cache, Lane, LaneSpec};
use super::{cache, fill, fresh_for, see};

fn of(cache: &Cache, definition: u64, max_age: u64, args: &str) -> Lane {
    let freshness = fresh_for(max_age);
    cache.lane(LaneSpec { definition, source: 1, args, freshness, connector: "any", department: "support" })
}

#[test]
fn what_connectors_give_of_one_entity_costs_less_than_of_several() {
    let (together, apart) = (cache(), cache());
    let ids: Vec<_> = (0..5).map(|number| format!("c{number}")).collect();
    for (definition, id) in (0..5).zip(&ids) {
        fill(&of(&together, definition, 60, "{}"), 0, &ids[0]);
        fill(&of(&apart, definition, 60, "{}"), 0, id);
    }
    assert!(together.weight() * 2 < apart.weight(), "{} of {}", together.weight(), apart.weight());
    for (definition, id) in (0..5).zip(&ids) {
        assert_eq!(see(&of(&together, definition, 60, "{}"), 1, &ids[0]), "\"c0\" Cached");
        assert_eq!(see(&of(&apart, definition, 60, "{}"), 1, id), format!("\"{id}\" Cached"));
    }
}

#[test]
fn one_connectors_newer_answer_replaces_its_own_alone_and_takes_along_what_is_over() {
    let cache = cache();
    let (short, long) = (of(&cache, 1, 10, "{}"), of(&cache, 2, 3600, "{}"));
    fill(&short, 0, "ann");
    let alone = cache.weight();
    fill(&long, 5, "ann");
    assert_eq!([see(&short, 6, "ann"), see(&long, 6, "ann")], ["\"ann\" Cached", "\"ann\" Cached"]);
    fill(&long, 3700, "ann");
    assert_eq!(cache.weight(), alone, "the other one was over");
    assert_eq!([see(&short, 3701, "ann"), see(&long, 3701, "ann")], ["miss", "\"ann\" Cached"]);
}

#[test]
fn of_more_connectors_than_lie_together_the_oldest_make_room() {
    let cache = cache();
    let lanes: Vec<_> = (0..70).map(|definition| of(&cache, definition, 3600, "{}")).collect();
    for (second, lane) in (0..).zip(&lanes) {
        fill(lane, second, "ann");
    }
    let seen: Vec<_> = lanes.iter().map(|lane| see(lane, 100, "ann")).collect();
    assert!(seen[..6].iter().all(|seen| seen == "miss"), "{seen:?}");
    assert!(seen[6..].iter().all(|seen| seen == "\"ann\" Cached"), "{seen:?}");
}

#[test]
fn answers_to_any_number_of_arguments_lie_by_themselves() {
    let cache = cache();
    let lanes: Vec<_> = (0..200).map(|first| of(&cache, 1, 3600, &format!(r#"{{"first":{first}}}"#))).collect();
    lanes.iter().for_each(|lane| fill(lane, 0, "ann"));
    assert!(lanes.iter().all(|lane| see(lane, 1, "ann") == "\"ann\" Cached"));
}
