//! Methods that pass values on, choose among them, or make new ones of each element.

use super::super::held::{Held, View};
use super::super::run::{Run, Scope};
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::{Example, Kind, Method};

pub(super) const METHODS: &[Method] = &[
    Method::new(
        "echo",
        "Gives its argument, in which `@` is the input.",
        Example(r#"{"a": 1}"#, "$.a->echo({ wrapped: @ })", r#"{"wrapped": 1}"#),
        |run, call, input, scope| run.arg(call, 0, &input, scope),
    )
    .takes(1, 1)
    .kind(Kind::Makes)
    .gives(|_, args| args.first().cloned().unwrap_or_default()),
    Method::new(
        "as",
        "Passes the input on and binds it, or a second argument, to a name for the rest of the path.",
        Example(r#"{"a": {"b": 1, "c": 2}}"#, "$.a->as($all).b->echo([@, $all.c])", "[1, 2]"),
        bind,
    )
    .takes(1, 2)
    .kind(Kind::As)
    .gives(|input, _| input.clone()),
    Method::new(
        "map",
        "Makes its argument of each element; what is not an array counts as one element.",
        Example(r#"[1, 2]"#, "$->map({ n: @ })", r#"[{"n": 1}, {"n": 2}]"#),
        map,
    )
    .takes(1, 1)
    .kind(Kind::Makes)
    .each()
    .gives(|_, args| args.first().cloned().unwrap_or_default().list()),
    Method::new(
        "filter",
        "Keeps the elements for which its argument is true.",
        Example(r#"[1, 5, 9]"#, "$->filter(@->gt(4))", "[5, 9]"),
        filter,
    )
    .takes(1, 1)
    .kind(Kind::Keeps)
    .each()
    .gives(|input, _| input.item().list()),
    Method::new(
        "find",
        "Gives the first element for which its argument is true.",
        Example(r#"[1, 5, 9]"#, "$->find(@->gt(4))", "5"),
        find,
    )
    .takes(1, 1)
    .kind(Kind::Keeps)
    .each()
    .gives(|input, _| input.item()),
    Method::new(
        "match",
        "Gives the second of the first pair whose first equals the input; `[@, v]` catches the rest.",
        Example(r#"{"s": "open"}"#, r#"$.s->match(["open", "OPEN"], [@, "OTHER"])"#, r#""OPEN""#),
        match_pairs,
    )
    .takes(1, usize::MAX)
    .kind(Kind::Match),
];

fn bind<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let bound = match call.args.first() {
        Some(_) => run.arg(call, 0, &input, scope),
        None => Some(input.clone()),
    };
    run.bind(call.binds.as_ref()?.depth, bound);
    Some(input)
}

fn map<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let elements = run.elements(&input)?;
    let mut made = Vec::with_capacity(elements.len());
    for element in &elements {
        made.push(run.arg(call, 0, element, scope).unwrap_or_else(Held::null));
    }
    Some(Held::list(made))
}

/// Whether the argument is true of an element. None, and a problem, when it is neither true nor false.
pub(super) fn holds<'v>(
    run: &mut Run<'v, '_>,
    call: &'v Call,
    element: &Held<'v>,
    scope: Scope<'_, 'v>,
) -> Option<bool> {
    let answer = run.arg(call, 0, element, scope);
    match answer.as_ref().map(Held::view) {
        Some(View::Bool(flag)) => Some(flag),
        _ => {
            let found = answer.as_ref().map_or("nothing", Held::kind);
            run.refuse(call, format!("needs true or false from its argument, found {found}"))
        }
    }
}

fn filter<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let mut kept = Vec::new();
    for element in run.elements(&input)? {
        if holds(run, call, &element, scope)? {
            kept.push(element);
        }
    }
    Some(Held::list(kept))
}

fn find<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    for element in run.elements(&input)? {
        if holds(run, call, &element, scope)? {
            return Some(element);
        }
    }
    None
}

fn match_pairs<'v>(run: &mut Run<'v, '_>, call: &'v Call, input: Held<'v>, scope: Scope<'_, 'v>) -> Option<Held<'v>> {
    let inner = Scope { input: scope.input, current: &input };
    for pair in &call.args {
        // A pair that is written out is evaluated no further than it is needed.
        if let Some([case, value]) = pair.as_pair() {
            let Some(case) = run.expr(case, inner) else {
                continue;
            };
            if run.equal(&input, &case, false)? {
                run.walked(pair, true);
                return run.expr(value, inner);
            }
            continue;
        }
        let Some(made) = run.expr(pair, inner) else {
            continue;
        };
        if let View::List(items) = made.view()
            && items.len() == 2
            && let Some(case) = items.get(0)
            && run.equal(&input, &case, false)?
        {
            run.walked(pair, true);
            return items.get(1);
        }
    }
    run.refuse(call, "has no pair for this value")
}

/// What a list that may hold anything gives when one of its elements is taken.
pub(super) fn item_of(input: &Shape, _: &[Shape]) -> Shape {
    match input {
        Shape::Text => Shape::Text,
        other => other.item(),
    }
}
