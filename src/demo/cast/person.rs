//! One person, and what each department keeps of them: the named cases of the cast first, dice for everybody else.

use super::billing::{self, BillingCustomer};
use super::company::Company;
use super::marketing::{self, Campaign, MarketingContact};
use super::moment::Moment;
use super::names::{FAMILY, GIVEN, TITLES};
use super::sales::{self, Numbers, SalesContact};
use super::seed::Seed;
use super::support::{self, SupportUser, Tickets};
use super::usage::{self, Usage};
use super::{TODAY, case};

/// One person of the cast, with everything each system knows. Flaws are in the systems' parts, not in the person.
#[derive(Clone, Debug)]
pub struct Person {
    /// The company-wide customer id, `c-1001`, given to every system.
    pub id: String,
    /// The account id of their company; `None` for a person without one.
    pub account_id: Option<String>,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// E-mail, lower case.
    pub email: String,
    /// What sales keeps: nothing, one contact, or two for the same person.
    pub sales: Vec<SalesContact>,
    /// What support keeps.
    pub support: Option<SupportUser>,
    /// What marketing keeps.
    pub marketing: Option<MarketingContact>,
    /// What billing keeps.
    pub billing: Option<BillingCustomer>,
    /// What the product keeps.
    pub usage: Option<Usage>,
}

/// Who knows whom, and in what state. Fixed for the named cases.
struct Fate {
    company: Option<usize>,
    known: [bool; 5],
    nameless: bool,
    mixed_case: bool,
    odd: bool,
    doubled: bool,
    idle: bool,
}

/// Running numbers over the whole cast.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) records: Numbers,
    tickets: Tickets,
    contacts: usize,
}

fn fate(dice: &mut Seed, number: usize, companies: usize) -> Fate {
    let mut fate = Fate {
        company: Some(match number {
            case::HEROINE | case::DOUBLED | case::NAMELESS => 1,
            case::BUSY | case::UNKNOWN_TO_SALES | case::MIXED_CASE => 2,
            case::UNKNOWN_TO_SUPPORT | case::UNKNOWN_TO_MARKETING | case::ODD_STATUS => 3,
            case::IDLE => super::COMPANY_WITHOUT_ACTIVITY,
            _ => 0,
        }),
        known: [true; 5],
        nameless: number == case::NAMELESS,
        mixed_case: number == case::MIXED_CASE,
        odd: number == case::ODD_STATUS,
        doubled: number == case::DOUBLED,
        idle: number == case::IDLE,
    };
    match number {
        case::WITHOUT_ACCOUNT => fate.company = None,
        case::UNKNOWN_TO_SALES => fate.known[0] = false,
        case::UNKNOWN_TO_SUPPORT => fate.known[1] = false,
        case::UNKNOWN_TO_MARKETING => fate.known[2] = false,
        case::UNKNOWN_TO_BILLING => fate.known[3] = false,
        case::UNKNOWN_TO_USAGE => fate.known[4] = false,
        _ if number >= case::COUNT => {
            // The first five companies belong to the named; the rest fill up in order, about five persons each.
            let near = 5 + (number - case::COUNT) / 5;
            let back = usize::try_from(dice.below(3)).expect("small");
            fate.company = (!dice.chance(3)).then(|| near.saturating_sub(back).clamp(5, companies - 1));
            fate.known = [dice.chance(94), dice.chance(90), dice.chance(92), dice.chance(85), dice.chance(88)];
            fate.nameless = dice.chance(3);
            fate.mixed_case = dice.chance(15);
            fate.odd = dice.chance(1);
            fate.doubled = dice.chance(3);
            fate.idle = dice.chance(4);
        }
        _ => {}
    }
    fate
}

/// The `number`th person (from 0).
pub(super) fn make(
    seed: u64,
    number: usize,
    companies: &[Company],
    campaigns: &[Campaign],
    counters: &mut Counters,
) -> Person {
    let mut dice = Seed::of(seed, "person", number);
    let fate = fate(&mut dice, number, companies.len());
    let company = fate.company.and_then(|index| companies.get(index));
    let ((given_name, given), (family_name, family)) = if number == case::HEROINE {
        (("Ada", "ada"), ("Lindqvist", "lindqvist"))
    } else {
        (*dice.pick(GIVEN), *dice.pick(FAMILY))
    };
    let domain = company.map_or("mail.example", |company| company.domain.as_str());
    let suffix = if number == case::HEROINE { String::new() } else { (1001 + number).to_string() };
    let person = Person {
        id: super::person_id(number),
        account_id: company.map(|company| company.id.clone()),
        given_name: given_name.into(),
        family_name: family_name.into(),
        email: format!("{given}.{family}{suffix}@{domain}"),
        sales: Vec::new(),
        support: None,
        marketing: None,
        billing: None,
        usage: None,
    };
    let entered = TODAY.days_ago(dice.between(120, 480));
    let [sales, support, marketing, billing, usage] = fate.known;
    let contacts =
        if sales { contacts(&mut dice, &person, company, &fate, number, entered, counters) } else { Vec::new() };
    let user =
        support.then(|| support_user(&mut dice, &person, company, &fate, number, entered, &mut counters.tickets));
    let mailed = marketing.then(|| marketing_contact(&mut dice, &person, company, campaigns, &fate, number, entered));
    let payer = billing.then(|| billing_customer(&mut dice, &person, company, &fate, number, entered));
    let seats = payer.as_ref().and_then(|payer| payer.subscriptions.first()).map(|subscription| subscription.quantity);
    let product = usage.then(|| usage::make(&mut dice, seats, fate.idle));
    Person { sales: contacts, support: user, marketing: mailed, billing: payer, usage: product, ..person }
}

/// `ada.lindqvist@…` as a hurried hand writes it: `Ada.Lindqvist@…`, or all in capitals.
fn respelled(email: &str, loud: bool) -> String {
    if loud {
        return email.to_uppercase();
    }
    let mut upper = true;
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let local: String = local
        .chars()
        .map(|letter| {
            let written = if upper { letter.to_ascii_uppercase() } else { letter };
            upper = letter == '.';
            written
        })
        .collect();
    format!("{local}@{domain}")
}

fn contacts(
    dice: &mut Seed,
    person: &Person,
    company: Option<&Company>,
    fate: &Fate,
    number: usize,
    entered: Moment,
    counters: &mut Counters,
) -> Vec<SalesContact> {
    let account = company.and_then(|company| company.sales.as_ref()).map(|account| account.id.clone());
    (0..if fate.doubled { 2 } else { 1 })
        .map(|copy| {
            counters.contacts += 1;
            let (mut tasks, events) = if fate.idle {
                (Vec::new(), Vec::new())
            } else {
                sales::talks(dice, account.as_deref(), &mut counters.records)
            };
            if number == case::HEROINE {
                tasks.push(sales::churn_call(super::CHURN_CALL, account.as_deref(), &mut counters.records));
            }
            let last_talk = tasks.last().map(|task| task.created);
            SalesContact {
                id: sales::record_id("003", counters.contacts),
                account_id: account.clone(),
                first_name: (!fate.nameless && copy == 0).then(|| person.given_name.clone()),
                last_name: if fate.nameless { person.email.clone() } else { person.family_name.clone() },
                email: (copy == 0 || dice.chance(70))
                    .then(|| if fate.mixed_case { respelled(&person.email, false) } else { person.email.clone() }),
                phone: dice.chance(70).then(|| format!("+31 20 {:07}", dice.below(9_999_999))),
                mobile: dice.chance(40).then(|| format!("+31 6 {:08}", dice.below(99_999_999))),
                title: dice.chance(75).then(|| (*dice.pick(TITLES)).into()),
                department: dice.chance(40).then(|| (*dice.pick(&["Finance", "Operations", "IT"])).into()),
                lead_source: dice.chance(60).then(|| (*dice.pick(&["Web", "Trade Show", "Partner Referral"])).into()),
                city: company.map(|company| company.city.clone()),
                country: company.map(|company| company.country.clone()),
                opted_out: dice.chance(8),
                owner_id: company
                    .and_then(|company| company.sales.as_ref())
                    .map_or_else(|| sales::record_id("005", 0), |account| account.owner_id.clone()),
                created: entered.days_ago(-7 * copy),
                modified: last_talk.unwrap_or(entered).max(entered.days_ago(-7 * copy)),
                tasks,
                events,
            }
        })
        .collect()
}

fn support_user(
    dice: &mut Seed,
    person: &Person,
    company: Option<&Company>,
    fate: &Fate,
    number: usize,
    entered: Moment,
    tickets: &mut Tickets,
) -> SupportUser {
    let organization_id = company.and_then(|company| company.support.as_ref()).map(|organization| organization.id);
    let count = match number {
        case::BUSY => 300,
        case::HEROINE => 5,
        case::ODD_STATUS => 2,
        _ if fate.idle => 0,
        _ => dice.below(8).min(dice.below(9)),
    };
    let mut opened: Vec<Moment> =
        (0..count).map(|_| TODAY.days_ago(dice.between(6, 380)).plus_seconds(-dice.below(80_000))).collect();
    if number == case::HEROINE {
        opened.push(super::NEWEST_TICKET);
    }
    opened.sort();
    let mut tickets: Vec<_> = opened.into_iter().map(|created| tickets.open(dice, created)).collect();
    if let Some(ticket) = tickets.last_mut() {
        if number == case::HEROINE {
            ticket.subject = Some("Export stops at 10,000 rows".into());
            ticket.status = "open".into();
            ticket.priority = Some("urgent".into());
            ticket.escalation = Some("tier_2".into());
            ticket.tags = vec!["escalated".into(), "export".into()];
            ticket.satisfaction = None;
            ticket.metric.solved = None;
            ticket.metric.first_resolution_minutes = None;
            ticket.metric.full_resolution_minutes = None;
            ticket.updated = ticket.created.plus_seconds(5400);
        }
        if fate.odd {
            ticket.status = support::ODD_TICKET_STATUS.into();
        }
    }
    SupportUser {
        id: 1_900_000_000_000 + 29 * (number as u64 + 1),
        name: if fate.nameless {
            person.email.clone()
        } else {
            format!("{} {}", person.given_name, person.family_name)
        },
        email: (!dice.chance(2) || number < case::COUNT)
            .then(|| if fate.mixed_case { respelled(&person.email, true) } else { person.email.clone() }),
        phone: dice.chance(50).then(|| format!("+31 10 {:07}", dice.below(9_999_999))),
        organization_id,
        tags: if dice.chance(10) { vec!["vip".into()] } else { Vec::new() },
        verified: dice.chance(90),
        suspended: number >= case::COUNT && dice.chance(1),
        last_login: dice.chance(80).then(|| TODAY.plus_seconds(-dice.between(600, 5_000_000))),
        time_zone: (*dice.pick(&["Europe/Amsterdam", "America/Denver", "Asia/Tokyo"])).into(),
        locale: (*dice.pick(&["en-US", "nl", "de", "ja"])).into(),
        notes: dice.chance(10).then(|| "Likes short answers.".into()),
        created: entered,
        updated: tickets.last().map_or(entered, |ticket| ticket.updated).max(entered),
        tickets,
    }
}

fn marketing_contact(
    dice: &mut Seed,
    person: &Person,
    company: Option<&Company>,
    campaigns: &[Campaign],
    fate: &Fate,
    number: usize,
    entered: Moment,
) -> MarketingContact {
    let heroine = number == case::HEROINE;
    let opted_out = !heroine && dice.chance(10);
    let (mailings, touches, deals, engagements) = match number {
        case::HEROINE => (true, 6, 2, 3),
        _ if fate.idle => (false, 0, 0, 0),
        case::ODD_STATUS => (true, 3, 1, 1),
        _ => (true, dice.between(0, 6), dice.below(3).min(dice.below(3)), dice.between(0, 3)),
    };
    let since = if heroine { TODAY.days_ago(365) } else { entered };
    let currency = company.map_or("eur", |company| company.currency);
    let touches = marketing::touches(dice, touches);
    MarketingContact {
        id: 5_500_000_000 + 11 * (number as u64 + 1),
        email: Some(if fate.mixed_case { respelled(&person.email, false) } else { person.email.clone() }),
        first_name: (!fate.nameless).then(|| person.given_name.clone()),
        last_name: (!fate.nameless && !dice.chance(3)).then(|| person.family_name.clone()),
        phone: dice.chance(40).then(|| format!("+31 20 {:07}", dice.below(9_999_999))),
        job_title: dice.chance(60).then(|| (*dice.pick(TITLES)).into()),
        company_name: company.filter(|_| dice.chance(80)).map(|company| company.name.clone()),
        company_id: company.and_then(|company| company.marketing.as_ref()).map(|company| company.id),
        lifecycle_stage: (*dice.pick(&["customer", "customer", "opportunity", "marketingqualifiedlead", "evangelist"]))
            .into(),
        lead_status: dice.chance(50).then(|| (*dice.pick(&["NEW", "OPEN", "CONNECTED"])).into()),
        owner_id: dice.chance(85).then(|| 501 + dice.next() % 6),
        opted_out,
        analytics_source: dice
            .chance(80)
            .then(|| (*dice.pick(&["ORGANIC_SEARCH", "EMAIL_MARKETING", "DIRECT_TRAFFIC"])).into()),
        last_visit: touches.first().map(|touch| touch.occurred),
        conversions: i64::try_from(touches.iter().filter(|touch| touch.kind == marketing::FORM).count()).expect("few"),
        created: entered,
        modified: touches.first().map_or(entered, |touch| touch.occurred).max(entered),
        email_events: if mailings { marketing::email_events(dice, campaigns, since, heroine) } else { Vec::new() },
        touches,
        consents: marketing::consents(dice, opted_out),
        deals: marketing::deals(dice, number, deals, currency, fate.odd),
        engagements: marketing::engagements(dice, number, engagements),
    }
}

fn billing_customer(
    dice: &mut Seed,
    person: &Person,
    company: Option<&Company>,
    fate: &Fate,
    number: usize,
    entered: Moment,
) -> BillingCustomer {
    let currency = match number {
        case::BILLED_IN_YEN => "jpy",
        _ => company.map_or("eur", |company| company.currency),
    };
    let plans = match number {
        case::HEROINE => 2,
        case::ODD_STATUS => 1,
        _ if fate.idle => 0,
        _ => dice.between(1, 2).min(dice.between(0, 3)),
    };
    let mut subscriptions = Vec::new();
    let mut invoices = Vec::new();
    let mut charges = Vec::new();
    for place in 0..plans {
        let ledger = billing::ledger(dice, (number, place), currency, fate.odd && place == 0);
        subscriptions.push(ledger.subscription);
        invoices.extend(ledger.invoices);
        charges.extend(ledger.charges);
    }
    subscriptions.sort_by(|left, right| right.started.cmp(&left.started).then_with(|| left.id.cmp(&right.id)));
    invoices.sort_by(|left, right| right.created.cmp(&left.created).then_with(|| left.id.cmp(&right.id)));
    charges.sort_by(|left, right| right.created.cmp(&left.created).then_with(|| left.id.cmp(&right.id)));
    let delinquent =
        invoices.iter().any(|invoice| invoice.status == "open" && invoice.due.is_some_and(|due| due < TODAY));
    BillingCustomer {
        id: format!("cus_{}", dice.token(14)),
        email: (number < case::COUNT || !dice.chance(5))
            .then(|| if fate.mixed_case { respelled(&person.email, true) } else { person.email.clone() }),
        name: (!fate.nameless).then(|| format!("{} {}", person.given_name, person.family_name)),
        phone: dice.chance(30).then(|| format!("+31 20 {:07}", dice.below(9_999_999))),
        currency: currency.into(),
        delinquent,
        balance_minor: if dice.chance(12) { -dice.between(1, 90) * 100 } else { 0 },
        description: dice.chance(30).then(|| "Pays by card".into()),
        city: company.map(|company| company.city.clone()),
        country: company.map(|company| company.country.clone()),
        created: invoices.last().map_or(entered, |invoice| invoice.created).min(entered),
        subscriptions,
        invoices,
        charges,
    }
}
