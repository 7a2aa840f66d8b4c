//! Companies: what everybody would agree on, and what each department keeps of them.

use super::moment::Moment;
use super::names::{FIRMS, PLACES, TRADES};
use super::sales::{self, SalesAccount};
use super::seed::Seed;
use super::{COMPANY_WITHOUT_ACTIVITY, TODAY};

/// One company of the cast.
#[derive(Clone, Debug)]
pub struct Company {
    /// The company-wide account id, `a-101`, given to every system.
    pub id: String,
    /// Legal name.
    pub name: String,
    /// Internet domain, lower case.
    pub domain: String,
    /// The account id of the company that owns it.
    pub parent_id: Option<String>,
    /// Industry in words.
    pub industry: String,
    /// City of its head office.
    pub city: String,
    /// ISO 3166 country of its head office.
    pub country: String,
    /// Currency it is billed in, lower-case ISO 4217.
    pub currency: &'static str,
    /// What sales keeps; `None` when unknown there.
    pub sales: Option<SalesAccount>,
    /// What support keeps; `None` when unknown there.
    pub support: Option<SupportOrganization>,
    /// What marketing keeps; `None` when unknown there.
    pub marketing: Option<MarketingCompany>,
}

/// A company as the help desk keeps it.
#[derive(Clone, Debug)]
pub struct SupportOrganization {
    /// The help desk's own id.
    pub id: u64,
    /// Name as written there.
    pub name: String,
    /// Domains whose senders belong to it.
    pub domain_names: Vec<String>,
    /// Free words.
    pub tags: Vec<String>,
    /// A remark for agents.
    pub details: Option<String>,
    /// When it was entered.
    pub created: Moment,
    /// Last change.
    pub updated: Moment,
}

/// A company as the marketing system keeps it.
#[derive(Clone, Debug)]
pub struct MarketingCompany {
    /// The marketing system's own id.
    pub id: u64,
    /// Name as written there.
    pub name: Option<String>,
    /// Domain.
    pub domain: String,
    /// Industry in the marketing system's capitals.
    pub industry: Option<String>,
    /// Head count.
    pub employees: Option<i64>,
    /// Annual revenue, whole major units.
    pub annual_revenue: Option<i64>,
    /// City.
    pub city: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// `lead`, `customer`, …
    pub lifecycle_stage: String,
    /// Owner id in the marketing system.
    pub owner_id: u64,
    /// When it was entered.
    pub created: Moment,
    /// Last change.
    pub updated: Moment,
}

/// The `number`th company (from 0); `earlier` are those before it, from which its parent comes.
pub(super) fn make(seed: u64, number: usize, earlier: &[Company]) -> Company {
    let mut dice = Seed::of(seed, "company", number);
    let (trade, industry) = *dice.pick(TRADES);
    let firm = FIRMS[number % FIRMS.len()];
    let round = number / FIRMS.len();
    let name = if round == 0 { format!("{firm} {trade}") } else { format!("{firm} {trade} {}", round + 1) };
    let domain =
        format!("{}{}.example", firm.to_lowercase(), if round == 0 { String::new() } else { (round + 1).to_string() });
    let (city, country, currency) = if number < 6 { PLACES[number] } else { *dice.pick(PLACES) };
    let id = format!("a-{}", 101 + number);
    let parent = parent(&mut dice, number, earlier);
    let created = TODAY.days_ago(dice.between(500, 1500));
    let employees = dice.between(12, 9000);
    let revenue = employees * dice.between(60_000, 240_000);
    let sales = sales::account(
        &mut dice,
        number,
        &name,
        &domain,
        industry,
        (city, country),
        parent,
        created,
        (employees, revenue),
    );
    let small = number >= 6 && dice.chance(6);
    let support = (!small).then(|| SupportOrganization {
        id: 1_700_000_000_000 + 37 * (number as u64 + 1),
        name: name.clone(),
        domain_names: vec![domain.clone()],
        tags: if dice.chance(20) { vec!["vip".into()] } else { Vec::new() },
        details: dice.chance(15).then(|| "Asks for a call before every change.".into()),
        created,
        updated: TODAY.days_ago(dice.between(1, 200)),
    });
    let unheard = number >= 6 && dice.chance(6);
    let marketing = (!unheard).then(|| MarketingCompany {
        id: 9_100_000_000 + 13 * (number as u64 + 1),
        name: Some(name.clone()),
        domain: domain.clone(),
        industry: dice.chance(80).then(|| industry.to_uppercase().replace([' ', '&'], "_")),
        employees: dice.chance(85).then_some(employees),
        annual_revenue: dice.chance(60).then_some(revenue),
        city: Some(city.into()),
        country: Some(country.into()),
        lifecycle_stage: if number == COMPANY_WITHOUT_ACTIVITY { "lead" } else { "customer" }.into(),
        owner_id: 501 + dice.next() % 6,
        created,
        updated: TODAY.days_ago(dice.between(1, 120)),
    });
    Company {
        id,
        name,
        domain,
        parent_id: parent.map(|parent| parent.id.clone()),
        industry: industry.into(),
        city: city.into(),
        country: country.into(),
        currency,
        sales: Some(sales),
        support,
        marketing,
    }
}

/// a-101 owns a-102, which owns a-103 and a-104; a-105 stands alone; of the rest every third is owned, at most three deep.
fn parent<'a>(dice: &mut Seed, number: usize, earlier: &'a [Company]) -> Option<&'a Company> {
    match number {
        0 | 4 => None,
        1 => earlier.first(),
        2 | 3 => earlier.get(1),
        _ if dice.chance(33) => {
            let candidate = dice.pick(earlier);
            let alone = candidate.id == super::company_id(COMPANY_WITHOUT_ACTIVITY);
            (!alone && depth(candidate, earlier) < 2).then_some(candidate)
        }
        _ => None,
    }
}

fn depth(company: &Company, all: &[Company]) -> usize {
    let mut current = company.parent_id.as_deref();
    let mut depth = 0;
    while let Some(parent) = current.and_then(super::company_number).and_then(|number| all.get(number)) {
        depth += 1;
        current = parent.parent_id.as_deref();
    }
    depth
}
