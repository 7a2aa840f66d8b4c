//! Schema in, contract out.

use super::{LINKS, reading};

#[test]
fn the_contract_shows_connections_and_nothing_of_ours() {
    let text = r#"
"The way in."
type Query { customer("Its id." id: ID!): Customer @lookup }
"A person."
type Customer @key(fields: "id")
  @connect(source: "desk", id: "a", batch: { maxSize: 10 }, http: { GET: "/{$batch.id->joinNotNull(',')}" }
    selection: "id secret old notes: list { text mood } log: list { text mood }") {
  id: ID!
  secret: ID @inaccessible
  "Gone."
  old: String @deprecated(reason: "ask notes")
  "What was noted."
  notes: [Note!] @connection(max: 5)
  log: [Note]
  events("Which." kind: String @inaccessible): [Note!]
    @connection(by: SOURCE, cursor: "text")
    @connect(source: "desk", http: { GET: "/e?a={$args.after}&n={$args.first}&c={$this.id}" }, selection: "text mood")
}
type Note { text: String mood: Mood }
enum Mood { GOOD BAD WORSE @inaccessible }
extend enum Mood { FINE }
"#;
    assert_eq!(
        reading(&format!("{LINKS}{text}")).contract.split("\"\"\"One page of a list of Note.\"\"\"").next().unwrap(),
        r#""""The way in."""
type Query {
  customer(
    """Its id."""
    id: ID!,
  ): Customer
}

"""A person."""
type Customer {
  id: ID!
  """Gone."""
  old: String @deprecated(reason: "ask notes")
  """What was noted."""
  notes(
    """How many items to show from the start, or after `after`."""
    first: Int,
    """Show items after the one with this cursor."""
    after: String,
    """How many items to show from the end, or before `before`."""
    last: Int,
    """Show items before the one with this cursor."""
    before: String,
  ): NoteConnection
  log: [Note]
  events(
    """How many items to show from the start, or after `after`."""
    first: Int,
    """Show items after the one with this cursor."""
    after: String,
  ): NoteConnection
}

type Note {
  text: String
  mood: Mood
}

enum Mood {
  GOOD
  BAD
  FINE
}

"#
    );
}

#[test]
fn coverage_is_supplied_where_a_schema_names_it() {
    let text = r#"
type Query { customer(id: ID!): Customer @lookup }
type Customer @connect(source: "desk", id: "a", http: { GET: "/{$this.id}" }, selection: "name") {
  id: ID!  name: String  coverage: [Coverage!]!
}
"#;
    let contract = reading(&format!("{LINKS}{text}")).contract;
    for part in ["type Coverage {", "enum CoverageStatus {", "scalar DateTime @specifiedBy", "coverage: [Coverage!]!"] {
        assert!(contract.contains(part), "{part} is missing in {contract}");
    }
}
