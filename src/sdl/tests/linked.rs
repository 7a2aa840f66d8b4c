//! Schema in, summary of the catalog out.

use super::{LINKS, reading, summary};
use crate::catalog::{PageTarget, Scalar, Scope, TypeKind};

/// A help desk and a shop, as two departments would write them.
pub(super) const DESK: &str = r#"
type Query {
  customer(id: ID!): Customer @lookup(exists: ["people"])
  customers(ids: [ID!]!): [Customer] @lookup
}
type Customer @cache(maxAge: 300) { id: ID!  coverage: [Coverage!]! }
## support.graphql
extend schema
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
  @link(url: "https://c360.dev/spec/v0.1", import: ["@department", "@connection", "@cache", "@inaccessible", "@paginate", "@call"])
  @department(name: "support", title: "Help & support")
extend type Customer
  @connect(source: "desk", id: "people", batch: { maxSize: 100 }
    http: { GET: "/people", queryParams: "external_ids: $batch.id->joinNotNull(',')" }
    selection: "$.people { id: external_id  supportId: id->toString }")
  @connect(source: "desk", id: "tickets", batch: { maxSize: 50 }
    http: { GET: "/tickets", queryParams: "person_ids: $batch.supportId->joinNotNull(',')" }
    selection: """
      $.groups {
        supportId: person
        tickets: values { id: id->toString  subject  openedAt: created_at
          status: status->match(["open", "OPEN"], [@, "OTHER"]) }
      }
    """)
  @paginate(connect: "tickets", items: "$.groups", next: "$.next_page", into: URL)
  @call(connect: "people", maxParallel: 2, safe: true) {
  supportId: ID @inaccessible
  "Support requests, newest first."
  tickets: [Ticket!] @connection(by: GATEWAY, max: 20) @cache(maxAge: 30, staleIfError: 86400)
}
enum TicketStatus { OPEN OTHER }
type Ticket { id: ID!  subject: String  status: TicketStatus  openedAt: DateTime }
## shop.graphql
extend schema @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@connect"])
extend type Customer {
  orders(open: Boolean): [Order!]
    @connect(source: "shop", http: { GET: "/orders?customer={$this.id}&open={$args.open}" }, selection: "id total: sum")
}
type Order { id: ID!  total: Decimal  lines: [Line!] }
type Line @connect(source: "shop", id: "lines", http: { GET: "/x/{$this.id}" }, selection: "id sku") { id: ID! sku: String }
scalar Decimal
"#;

fn desk() -> String {
    let shop = r#"type Order { id: ID!  total: Decimal  lines: [Line!] }"#;
    let plain = DESK.replace(shop, "type Order { id: ID!  total: Decimal }");
    let lines = plain.lines().filter(|line| !line.starts_with("type Line")).collect::<Vec<_>>().join("\n");
    format!("{LINKS}{lines}")
}

#[test]
fn departments_extend_one_customer_and_their_connectors_are_chained() {
    assert_eq!(
        summary(&reading(&desk()).catalog),
        r#"people on Customer [support] needs id batch Some(100) gives {id supportId}
tickets on Customer [support] needs supportId batch Some(50) gives {supportId tickets {id subject openedAt status}}
Customer.orders[0] on Customer.orders [shop] needs id args open gives {orders {id total}}
Query.customer finds Customer by [("id", "id")] exists ["people"]
Query.customers finds Customer by [("ids", "id")] exists ["people"]
Customer by id:
  people: people
  tickets: people tickets
  Customer.orders[0]: Customer.orders[0]
Customer by supportId:
  tickets: tickets
"#
    );
}

#[test]
fn fields_know_department_freshness_visibility_and_paging() {
    let catalog = reading(&desk()).catalog;
    let (id, _) = catalog.named("Customer").unwrap();
    let customer = catalog.object(id).unwrap();
    let field = |name: &str| &customer.fields[name];
    let department = |name: &str| catalog.department(field(name).department).title.as_str();
    assert_eq!(department("tickets"), "Help & support");
    assert_eq!(department("orders"), "Shop");
    assert!(!field("supportId").visible);
    assert_eq!(field("orders").freshness.max_age.unwrap().as_secs(), 300);
    assert_eq!(catalog.connectors[1].freshness.max_age.unwrap().as_secs(), 30);
    assert_eq!(catalog.connectors[1].gives.slot("tickets").unwrap().max, Some(20));
    let paginate = catalog.connectors[1].paginate.as_ref().unwrap();
    assert_eq!((paginate.items_path.as_slice(), &paginate.into), (&["groups".to_owned()][..], &PageTarget::Url));
    assert!(catalog.connectors[0].call.safe);
    assert_eq!(catalog.connectors[1].place, "support.graphql:9");
    assert!(matches!(catalog.named("DateTime").unwrap().1.kind, TypeKind::Scalar(Scalar::DateTime)));
    assert!(matches!(catalog.named("Decimal").unwrap().1.kind, TypeKind::Scalar(Scalar::Decimal)));
}

#[test]
fn the_same_files_read_twice_have_the_same_definitions() {
    let definitions = || reading(&desk()).catalog.connectors.iter().map(|one| one.definition).collect::<Vec<_>>();
    assert_eq!(definitions(), definitions());
    let other = desk().replace("maxSize: 100", "maxSize: 99");
    let changed: Vec<u64> = reading(&other).catalog.connectors.iter().map(|one| one.definition).collect();
    assert_ne!(changed[0], definitions()[0]);
    assert_eq!(changed[1..], definitions()[1..]);
}

#[test]
fn root_connectors_and_their_entities_run_as_written_elsewhere() {
    let catalog = reading(
        r#"
extend schema @link(url: "https://specs.apollo.dev/connect/v0.1", import: ["@connect", { name: "@source", as: "@api" }])
  @api(name: "json", http: { baseURL: "https://jsonplaceholder.example.com/", headers: { name: "x-a", from: "x-b" } })
type Query {
  posts: [Post] @connect(source: "json", http: { GET: "/posts" }, selection: "id title author: { id: userId }")
  post(id: ID!): Post @connect(source: "json", http: { GET: "/posts/{$args.id}" }, selection: "id title body author: { id: userId }", entity: true)
  user(id: ID!): User @connect(source: "json", http: { GET: "/users/{$args.id}" }, selection: "id name", entity: true)
}
type Post { id: ID! title: String body: String author: User }
type User { id: ID! name: String posts: [Post] @connect(source: "json", http: { GET: "/users/{$this.id}/posts" }, selection: "id title") }
"#,
    )
    .catalog;
    assert_eq!(
        summary(&catalog),
        r#"Query.posts[0] on Query.posts [json] gives {posts {id title author {id}}}
Query.post[0] on Post [json] needs id gives {id title body author {id}}
Query.user[0] on User [json] needs id gives {id name}
User.posts[0] on User.posts [json] needs id gives {posts {id title}}
Query.post finds Post by [("id", "id")] exists ["Query.post[0]"]
Query.user finds User by [("id", "id")] exists ["Query.user[0]"]
Post by id:
  Query.post[0]: Query.post[0]
User by id:
  Query.user[0]: Query.user[0]
  User.posts[0]: User.posts[0]
"#
    );
    assert_eq!(catalog.connectors[0].freshness.scope, Scope::Caller, "the source passes a client's header on");
    assert!(catalog.connectors[1].needs_as_args);
}

#[test]
fn names_without_import_carry_their_specification() {
    let catalog = reading(
        r#"
extend schema @link(url: "https://specs.apollo.dev/connect/v0.3") @link(url: "https://c360.dev/spec/v0.1", as: "c360")
  @connect__source(name: "a", http: { baseURL: "{$env.A}" }) @c360__department(name: "x")
type Query { a: String @connect(source: "a", http: { GET: "/" }, selection: "$.a") }
"#,
    )
    .catalog;
    assert_eq!(summary(&catalog), "Query.a[0] on Query.a [x] gives {a}\n");
}

#[test]
fn abstract_types_are_told_by_their_typename() {
    let catalog = reading(&format!(
        r#"{LINKS}
type Query {{
  feed: [Item!] @connect(source: "desk", http: {{ GET: "/feed" }}
    selection: "__typename: kind->match(['c', 'Call'], [@, 'Mail']) id minutes subject")
}}
interface Item {{ id: ID! }}
type Call implements Item {{ id: ID! minutes: Int }}
type Mail implements Item {{ id: ID! subject: String }}
"#
    ))
    .catalog;
    assert_eq!(
        summary(&catalog),
        "Query.feed[0] on Query.feed [desk] gives {feed <Call {id minutes} | Mail {id subject}>}\n"
    );
}

#[test]
fn a_preferred_order_makes_fallbacks() {
    let catalog = reading(&format!(
        r#"{LINKS}
type Query {{ person(id: ID!): Person @lookup }}
type Person
  @connect(source: "desk", id: "a", http: {{ GET: "/{{$this.id}}" }}, selection: "name phone")
  @connect(source: "shop", id: "b", http: {{ GET: "/{{$this.id}}" }}, selection: "name mail") {{
  id: ID!  name: String @prefer(order: ["b", "a"])  phone: String  mail: String
}}
"#
    ))
    .catalog;
    let (id, _) = catalog.named("Person").unwrap();
    let name = &catalog.object(id).unwrap().fields["name"];
    let order: Vec<&str> = name.givers.iter().map(|giver| catalog.connector(*giver).id.as_str()).collect();
    assert_eq!((order, name.preferred), (vec!["b", "a"], true));
}

#[test]
fn a_type_called_subscription_may_be_a_department_s_own() {
    let catalog = reading(&format!(
        r#"{LINKS}
type Query {{ plans: [Subscription!] @connect(source: "shop", http: {{ GET: "/plans" }}, selection: "id") }}
type Subscription {{ id: ID! }}
"#
    ));
    assert!(catalog.contract.starts_with("schema {\n  query: Query\n}"), "{}", catalog.contract);
}
