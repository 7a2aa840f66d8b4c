//! What somebody who has read the documentation may send: beyond every bound, and as much as each allows.

use serde_json::json;

use super::wire::{Wire, post};

/// What is sent.
pub(crate) enum Attack {
    /// One request; or one connection with none.
    One(Wire),
    /// So many requests over one connection that nothing is promised.
    Crowd(Wire),
    /// So many, one after another, each over a connection of its own.
    Many(usize, Box<dyn Fn(usize) -> Wire + Send + Sync>),
}

/// A piece of what has no end.
const PIECE_BYTES: usize = 64 << 10;
/// So many of them are a gigabyte.
const GIGABYTE: usize = (1 << 30) / PIECE_BYTES;
const JSON: &str = "content-type: application/json\r\n";

/// Each with its name; `ids` are known customers, `whole` selects all of one.
pub(crate) fn attacks(ids: &[String], whole: &str) -> Vec<(&'static str, Attack)> {
    let mut all = bytes();
    all.extend(bodies(ids));
    all.extend(documents());
    all.extend(introspection());
    all.extend(sockets(whole));
    let crowds = crowds(whole).into_iter().map(|(name, wire)| (name, Attack::Crowd(wire)));
    let one = |(name, wire)| (name, Attack::One(wire));
    let mut attacks: Vec<_> = all.into_iter().chain(amplified(ids, whole)).map(one).collect();
    attacks.extend(crowds);
    attacks.push(("5,000 different texts of 190 aliases", Attack::Many(5_000, Box::new(different))));
    attacks
}

/// Without a question in them.
fn bytes() -> Vec<(&'static str, Wire)> {
    let endless = |head: String, piece: Vec<u8>| Wire {
        start: head.into_bytes(),
        again: piece,
        times: GIGABYTE,
        ..Wire::default()
    };
    let chunk = [format!("{PIECE_BYTES:x}\r\n").into_bytes(), vec![b' '; PIECE_BYTES], b"\r\n".to_vec()].concat();
    let chunked = |more: &str| post(&format!("{JSON}{more}transfer-encoding: chunked\r\n"));
    let long = |more: &str| post(&format!("{more}content-length: 5368709120\r\n"));
    let spaces = || vec![b' '; PIECE_BYTES];
    let get =
        |path: &str, headers: &str| Wire::once(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n"));
    let ones = "1\r\n \r\n".repeat(1 << 20) + "0\r\n\r\n";
    vec![
        ("a body without end, in chunks", endless(chunked(""), chunk.clone())),
        ("a chunk whose extension has no end", endless(chunked("") + "1;", spaces())),
        ("trailers without end", endless(chunked("") + "2\r\n{}\r\n0\r\n", b"a: b\r\n".repeat(10_000))),
        ("a megabyte in chunks of one byte", Wire::once(chunked("") + &ones)),
        ("a body of 5 GB, as its length says", endless(long(JSON), spaces())),
        ("5 GB, of which nothing comes", Wire::once(long(JSON))),
        ("gzip without end", endless(chunked("content-encoding: gzip\r\n"), chunk.clone())),
        (
            "gzip as transfer coding, without end",
            endless(post(&format!("{JSON}transfer-encoding: gzip, chunked\r\n")), chunk),
        ),
        ("an upload of 5 GB in parts", endless(long("content-type: multipart/form-data; boundary=a\r\n"), spaces())),
        ("5 GB for a webhook", endless(long(JSON).replace("/graphql", "/webhooks/billing"), spaces())),
        ("5 GB for nobody", endless(long(JSON).replace("/graphql", "/nobody"), spaces())),
        ("a line of a megabyte", get(&format!("/{}", "a".repeat(1 << 20)), "")),
        ("a question of a megabyte by GET", get(&format!("/graphql?query={}", "%7Ba".repeat(1 << 18)), "")),
        ("a header of a megabyte", get("/graphql", &format!("x-long: {}\r\n", "a".repeat(1 << 20)))),
        ("100,000 headers", get("/graphql", &"x-many: a\r\n".repeat(100_000))),
        ("headers without end", endless("GET / HTTP/1.1\r\nx: ".to_owned(), vec![b'a'; PIECE_BYTES])),
        (
            "a million questions ahead of their answers, none read",
            Wire {
                again: Wire::question("{ __typename }", "{}").start.repeat(100),
                times: 10_000,
                is_deaf: true,
                ..Wire::default()
            },
        ),
    ]
}

/// JSON that is no good question.
fn bodies(ids: &[String]) -> Vec<(&'static str, Wire)> {
    const MEGABYTE: usize = 1_000_000;
    let typed = "query($id: ID!) { customer(id: $id) { name } }";
    let listed = "query($ids: [ID!]!) { customers(ids: $ids) { name } }";
    let list = |many: usize| ids.iter().cycle().take(many).map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(",");
    let long = |mark: usize| format!("\"{}{mark}\"", "a".repeat(9_900));
    let long = (0..100).map(long).collect::<Vec<_>>().join(",");
    let nested = |many: usize| format!("{}1{}", "[".repeat(many), "]".repeat(many));
    let members = |many: usize| (0..many).map(|number| format!("\"a{number}\":1")).collect::<Vec<_>>().join(",");
    let batch = format!("[{}]", vec![r#"{"query":"{ __typename }"}"#; 10_000].join(","));
    let escapes = "\\u0001".repeat(MEGABYTE / 6);
    vec![
        ("10,000 questions in a list", Wire::body(&batch)),
        ("lists in lists in place of a question", Wire::body(&format!("{{\"query\":{}}}", nested(MEGABYTE / 2)))),
        (
            "extensions 400,000 deep",
            Wire::body(&format!("{{\"query\":\"{{a}}\",\"extensions\":{{\"timeout\":{}}}}}", nested(400_000))),
        ),
        ("variables 400,000 deep", Wire::question(typed, &format!("{{\"id\":{}}}", nested(400_000)))),
        (
            "a list of lists, a megabyte wide",
            Wire::question(typed, &format!("{{\"id\":[{}1]}}", "[],".repeat(330_000))),
        ),
        ("80,000 variables that nobody has", Wire::question(typed, &format!("{{{}}}", members(80_000)))),
        ("an object of 80,000 for an id", Wire::question(typed, &format!("{{\"id\":{{{}}}}}", members(80_000)))),
        ("an id of a megabyte", Wire::question(typed, &format!("{{\"id\":\"{}\"}}", "a".repeat(MEGABYTE)))),
        ("an id of a megabyte of escapes", Wire::question(typed, &format!("{{\"id\":\"{escapes}\"}}"))),
        (
            "a number of a million digits for an id",
            Wire::question(typed, &format!("{{\"id\":{}}}", "1".repeat(MEGABYTE))),
        ),
        ("100 ids of 10 kB each", Wire::question(listed, &format!("{{\"ids\":[{long}]}}"))),
        ("100,000 ids", Wire::question(listed, &format!("{{\"ids\":[{}]}}", list(100_000)))),
        ("a text of a megabyte of escapes", Wire::body(&format!("{{\"query\":\"{escapes}\"}}"))),
        (
            "the name of an operation, a megabyte long",
            Wire::body(&format!("{{\"query\":\"{{ __typename }}\",\"operationName\":\"{}\"}}", "a".repeat(MEGABYTE))),
        ),
        (
            "40,000 texts in one question",
            Wire::body(&format!("{{{}\"variables\":{{}}}}", "\"query\":\"{__typename}\",".repeat(40_000))),
        ),
    ]
}

/// Documents, each just beyond a bound or just within all of them.
fn documents() -> Vec<(&'static str, Wire)> {
    let customer = |inside: &str| format!("{{ customer(id: \"c-1001\") {{ {inside} }} }}");
    let many = |many: usize, each: &dyn Fn(usize) -> String| (0..many).map(each).collect::<Vec<_>>().join(" ");
    let circle = "{ customer(id: 1) { ...a } } fragment a on Customer { ...b } fragment b on Customer { id ...a }";
    let conflicts =
        |many_of: usize| customer(&many(many_of, &|number| format!("tickets(first: {number}) {{ totalCount }}")));
    let literal = |text: &str| format!("{{ customer(id: {text}) {{ id }} }}");
    let texts = vec![
        ("{a{a{a{… of a megabyte", "{a".repeat(500_000)),
        ("{a{a{a{… of 14,000 tokens", "{a".repeat(7_000)),
        ("100,000 aliases", customer(&many(100_000, &|number| format!("a{number}: id")))),
        ("one field 100,000 times", customer(&"id ".repeat(100_000))),
        ("one field 9,990 times", customer(&"id ".repeat(9_990))),
        ("fields of 7,000 names that are not there", customer(&many(7_000, &|number| format!("a{number}")))),
        ("1,500 fields that stand in each other's way", conflicts(1_500)),
        ("fragments that double, 30 deep", doubling(30)),
        ("fragments that double, 12 deep", doubling(12)),
        ("fragments in a circle", circle.to_owned()),
        (
            "2,000 fragments that nobody spreads",
            customer("id") + &many(2_000, &|number| format!("fragment f{number} on Customer {{ id }}")),
        ),
        (
            "a chain of 1,800 fragments",
            customer("...f0")
                + &many(1_800, &|number| format!("fragment f{number} on Customer {{ ...f{} }}", number + 1)),
        ),
        ("2,500 operations", many(2_500, &|number| format!("query q{number} {{ __typename }}"))),
        ("2,400 variables", format!("query({}) {{ __typename }}", many(2_400, &|number| format!("$v{number}: ID")))),
        ("100,000 directives", customer(&format!("id {}", "@skip(if: false) ".repeat(100_000)))),
        ("5,000 directives at one place", customer(&format!("id {}", "@a ".repeat(5_000)))),
        ("lists in lists, 7,000 deep", literal(&format!("{}{}", "[".repeat(7_000), "]".repeat(7_000)))),
        ("a list of 14,000", literal(&format!("[{}]", "1 ".repeat(14_000)))),
        ("an object of 4,500", literal(&format!("{{{}}}", many(4_500, &|number| format!("a{number}: 1"))))),
        ("a number of 250,000 digits", literal(&"1".repeat(250_000))),
        ("a text of 250,000 in quotes", literal(&format!("\"{}\"", "a".repeat(250_000)))),
        ("a text of 40,000 escapes", literal(&format!("\"{}\"", "\\u0001".repeat(40_000)))),
        ("a block of 120,000 lines", literal(&format!("\"\"\"{}\"\"\"", "\n ".repeat(120_000)))),
        ("a name of 250,000", customer(&"a".repeat(250_000))),
        ("a remark of 250,000", customer(&format!("id #{}\n", "a".repeat(250_000)))),
    ];
    texts.into_iter().map(|(name, text)| (name, Wire::question(&text, "{}"))).collect()
}

/// Fragments each of which spreads the next one twice.
fn doubling(levels: usize) -> String {
    let level = |level: usize| format!("fragment f{level} on Customer {{ ...f{next} ...f{next} }}\n", next = level + 1);
    let all: String = (0..levels).map(level).collect();
    format!("{{ customer(id: \"c-1001\") {{ ...f0 }} }}\n{all}fragment f{levels} on Customer {{ id }}\n")
}

fn introspection() -> Vec<(&'static str, Wire)> {
    let nested =
        |open: &str, close: &str, times: usize| format!("{}{{ name }}{}", open.repeat(times), close.repeat(times));
    let types = |inside: &str| format!("{{ __schema {{ types {inside} }} }}");
    let fields = |times: usize| types(&nested("{ fields { type ", " } }", times));
    let wide = "__schema { types { name description fields { name description type { name kind } } } }";
    let fifty: String = (0..50).map(|number| format!("a{number}: {wide} ")).collect();
    let texts = [
        ("ofType in ofType, 26 deep", types(&format!("{{ fields {{ type {} }} }}", nested("{ ofType ", " }", 26)))),
        ("types of fields of types, 3 deep", fields(3)),
        ("types of fields of types, 5 deep", fields(5)),
        ("types of fields of types, 14 deep", fields(14)),
        ("the schema fifty times", format!("{{ {fifty} }}")),
    ];
    texts.into_iter().map(|(name, text)| (name, Wire::question(&text, "{}"))).collect()
}

/// As much as the bounds allow: what comes is many times what is sent.
fn amplified(ids: &[String], whole: &str) -> Vec<(&'static str, Wire)> {
    let fragment = format!("fragment w on Customer {whole}");
    let few = "deals(first: 200) { nodes { name owner { name } } } activities(first: 200) { nodes { subject happenedAt } } \
               invoices(first: 500) { nodes { number } }";
    let aliases = |many: usize, each: &str| (0..many).map(|number| format!("a{number}: {each} ")).collect::<String>();
    let hundred = ids.iter().cycle().take(100).map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(",");
    let hundred = format!("{{\"ids\":[{hundred}]}}");
    let page = "allCustomers(first: 200) { nodes { ...w } }";
    let within = |list: &str, times: usize| {
        format!("{}{{ id }}{}", format!("{{ account {{ {list} {{ nodes ").repeat(times), " } } }".repeat(times))
    };
    let colleagues = within("contacts(first: 2000)", 9);
    let deals_of_deals = within("deals(first: 500)", 9);
    let of_one = |inside: &str| format!("{{ customer(id: \"{}\") {inside} }}", ids[0]);
    let listed = |inside: &str| format!("query($ids: [ID!]!) {{ {inside} }}");
    let deals = aliases(190, "deals(first: 200) { nodes { name amount { amount currency } } }");
    vec![
        ("the largest page, all of everybody", Wire::question(&format!("{{ {page} }} {fragment}"), "{}")),
        ("the same eight times", Wire::question(&format!("{{ {} }} {fragment}", aliases(8, page)), "{}")),
        (
            "lists of everybody on the largest page, fifty times",
            Wire::question(
                &format!("{{ {} }}", aliases(50, &format!("allCustomers(first: 200) {{ nodes {{ {few} }} }}"))),
                "{}",
            ),
        ),
        (
            "lists of a hundred, fifty times",
            Wire::question(&listed(&aliases(50, &format!("customers(ids: $ids) {{ {few} }}"))), &hundred),
        ),
        (
            "one list of a hundred, 190 times",
            Wire::question(&listed(&format!("customers(ids: $ids) {{ {deals} }}")), &hundred),
        ),
        ("colleagues of colleagues, nine times", Wire::question(&of_one(&colleagues), "{}")),
        ("deals of companies of deals, nine times", Wire::question(&of_one(&deals_of_deals), "{}")),
        (
            "the same for a hundred",
            Wire::question(&listed(&format!("customers(ids: $ids) {deals_of_deals}")), &hundred),
        ),
    ]
}

/// A text of its own for each number.
fn different(number: usize) -> Wire {
    let fields: String = (0..190).map(|field| format!("a{number}b{field}: name ")).collect();
    Wire::question(&format!("query q{number} {{ customer(id: \"c-1001\") {{ {fields} }} }}"), "{}")
}

/// Over a WebSocket.
fn sockets(whole: &str) -> Vec<(&'static str, Wire)> {
    let giant = [vec![0x81, 0xff], (1u64 << 40).to_be_bytes().to_vec(), vec![0; 4]].concat();
    let pings = frame(0x89, &[b'a'; 125]).repeat(500);
    vec![
        ("a frame of a terabyte", socket(&giant, vec![b' '; PIECE_BYTES], GIGABYTE)),
        ("a message of frames without end", socket(&frame(0x01, b"{"), frame(0, &[b' '; 60_000]), GIGABYTE)),
        ("a message of empty frames without end", socket(&frame(0x01, b"{"), frame(0, b"").repeat(10_000), 1_000)),
        ("pings without end, no answer read", Wire { is_deaf: true, ..socket(b"", pings.clone(), GIGABYTE) }),
        ("50,000 pings", socket(b"", pings, 100)),
        ("a page of everybody over a socket", socket(&asks(1, whole), Vec::new(), 0)),
    ]
}

/// As many operations as one socket may have.
fn crowds(whole: &str) -> Vec<(&'static str, Wire)> {
    let stop = |number: usize| frame(0x81, format!("{{\"type\":\"complete\",\"id\":\"{number}\"}}").as_bytes());
    let again = [asks(20, whole), (0..20).flat_map(stop).collect()].concat();
    vec![
        ("20 pages of everybody over a socket", socket(&asks(20, whole), Vec::new(), 0)),
        ("the same, asked again and again and none read", Wire { is_deaf: true, ..socket(b"", again, 500) }),
    ]
}

/// So many operations, each for the largest page.
fn asks(many: usize, whole: &str) -> Vec<u8> {
    let query = format!("{{ allCustomers(first: 200) {{ nodes {whole} }} }}");
    let ask = |number: usize| json!({ "type": "subscribe", "id": number.to_string(), "payload": { "query": query } });
    (0..many).flat_map(|number| frame(0x81, ask(number).to_string().as_bytes())).collect()
}

/// A socket that has begun.
fn socket(start: &[u8], again: Vec<u8>, times: usize) -> Wire {
    let shake = "GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                 sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 sec-websocket-protocol: graphql-transport-ws\r\n\r\n";
    let start = [shake.as_bytes(), &frame(0x81, br#"{"type":"connection_init"}"#), start].concat();
    Wire { start, again, times, ..Wire::default() }
}

/// A frame of a client whose mask changes nothing.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        short @ 0..126 => vec![0x80 | short as u8],
        long @ 0..0x1_0000 => [&[0xfe][..], &(long as u16).to_be_bytes()].concat(),
        longer => [&[0xff][..], &(longer as u64).to_be_bytes()].concat(),
    };
    [&[first][..], &length, &[0; 4], payload].concat()
}
