//! What is known without running: needs and shapes.

use super::super::{Dialect, Shape, Template};
use super::compile;

fn needs(selection: &str) -> String {
    let program = compile(selection);
    let needs = program.needs();
    let mut found = Vec::new();
    let paths = [
        ("args", &needs.args),
        ("this", &needs.this),
        ("batch", &needs.batch),
        ("config", &needs.config),
        ("env", &needs.env),
        ("context", &needs.context),
    ];
    for (name, paths) in paths {
        found.extend(paths.iter().map(|path| format!("{name}:{}", path.join("."))));
    }
    found.extend(needs.request_headers.iter().map(|name| format!("header:{name}")));
    for (flag, name) in
        [(needs.all_request_headers, "headers"), (needs.response_headers, "response"), (needs.status, "status")]
    {
        if flag {
            found.push(name.to_owned());
        }
    }
    found.join(" ")
}

#[test]
fn needs_are_the_paths_that_are_read() {
    assert_eq!(needs("a: $this.account.id b: $args.x? c: $config"), "args:x this:account.id config:");
    assert_eq!(needs("ids: $batch.id->joinNotNull(',')"), "batch:id");
    assert_eq!(needs("$batch->map({ id: @.id, mail: @.email->lower })"), "batch:email batch:id");
    assert_eq!(needs("$batch->map('x')"), "batch:");
    assert_eq!(needs("$batch->filter(@.on).id"), "batch:id batch:on");
    assert_eq!(needs("$this.owner { id name { first } }"), "this:owner.id this:owner.name.first");
    assert_eq!(needs("$args.f->as($f)->echo([$f.a, @.b])"), "args:f.a args:f.b");
    assert_eq!(needs("a: x->map(@->eq($args.id))"), "args:id");
    assert_eq!(needs("a: $($this.a ?? $this.b)"), "this:a this:b");
    assert_eq!(needs("a: $this.kind->match(['a', $args.x], [@, 1])"), "args:x this:kind");
    assert_eq!(
        needs("a: $env.HOME b: $request.headers.'X-Id'->first c: $response.headers.x d: $status"),
        "env:HOME header:x-id response status"
    );
    assert_eq!(needs("a: $request.headers"), "headers");
    assert_eq!(needs("a: b.c"), "");
}

#[test]
fn mentions_say_where_variables_stand() {
    let program = compile("a: $this.account.id b: x->eq($args)");
    assert_eq!(program.needs().spans, [("$this.account.id".to_owned(), 3..19), ("$args".to_owned(), 29..34)]);
    let template = Template::parse("/a/{$args.id}?b={$this.x.y}", Dialect::default()).unwrap();
    assert_eq!(template.needs().spans, [("$args.id".to_owned(), 4..12), ("$this.x.y".to_owned(), 17..26)]);
}

/// A shape, written shortly.
fn gives(selection: &str) -> String {
    shown(compile(selection).gives())
}

fn shown(shape: &Shape) -> String {
    match shape {
        Shape::Unknown => "?".into(),
        Shape::Missing => "missing".into(),
        Shape::Null => "null".into(),
        Shape::Bool => "bool".into(),
        Shape::Int => "int".into(),
        Shape::Float => "float".into(),
        Shape::Text => "text".into(),
        Shape::List(item) => format!("[{}]", shown(item)),
        Shape::Mapped(item) => format!("~{}", shown(item)),
        Shape::OneOf(shapes) => shapes.iter().map(shown).collect::<Vec<_>>().join("|"),
        Shape::Object { fields, open } => {
            let fields: Vec<String> = fields.iter().map(|(key, shape)| format!("{key}:{}", shown(shape))).collect();
            format!("{{{}{}}}", fields.join(" "), if *open { " .." } else { "" })
        }
    }
}

#[test]
fn shapes_say_what_can_be_known() {
    assert_eq!(gives("id name: n.x"), "~{id:? name:?}");
    assert_eq!(gives("$.data { id kind: $('x') }"), "~{id:? kind:text}");
    assert_eq!(
        gives("a: id->toString b: $(1) c: $(1.5) d: $([1, 2]) e: $(null)"),
        "~{a:text b:int c:float d:[int] e:null}"
    );
    assert_eq!(gives("a: s->match(['x', 'A'], ['y', 1], [@, null])"), "~{a:text|int|null}");
    assert_eq!(gives("a: m->entries { k: key v: value }"), "~{a:[{k:text v:?}]}");
    assert_eq!(
        gives("$.tickets->groupBy(@.person) { owner: key->toString tickets: values { id n: $(1) } }"),
        "[{owner:text tickets:[~{id:? n:int}]}]"
    );
    assert_eq!(gives("a: x->map({ b: @.c, n: 1 })->first"), "~{a:{b:? n:int}}");
    assert_eq!(gives("a: $({ b: 1 }).b c: $({ b: 1 }).x"), "~{a:int c:missing}");
    assert_eq!(gives("a: $(x ?? 'none') b: $(null ?? 1)"), "~{a:? b:int}");
    assert_eq!(gives("id x.y { z } ...w"), "~{id:? z:? ..}|null");
    assert_eq!(gives("g: { a: $(true) }"), "~{g:{a:bool}}");
    assert_eq!(gives("p: cents->money('EUR', 'minor')"), "~{p:{amount:text currency:text}}");
    let program = compile("$.rows->groupBy(@.k) { key v: values { id } }");
    assert_eq!(program.gives().keys(), ["key", "v"]);
    assert_eq!(program.gives().field("v").unwrap().keys(), ["id"]);
    assert_eq!(program.gives().field("nope"), None);
}
