//! What the sales department knows: accounts, contacts, opportunities with their history and quotes, and what was talked about.

mod making;
mod records;

pub(super) use making::{Numbers, account, churn_call, opportunities, opportunity, record_id, talks, users};
pub use records::{
    ContactRole, ODD_STAGE, Opportunity, Quote, STAGES, SalesAccount, SalesContact, SalesEvent, SalesTask, SalesUser,
    StageChange,
};
