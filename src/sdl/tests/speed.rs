//! A large schema is read in a moment.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::{LINKS, reading};

#[test]
fn two_thousand_fields_and_two_hundred_connectors_take_a_moment() {
    let mut text = format!("{LINKS}type Query {{ customer(id: ID!): Customer @lookup(exists: [\"c0\"]) }}\n");
    text.push_str("type Customer { id: ID! }\n");
    for index in 0..200 {
        let fields: Vec<String> = (0..10).map(|at| format!("f{index}_{at}")).collect();
        let declared: Vec<String> = fields.iter().map(|field| format!("{field}: String")).collect();
        writeln!(
            text,
            r#"extend type Customer @connect(source: "desk", id: "c{index}", batch: {{ maxSize: 50 }},
              http: {{ GET: "/{index}?ids={{$batch.id->joinNotNull(',')}}" }}, selection: "id {}") {{ {} }}"#,
            fields.join(" "),
            declared.join(" ")
        )
        .unwrap();
    }
    let begin = Instant::now();
    let reading = reading(&text);
    // Without optimisation, on a machine that has other things to do. The goal, one second, is for a release build.
    assert!(begin.elapsed() < Duration::from_secs(10), "took {:?}", begin.elapsed());
    println!("read in {:?}", begin.elapsed());
    assert_eq!(reading.catalog.connectors.len(), 200);
}
