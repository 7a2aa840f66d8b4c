//! What `$args`, `$this` and the others are during one run.

use std::fmt;

use super::syntax::Variable;
use super::value::Value;

/// Reads an environment variable by name.
pub type ReadEnv<'v> = &'v (dyn Fn(&str) -> Option<String> + Sync);

/// The variables of one run; what is None is not found, and noted when it is read.
#[derive(Clone, Copy, Default)]
pub struct Variables<'v> {
    /// `$args`: the field's arguments, an object.
    pub args: Option<&'v Value<'v>>,
    /// `$this`: the parent object, or the entity's key.
    pub this: Option<&'v Value<'v>>,
    /// `$batch`: a list of entity keys, each an object.
    pub batch: Option<&'v Value<'v>>,
    /// `$config`: the source's own settings, an object.
    pub config: Option<&'v Value<'v>>,
    /// `$env`: reads one environment variable.
    pub env: Option<ReadEnv<'v>>,
    /// `$context`: what middleware left for this request, an object.
    pub context: Option<&'v Value<'v>>,
    /// `$request.headers`: the client's headers, lower-case name → list of strings.
    pub request_headers: Option<&'v Value<'v>>,
    /// `$response.headers`: the upstream's headers, lower-case name → list of strings.
    pub response_headers: Option<&'v Value<'v>>,
    /// `$status`: the upstream's HTTP status.
    pub status: Option<u16>,
}

impl<'v> Variables<'v> {
    pub(super) fn value(&self, variable: Variable) -> Option<&'v Value<'v>> {
        match variable {
            Variable::Args => self.args,
            Variable::This => self.this,
            Variable::Batch => self.batch,
            Variable::Config => self.config,
            Variable::Context => self.context,
            Variable::RequestHeaders => self.request_headers,
            Variable::ResponseHeaders => self.response_headers,
            Variable::Status => None,
        }
    }
}

impl fmt::Debug for Variables<'_> {
    /// Says which variables there are, never what they hold: `$config` carries secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Variables")
            .field("args", &self.args.is_some())
            .field("this", &self.this.is_some())
            .field("batch", &self.batch.is_some())
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
