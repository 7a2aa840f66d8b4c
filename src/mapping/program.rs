//! A mapping that is compiled once and run often.

use super::held::Held;
use super::needs::{Needs, NeedsOf};
use super::outline::{self, Outline};
use super::problem::Problem;
use super::run::{Run, Scope};
use super::shape::{Shape, infer};
use super::syntax::Selection;
use super::trail::Trail;
use super::value::Value;
use super::variables::Variables;
use super::{Dialect, parse, print};

/// A compiled selection: `selection`, `body`, `isSuccess`, `errors.message` and the like.
#[derive(Debug)]
pub struct Program {
    text: String,
    selection: Selection,
    needs: Needs,
    gives: Shape,
}

/// What one run made, and what went wrong on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<'v> {
    /// The result; None is missing, which is not null.
    pub value: Option<Value<'v>>,
    /// What went wrong, once for each place, at most 32.
    pub problems: Vec<Problem>,
    /// How often something went wrong, repetitions counted.
    pub problem_count: usize,
    /// Whether the run was stopped because it did too much; the value is missing then.
    pub stopped: bool,
}

impl Program {
    /// Compiles a selection; a lone anonymous path (`$.data`, `$(1)`) yields its value.
    ///
    /// Errors: all problems found, at most 32, with byte spans within `text`.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Program, Vec<Problem>> {
        let selection = parse::selection(text, dialect)?;
        let mut needs = NeedsOf::new(text);
        needs.selection(&selection);
        let gives = infer(&selection);
        Ok(Program { text: text.to_owned(), needs: needs.end(), gives, selection })
    }

    /// Applies the mapping to `input` (None where there is no data, as in requests: `$` and `@` are null then).
    /// An array at the top is mapped element by element, unless the mapping is a lone path; a null that was answered
    /// stays null where no key comes of it.
    ///
    /// Never fails as a whole: what goes wrong is in the outcome's problems, and its value is missing there.
    pub fn run<'v>(&'v self, input: Option<&'v Value<'v>>, variables: &Variables<'v>) -> Outcome<'v> {
        self.run_by(Run::new(variables), input)
    }

    /// The same, and notes which branches were walked.
    pub fn run_traced<'v>(
        &'v self,
        input: Option<&'v Value<'v>>,
        variables: &Variables<'v>,
        trail: &Trail,
    ) -> Outcome<'v> {
        self.run_by(Run::new(variables).noting(trail), input)
    }

    fn run_by<'v>(&'v self, mut run: Run<'v, '_>, input: Option<&'v Value<'v>>) -> Outcome<'v> {
        let has_data = input.is_some();
        let input = input.map_or_else(Held::null, Held::Ref);
        let value = self.held(&mut run, &input, has_data).and_then(|held| run.finish(held));
        let ended = run.end();
        Outcome {
            value: value.filter(|_| !ended.exhausted),
            problems: ended.problems,
            problem_count: ended.problem_count,
            stopped: ended.exhausted,
        }
    }

    fn held<'v>(&'v self, run: &mut Run<'v, '_>, input: &Held<'v>, has_data: bool) -> Option<Held<'v>> {
        if self.selection.lone
            && let [super::syntax::Item::Spread { path, .. }] = self.selection.items.as_slice()
        {
            return run.path(path, Scope { input, current: input });
        }
        if !input.is_null() {
            return run.select(&self.selection, input);
        }
        // Over no data at all a selection still makes its object: a request's body reads variables only.
        match run.object(&self.selection, input)? {
            Held::Own(Value::Object(object), _) if object.is_empty() && has_data => Some(Held::null()),
            made => Some(made),
        }
    }

    /// Whether it looks at its input at all.
    pub fn reads_input(&self) -> bool {
        self.selection.reads_input
    }

    pub(super) fn selection(&self) -> &Selection {
        &self.selection
    }

    /// What the mapping reads besides its input.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// What can be known of the result without running.
    pub fn gives(&self) -> &Shape {
        &self.gives
    }

    /// Where the text says what; worked out anew each time, for those who check it.
    pub fn outline(&self) -> Outline {
        outline::of_selection(&self.text, &self.selection)
    }

    /// The mapping in its one tidy form: a line for each field, comments gone; it means the same.
    pub fn printed(&self) -> String {
        print::mapping(&self.selection)
    }

    /// The mapping as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}
