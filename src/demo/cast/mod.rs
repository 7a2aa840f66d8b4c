//! The cast: one population, and what five departments know of it. Same seed, same people, byte for byte; a larger cast begins with the smaller one's persons.
//!
//! Named cases, for stories and tests (everybody else is thrown by dice, with the same flaws in a few percent):
//!
//! | constant | customer | what is special |
//! |---|---|---|
//! | [`HEROINE`] | c-1001 | complete everywhere; a talk of leaving ([`CHURN_CALL`]) two days before her newest ticket ([`NEWEST_TICKET`]) |
//! | [`BUSY`] | c-1002 | 300 tickets |
//! | [`DOUBLED`] | c-1003 | two contacts in sales with the same customer id |
//! | [`UNKNOWN_TO_SUPPORT`] … [`UNKNOWN_TO_USAGE`] | c-1004 … c-1008 | missing in one department: support, billing, sales, marketing, usage |
//! | [`NAMELESS`] | c-1009 | names missing, or the e-mail address in their place |
//! | [`MIXED_CASE`] | c-1010 | e-mail spelled differently in each department |
//! | [`ODD_STATUS`] | c-1011 | ticket, subscription and deals in states that no document lists |
//! | [`WITHOUT_ACCOUNT`] | c-1012 | belongs to no company |
//! | [`BILLED_IN_YEN`] | c-1013 | a currency without decimals |
//! | [`IDLE`] | c-1014 | known everywhere, nothing ever happened; alone in a-105 |
//! | [`NOBODY`] | c-9999999 | nobody's id |

mod billing;
mod company;
mod marketing;
mod moment;
mod names;
mod person;
mod sales;
mod seed;
mod support;
mod usage;

#[cfg(test)]
mod tests;

pub use billing::{BillingCustomer, Charge, Invoice, ODD_SUBSCRIPTION_STATUS, PLANS, Subscription, exponent};
pub use company::{Company, MarketingCompany, SupportOrganization};
pub use marketing::{
    CAMPAIGN_RESPONSE, Campaign, Consent, DEAL_STAGES, DOWNLOAD, EmailEvent, Engagement, FORM, Form, MarketingContact,
    MarketingDeal, MarketingOwner, ODD_DEAL_STAGE, Touch, VISIT,
};
pub use moment::{Day, Moment};
pub use person::Person;
pub use sales::{
    ContactRole, ODD_STAGE, Opportunity, Quote, STAGES, SalesAccount, SalesContact, SalesEvent, SalesTask, SalesUser,
    StageChange,
};
pub(crate) use seed::Seed;
pub use support::{ODD_TICKET_STATUS, Satisfaction, SupportAgent, SupportUser, Ticket, TicketMetric};
pub use usage::{Metric, Usage};

/// The day on which the demo plays: 2026-11-16, nine in the morning UTC. Nothing in the cast is measured from the clock.
pub const TODAY: Moment = Moment(1_794_819_600);
/// When the heroine's newest ticket was opened.
pub const NEWEST_TICKET: Moment = TODAY.days_ago(3);
/// When she talked of leaving.
pub const CHURN_CALL: Moment = NEWEST_TICKET.days_ago(2);

/// Complete in all systems, with the churn talk.
pub const HEROINE: &str = "c-1001";
/// Has 300 tickets.
pub const BUSY: &str = "c-1002";
/// Two contacts in sales.
pub const DOUBLED: &str = "c-1003";
/// Not in support.
pub const UNKNOWN_TO_SUPPORT: &str = "c-1004";
/// Not in billing.
pub const UNKNOWN_TO_BILLING: &str = "c-1005";
/// Not in sales.
pub const UNKNOWN_TO_SALES: &str = "c-1006";
/// Not in marketing.
pub const UNKNOWN_TO_MARKETING: &str = "c-1007";
/// Not in the product.
pub const UNKNOWN_TO_USAGE: &str = "c-1008";
/// Names missing.
pub const NAMELESS: &str = "c-1009";
/// E-mail spelled in three ways.
pub const MIXED_CASE: &str = "c-1010";
/// States that no document lists.
pub const ODD_STATUS: &str = "c-1011";
/// Belongs to no company.
pub const WITHOUT_ACCOUNT: &str = "c-1012";
/// Billed in Japanese yen.
pub const BILLED_IN_YEN: &str = "c-1013";
/// Known everywhere, without any activity.
pub const IDLE: &str = "c-1014";
/// Nobody's id.
pub const NOBODY: &str = "c-9999999";
/// The heroine's company, owned by [`HOLDING`], owning a-103 and a-104.
pub const HEROINES_COMPANY: &str = "a-102";
/// The company at the top.
pub const HOLDING: &str = "a-101";

/// Places of the named cases in [`Cast::persons`].
mod case {
    pub(super) const HEROINE: usize = 0;
    pub(super) const BUSY: usize = 1;
    pub(super) const DOUBLED: usize = 2;
    pub(super) const UNKNOWN_TO_SUPPORT: usize = 3;
    pub(super) const UNKNOWN_TO_BILLING: usize = 4;
    pub(super) const UNKNOWN_TO_SALES: usize = 5;
    pub(super) const UNKNOWN_TO_MARKETING: usize = 6;
    pub(super) const UNKNOWN_TO_USAGE: usize = 7;
    pub(super) const NAMELESS: usize = 8;
    pub(super) const MIXED_CASE: usize = 9;
    pub(super) const ODD_STATUS: usize = 10;
    pub(super) const WITHOUT_ACCOUNT: usize = 11;
    pub(super) const BILLED_IN_YEN: usize = 12;
    pub(super) const IDLE: usize = 13;
    pub(super) const COUNT: usize = 14;
}

const COMPANY_WITHOUT_ACTIVITY: usize = 4;
const FEWEST: usize = 20;
const MOST: usize = 100_000;

/// Everybody and everything, in plain data. The look-alikes answer from this and from nothing else.
#[derive(Clone, Debug)]
pub struct Cast {
    /// In the order of their ids, from c-1001 without gaps.
    pub persons: Vec<Person>,
    /// In the order of their ids, from a-101 without gaps.
    pub companies: Vec<Company>,
    /// Sellers.
    pub sales_users: Vec<SalesUser>,
    /// Agents of the help desk.
    pub support_agents: Vec<SupportAgent>,
    /// Owners in the marketing system.
    pub marketing_owners: Vec<MarketingOwner>,
    /// Mailings.
    pub campaigns: Vec<Campaign>,
    /// Forms on the web site.
    pub forms: Vec<Form>,
}

impl Cast {
    /// The cast of a seed, with `customers` persons (at least 20, at most 100,000).
    pub fn of(seed: u64, customers: usize) -> Self {
        let customers = customers.clamp(FEWEST, MOST);
        let mut companies = Vec::new();
        for number in 0..5 + (customers - case::COUNT).div_ceil(5) {
            let company = company::make(seed, number, &companies);
            companies.push(company);
        }
        let campaigns = marketing::campaigns();
        let mut counters = person::Counters::default();
        let persons: Vec<Person> =
            (0..customers).map(|number| person::make(seed, number, &companies, &campaigns, &mut counters)).collect();
        deal(seed, &mut companies, &persons, &mut counters);
        Self {
            persons,
            companies,
            sales_users: sales::users(),
            support_agents: support::agents(),
            marketing_owners: marketing::owners(),
            campaigns,
            forms: marketing::forms(),
        }
    }

    /// The person with a customer id such as `c-1001`.
    pub fn person(&self, id: &str) -> Option<&Person> {
        let number = number(id, "c-", 1001)?;
        self.persons.get(number)
    }

    /// The company with an account id such as `a-101`.
    pub fn company(&self, id: &str) -> Option<&Company> {
        self.companies.get(company_number(id)?)
    }

    /// The persons of a company, in the order of their ids.
    pub fn persons_of<'a>(&'a self, account_id: &'a str) -> impl Iterator<Item = &'a Person> {
        self.persons.iter().filter(move |person| person.account_id.as_deref() == Some(account_id))
    }

    /// The companies that a company owns directly, in the order of their ids.
    pub fn subsidiaries_of<'a>(&'a self, account_id: &'a str) -> impl Iterator<Item = &'a Company> {
        self.companies.iter().filter(move |company| company.parent_id.as_deref() == Some(account_id))
    }

    /// The deals in which a person takes part by any of their contacts, with the part; oldest first.
    pub fn deals_of<'a>(&'a self, person: &'a Person) -> impl Iterator<Item = (&'a Opportunity, &'a ContactRole)> {
        let company = person.account_id.as_deref().and_then(|id| self.company(id));
        company
            .and_then(|company| company.sales.as_ref())
            .into_iter()
            .flat_map(|account| &account.opportunities)
            .flat_map(|deal| deal.roles.iter().map(move |role| (deal, role)))
            .filter(|(_, role)| person.sales.iter().any(|contact| contact.id == role.contact_id))
    }
}

/// Deals come last: they need the contacts of their company.
fn deal(seed: u64, companies: &mut [Company], persons: &[Person], counters: &mut person::Counters) {
    let mut members: Vec<Vec<String>> = vec![Vec::new(); companies.len()];
    for person in persons {
        if let Some(number) = person.account_id.as_deref().and_then(company_number) {
            members[number].extend(person.sales.iter().map(|contact| contact.id.clone()));
        }
    }
    let odd = persons[case::ODD_STATUS].sales.first().map(|contact| contact.id.clone());
    for (number, (company, contacts)) in companies.iter_mut().zip(&members).enumerate() {
        let odd = odd.as_ref().filter(|odd| contacts.contains(odd)).map(String::as_str);
        if let Some(account) = &mut company.sales {
            account.opportunities =
                sales::opportunities(seed, number, company.currency, contacts, odd, &mut counters.records);
        }
    }
    let heroine = persons[case::HEROINE].sales.first().map(|contact| contact.id.clone());
    let company = company_number(HEROINES_COMPANY).and_then(|number| companies.get_mut(number));
    if let (Some(contact), Some(company)) = (heroine, company)
        && let Some(account) = &mut company.sales
    {
        let mut dice = Seed::of(seed, "heroine", 0);
        for (age, end) in [(390, 4), (200, 5), (45, 3)] {
            let mut deal = sales::opportunity(
                &mut dice,
                age,
                end,
                company.currency,
                std::slice::from_ref(&contact),
                &mut counters.records,
            );
            if end == 3 {
                deal.name = "Renewal 2027".into();
                deal.kind = Some("Renewal".into());
                deal.next_step = Some("Answer her call about the export".into());
            }
            account.opportunities.push(deal);
        }
        account
            .opportunities
            .sort_by(|left, right| left.created.cmp(&right.created).then_with(|| left.id.cmp(&right.id)));
    }
}

fn person_id(number: usize) -> String {
    format!("c-{}", 1001 + number)
}

fn company_id(number: usize) -> String {
    format!("a-{}", 101 + number)
}

fn company_number(id: &str) -> Option<usize> {
    number(id, "a-", 101)
}

fn number(id: &str, prefix: &str, first: usize) -> Option<usize> {
    id.strip_prefix(prefix)?.parse::<usize>().ok()?.checked_sub(first)
}
