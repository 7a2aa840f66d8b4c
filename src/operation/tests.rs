//! Tables: text in, flattened operation, bound values or refusal out.

mod attacks;
mod coercion;
mod flattening;
mod forms;
mod introspection;

use std::sync::LazyLock;

use super::{Bound, Contract, Limits, Operation, Refusal, accept, bind};
use crate::mapping::Value;

const SDL: &str = r#"
type Query {
  customer(id: ID!): Customer
  customers(ids: [ID!]!, first: Int = 20, where: Filter): [Customer]
  node(id: ID!): Node
  search(text: String!, in: [Kind!] = [PERSON]): [Hit!]
  echo(int: Int, float: Float, text: String, flag: Boolean, id: ID, kind: Kind, at: DateTime, on: Date, sum: Decimal, any: JSON,
    list: [Int!], grid: [[Int]], where: Filter, one: Pick, sure: Int! = 7): String
}
type Mutation { rename(id: ID!, name: String!): Customer }
type Subscription { changed(id: ID!): Customer }
interface Node { id: ID! }
interface Named implements Node { id: ID! name: String }
type Customer implements Node & Named { id: ID! name: String account: Account tickets(first: Int = 10): TicketConnection parent: Node }
type Account implements Node & Named { id: ID! name: String owner: Customer }
type Ticket implements Node { id: ID! subject(cut: Int): String about: Hit }
type TicketConnection { nodes: [Ticket!] edges: [TicketEdge!] }
type TicketEdge { node: Ticket cursor: String! }
union Hit = Customer | Ticket
enum Kind { PERSON COMPANY }
input Filter { name: String tags: [String!] = ["a"] min: Int! = 1 kind: Kind nested: Filter either: [Filter!] must: Must }
input Must { here: ID! }
input Pick @oneOf { id: ID name: String }
scalar DateTime
scalar Date
scalar Decimal
scalar JSON
"#;

fn contract() -> &'static Contract {
    static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::read(SDL).unwrap());
    &CONTRACT
}

fn take(text: &str) -> Result<Operation, Refusal> {
    accept(contract(), &Limits::default(), text, None)
}

fn bound(operation: &Operation, variables: &str) -> Result<Bound, Refusal> {
    bind(operation, Some(&Value::read(variables.as_bytes()).unwrap()))
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let printed = match take(text) {
        Ok(operation) => operation.to_string(),
        Err(refusal) => refusal.to_string(),
    };
    let trim = |text: &str| {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let margin = lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
        lines.iter().map(|line| line[margin..].trim_end()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(trim(&printed), trim(expected), "\n{printed}");
}
