//! The records of sales, as plain data.

use crate::demo::cast::moment::{Day, Moment};

/// A company as sales keeps it, with its deals.
#[derive(Clone, Debug)]
pub struct SalesAccount {
    /// 18-character record id.
    pub id: String,
    /// Name as written there.
    pub name: String,
    /// `Customer - Direct`, `Prospect`, …
    pub kind: Option<String>,
    /// Industry in words.
    pub industry: Option<String>,
    /// Record id of the parent account.
    pub parent_id: Option<String>,
    /// Web address.
    pub website: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Annual revenue, whole major units.
    pub annual_revenue: Option<i64>,
    /// Head count.
    pub employees: Option<i64>,
    /// City of the billing address.
    pub city: String,
    /// Country of the billing address.
    pub country: String,
    /// Record id of the owning user.
    pub owner_id: String,
    /// When it was entered.
    pub created: Moment,
    /// Last change.
    pub modified: Moment,
    /// Deals with this company, oldest first.
    pub opportunities: Vec<Opportunity>,
}

/// A person as sales keeps them. One person may have two of these.
#[derive(Clone, Debug)]
pub struct SalesContact {
    /// 18-character record id.
    pub id: String,
    /// Record id of the account; `None` for a person without company.
    pub account_id: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name; the system demands one.
    pub last_name: String,
    /// E-mail in the spelling of the seller.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Mobile telephone.
    pub mobile: Option<String>,
    /// Role in the company.
    pub title: Option<String>,
    /// Department in the company.
    pub department: Option<String>,
    /// Where the contact came from.
    pub lead_source: Option<String>,
    /// City of the mailing address.
    pub city: Option<String>,
    /// Country of the mailing address.
    pub country: Option<String>,
    /// Does not want e-mail.
    pub opted_out: bool,
    /// Record id of the owning user.
    pub owner_id: String,
    /// When it was entered.
    pub created: Moment,
    /// Last change.
    pub modified: Moment,
    /// Calls, e-mails and to-dos, oldest first.
    pub tasks: Vec<SalesTask>,
    /// Meetings, oldest first.
    pub events: Vec<SalesEvent>,
}

/// A deal, open or closed.
#[derive(Clone, Debug)]
pub struct Opportunity {
    /// 18-character record id.
    pub id: String,
    /// Title of the deal.
    pub name: String,
    /// Stage in words; one is a stage that nobody foresaw.
    pub stage: String,
    /// Hundredths of the currency's major unit.
    pub amount_cents: Option<i64>,
    /// ISO 4217, capitals.
    pub currency: String,
    /// Percent, 0–100.
    pub probability: i64,
    /// Expected or actual closing day.
    pub close_date: Day,
    /// `New Business`, `Existing Business`, `Renewal`.
    pub kind: Option<String>,
    /// What the seller does next.
    pub next_step: Option<String>,
    /// No longer open.
    pub is_closed: bool,
    /// Closed and won.
    pub is_won: bool,
    /// Record id of the owning user.
    pub owner_id: String,
    /// When it was entered.
    pub created: Moment,
    /// Last change.
    pub modified: Moment,
    /// One row per change of stage or amount, oldest first.
    pub history: Vec<StageChange>,
    /// Offers made, oldest first.
    pub quotes: Vec<Quote>,
    /// Who takes part.
    pub roles: Vec<ContactRole>,
}

/// A change of a deal.
#[derive(Clone, Debug)]
pub struct StageChange {
    /// 18-character record id.
    pub id: String,
    /// When.
    pub created: Moment,
    /// Record id of the user who changed it.
    pub created_by_id: String,
    /// Stage from then on.
    pub stage: String,
    /// Amount from then on, hundredths.
    pub amount_cents: Option<i64>,
    /// Percent from then on.
    pub probability: i64,
    /// Closing day expected from then on.
    pub close_date: Day,
}

/// An offer within a deal.
#[derive(Clone, Debug)]
pub struct Quote {
    /// 18-character record id.
    pub id: String,
    /// Running number, eight digits.
    pub number: String,
    /// Title.
    pub name: String,
    /// `Draft`, `Presented`, `Accepted`, `Rejected`, …
    pub status: Option<String>,
    /// Valid until.
    pub expires: Option<Day>,
    /// Before discount, hundredths.
    pub subtotal_cents: i64,
    /// After discount, hundredths.
    pub total_cents: i64,
    /// Discount in percent.
    pub discount_percent: Option<i64>,
    /// Record id of the contact it was sent to.
    pub contact_id: Option<String>,
    /// When it was written.
    pub created: Moment,
    /// Last change.
    pub modified: Moment,
}

/// A contact's part in a deal.
#[derive(Clone, Debug)]
pub struct ContactRole {
    /// 18-character record id.
    pub id: String,
    /// Record id of the contact.
    pub contact_id: String,
    /// `Decision Maker`, `Economic Buyer`, …
    pub role: Option<String>,
    /// The main contact of the deal.
    pub is_primary: bool,
}

/// A call, an e-mail or a to-do with a contact.
#[derive(Clone, Debug)]
pub struct SalesTask {
    /// 18-character record id.
    pub id: String,
    /// First line.
    pub subject: Option<String>,
    /// `Task`, `Call` or `Email`.
    pub subtype: String,
    /// `Completed`, `Not Started`, …
    pub status: String,
    /// `High`, `Normal`, `Low`.
    pub priority: String,
    /// Due day.
    pub due: Option<Day>,
    /// Notes.
    pub description: Option<String>,
    /// Length of a call in seconds.
    pub call_seconds: Option<i64>,
    /// Record id of what it is about (an account or a deal).
    pub what_id: Option<String>,
    /// Record id of the owning user.
    pub owner_id: String,
    /// When it was entered; for calls, when they happened.
    pub created: Moment,
}

/// A meeting with a contact.
#[derive(Clone, Debug)]
pub struct SalesEvent {
    /// 18-character record id.
    pub id: String,
    /// Title.
    pub subject: Option<String>,
    /// Start.
    pub start: Moment,
    /// Length in minutes.
    pub minutes: i64,
    /// Where.
    pub location: Option<String>,
    /// Record id of what it is about.
    pub what_id: Option<String>,
    /// Record id of the owning user.
    pub owner_id: String,
}

/// A seller.
#[derive(Clone, Debug)]
pub struct SalesUser {
    /// 18-character record id.
    pub id: String,
    /// Full name.
    pub name: String,
    /// E-mail.
    pub email: String,
    /// Role.
    pub title: String,
}

/// Every stage the process foresees, with its probability in percent.
pub const STAGES: &[(&str, i64)] = &[
    ("Prospecting", 10),
    ("Qualification", 20),
    ("Proposal/Price Quote", 60),
    ("Negotiation/Review", 80),
    ("Closed Won", 100),
    ("Closed Lost", 0),
];

/// A stage that an administrator invented.
pub const ODD_STAGE: &str = "Legal Limbo";
