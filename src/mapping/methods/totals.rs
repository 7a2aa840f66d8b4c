//! Our methods that make one value of a list: nulls do not count.

use std::cmp::Ordering;

use serde_json::Number;

use super::super::held::{Held, View};
use super::super::run::Run;
use super::super::shape::Shape;
use super::super::syntax::Call;
use super::logic::ordering;
use super::numbers::{as_int, int};
use super::{Example, Kind, Method};

pub(super) const METHODS: &[Method] = &[
    Method::new(
        "sum",
        "Adds the numbers of a list; an empty one gives 0.",
        Example("[1, 2, null]", "$->sum", "3"),
        |run, call, input, _| sum(run, call, &input).map(Held::number),
    )
    .ours()
    .gives(|input, _| if input.item() == Shape::Int { Shape::Int } else { Shape::Float }),
    Method::new(
        "avg",
        "Gives the mean of the numbers of a list, a double; of an empty one nothing.",
        Example("[1, 2, null]", "$->avg", "1.5"),
        |run, call, input, _| {
            let count = counted(run, &input)?.len();
            let total = sum(run, call, &input)?.as_f64()?;
            let mean = (count > 0).then(|| Number::from_f64(total / count as f64)).flatten()?;
            Some(Held::number(mean))
        },
    )
    .ours()
    .gives(|_, _| Shape::Float),
    Method::new(
        "min",
        "Gives the least number or string of a list; of an empty one nothing.",
        Example("[3, 1, 2]", "$->min", "1"),
        |run, call, input, _| extreme(run, call, &input, Ordering::Less),
    )
    .ours()
    .kind(Kind::Keeps)
    .gives(|input, _| input.item()),
    Method::new(
        "max",
        "Gives the greatest number or string of a list; of an empty one nothing.",
        Example(r#"["2026-01-02", "2026-03-01"]"#, "$->max", r#""2026-03-01""#),
        |run, call, input, _| extreme(run, call, &input, Ordering::Greater),
    )
    .ours()
    .kind(Kind::Keeps)
    .gives(|input, _| input.item()),
];

fn counted<'v>(run: &mut Run<'v, '_>, input: &Held<'v>) -> Option<Vec<Held<'v>>> {
    let mut elements = run.elements(input)?;
    elements.retain(|element| !element.is_null());
    Some(elements)
}

fn sum<'v>(run: &mut Run<'v, '_>, call: &Call, input: &Held<'v>) -> Option<Number> {
    let mut total = Number::from(0);
    for element in counted(run, input)? {
        let View::Number(number) = element.view() else {
            return run.refuse(call, format!("needs numbers, found {}", element.kind()));
        };
        let next = match (as_int(&total), as_int(number)) {
            (Some(a), Some(b)) => a.checked_add(b).and_then(int),
            _ => Number::from_f64(total.as_f64()? + number.as_f64()?),
        };
        match next {
            Some(next) => total = next,
            None => return run.refuse(call, "has no result: too large a number"),
        }
    }
    Some(total)
}

fn extreme<'v>(run: &mut Run<'v, '_>, call: &Call, input: &Held<'v>, wanted: Ordering) -> Option<Held<'v>> {
    let mut elements = counted(run, input)?.into_iter();
    let mut best = elements.next()?;
    if ordering(&best, &best).is_none() {
        return run.refuse(call, format!("needs numbers or strings, found {}", best.kind()));
    }
    for element in elements {
        match ordering(&element, &best) {
            Some(order) if order == wanted => best = element,
            Some(_) => {}
            None => {
                return run.refuse(call, format!("cannot compare {} with {}", element.kind(), best.kind()));
            }
        }
    }
    Some(best)
}
