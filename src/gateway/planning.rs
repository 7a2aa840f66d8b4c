//! From a text to its plan, and which plans a gateway goes on with that takes another one's place.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Gateway;
use super::answer::{Parts, refused};
use super::plans::{AskedAgain, Found};
use crate::operation::{Bound, Complaint, Operation, Refusal, Spelling, accept, accept_form, bind, spell};
use crate::plan;

/// So many plans are drawn before a gateway takes another one's place.
const MOST_PREPARED: usize = 1_000;

/// Response key and JSON of what was asked about the contract itself.
pub(super) type Introspected = Arc<[(String, Vec<u8>)]>;

impl Gateway {
    /// The same with the plans of the gateway whose place it is to take, where each would be drawn as it was.
    pub fn planning_as(mut self, before: &Gateway) -> Gateway {
        let (own, other) = (&self.parts, &before.parts);
        let is_same = Arc::ptr_eq(&own.catalog, &other.catalog)
            && own.limits == other.limits
            && own.settings.plan_cache == other.settings.plan_cache;
        if is_same {
            self.plans = before.plans.clone();
        }
        self
    }

    /// The plan of an operation, for `check --explain`.
    ///
    /// # Errors
    /// What is wrong with the operation.
    pub fn explain(&self, query: &str, operation_name: Option<&str>) -> Result<String, Refusal> {
        Ok(self.plan(query, operation_name)?.plan.plan.explain(&self.parts.catalog))
    }

    /// A remembered plan, or a new one that is remembered from now on: where texts come that are much alike, for all
    /// of them.
    pub(super) fn plan(&self, query: &str, operation_name: Option<&str>) -> Result<Found, Refusal> {
        let limits = &self.parts.limits;
        let known = self.plans.get(query, operation_name).map(|plan| Found { plan, said: None });
        let spelling = if known.is_none() { spell(query, limits) } else { None };
        let recognise = || self.plans.recognise(spelling.as_ref()?, operation_name);
        let known = known.or_else(recognise);
        self.sight().planned(known.is_some());
        if let Some(known) = known {
            return Ok(known);
        }
        let spelling = spelling.filter(|spelling| self.plans.came_before(spelling));
        self.draw(query, operation_name, spelling.as_ref())
    }

    /// A new plan that is remembered from now on: for all texts that are spelled so, or for this one.
    fn draw(
        &self,
        query: &str,
        operation_name: Option<&str>,
        spelling: Option<&Spelling<'_>>,
    ) -> Result<Found, Refusal> {
        let Parts { catalog, contract, limits, .. } = &self.parts;
        let operation = match spelling {
            Some(spelling) => accept_form(contract, limits, query, operation_name, spelling)?,
            None => accept(contract, limits, query, operation_name)?,
        };
        let plan = plan::draw(operation, catalog).map_err(|problem| refused(Complaint::new(problem.to_string())))?;
        let meter = self.sight().meter(plan.operation.name.as_deref());
        // What a text without variables asks about the contract is the same each time.
        let is_fixed = spelling.is_none() && plan.operation.variables.is_empty();
        let introspected = match is_fixed && plan.operation.introspection.is_some() {
            true => self.introspect(&plan.operation, &bind(&plan.operation, None)?)?,
            false => None,
        };
        Ok(self.plans.keep((query, operation_name), spelling, plan, introspected, catalog, meter))
    }

    /// Plans what was asked again and again of the gateway whose place this one is to take, for so long at most, so that
    /// nobody waits for that who asks it once more.
    pub fn prepare_for(&self, before: &Gateway, most: Duration) {
        if Arc::ptr_eq(&self.plans, &before.plans) {
            return;
        }
        let begun = Instant::now();
        for AskedAgain { query, operation_name, is_form } in before.plans.asked_again(MOST_PREPARED) {
            if begun.elapsed() >= most {
                return;
            }
            let spelling = if is_form { spell(&query, &self.parts.limits) } else { None };
            // What is refused by now is refused when it is asked.
            _ = self.draw(&query, operation_name.as_deref(), spelling.as_ref());
        }
    }

    /// `__schema` and `__type`, by response key.
    pub(super) fn introspect(&self, operation: &Operation, variables: &Bound) -> Result<Option<Introspected>, Refusal> {
        let Some(introspection) = &operation.introspection else { return Ok(None) };
        let answers = introspection.answer(&self.parts.contract, variables).map_err(refused)?;
        Ok(Some(answers.into_iter().map(|answer| (answer.key.to_owned(), answer.json)).collect()))
    }
}
