//! What the sales department knows: accounts, contacts, opportunities with their history and quotes, and what was talked about.

use super::company::Company;
use super::moment::{Day, Moment};
use super::seed::Seed;
use super::{COMPANY_WITHOUT_ACTIVITY, TODAY};

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

/// The sellers of the cast.
pub(super) fn users() -> Vec<SalesUser> {
    [
        ("Petra Lang", "Account Executive"),
        ("Marcus Reed", "Account Executive"),
        ("Sofia Conti", "Sales Director"),
        ("Ken Abe", "Account Manager"),
    ]
    .iter()
    .enumerate()
    .map(|(number, (name, title))| SalesUser {
        id: record_id("005", number),
        name: (*name).into(),
        email: format!("{}@vendor.example", name.to_lowercase().replace(' ', ".")),
        title: (*title).into(),
    })
    .collect()
}

fn owner(dice: &mut Seed) -> String {
    record_id("005", usize::try_from(dice.below(4)).expect("small"))
}

/// A record id: type prefix, instance, running number, and the three letters that carry the case of the fifteen before.
pub(super) fn record_id(prefix: &str, number: usize) -> String {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const CHECK: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let mut tail = [b'0'; 7];
    // Steps of 41 make neighbours differ in more than the last letter, by case too.
    let mut rest = (number + 1) * 41;
    for slot in tail.iter_mut().rev() {
        *slot = DIGITS[rest % DIGITS.len()];
        rest /= DIGITS.len();
    }
    let mut id = format!("{prefix}5g000{}", tail[1..].iter().map(|byte| char::from(*byte)).collect::<String>());
    id.insert(8, '0');
    let check: String = id
        .as_bytes()
        .chunks(5)
        .map(|chunk| {
            let bits = chunk
                .iter()
                .enumerate()
                .filter(|(_, byte)| byte.is_ascii_uppercase())
                .fold(0, |bits, (place, _)| bits | 1 << place);
            char::from(CHECK[bits])
        })
        .collect();
    id + &check
}

/// The account of a company, without deals yet.
#[expect(clippy::too_many_arguments, reason = "called once, with what the company's dice gave")]
pub(super) fn account(
    dice: &mut Seed,
    number: usize,
    name: &str,
    domain: &str,
    industry: &str,
    (city, country): (&str, &str),
    parent: Option<&Company>,
    created: Moment,
    (employees, revenue): (i64, i64),
) -> SalesAccount {
    SalesAccount {
        id: record_id("001", number),
        name: name.into(),
        kind: dice.chance(85).then(|| "Customer - Direct".into()),
        industry: dice.chance(90).then(|| industry.into()),
        parent_id: parent.and_then(|parent| parent.sales.as_ref()).map(|parent| parent.id.clone()),
        website: Some(format!("https://www.{domain}")),
        phone: dice.chance(70).then(|| format!("+31 10 {:07}", dice.below(9_999_999))),
        annual_revenue: dice.chance(70).then_some(revenue),
        employees: dice.chance(80).then_some(employees),
        city: city.into(),
        country: country.into(),
        owner_id: owner(dice),
        created,
        modified: TODAY.days_ago(dice.between(1, 90)),
        opportunities: Vec::new(),
    }
}

/// Running numbers of the records that deals and talks need; ids must be unique over the whole cast.
#[derive(Default)]
pub(super) struct Numbers {
    opportunity: usize,
    change: usize,
    quote: usize,
    role: usize,
    task: usize,
    event: usize,
}

impl Numbers {
    fn take(slot: &mut usize) -> usize {
        *slot += 1;
        *slot - 1
    }
}

/// Deals of one company, in which its contacts take part. `contacts` are record ids.
pub(super) fn opportunities(
    seed: u64,
    number: usize,
    currency: &str,
    contacts: &[String],
    odd: Option<&str>,
    numbers: &mut Numbers,
) -> Vec<Opportunity> {
    let mut dice = Seed::of(seed, "deals", number);
    if number == COMPANY_WITHOUT_ACTIVITY {
        return Vec::new();
    }
    let count = if number < 6 { dice.between(2, 4) } else { dice.between(0, 4) };
    let mut deals: Vec<Opportunity> = (0..count)
        .map(|place| {
            let age = 420 - place * 95 - dice.between(0, 40);
            let end =
                usize::try_from(if age > 200 { dice.between(4, 5) } else { dice.between(0, 5) }).expect("an index");
            opportunity(&mut dice, age, end, currency, contacts, numbers)
        })
        .collect();
    if let (Some(deal), Some(contact)) = (deals.first_mut(), odd) {
        make_odd(deal, contact, numbers);
    } else if dice.chance(3)
        && let Some(deal) = deals.last_mut()
    {
        set_stage(deal, ODD_STAGE);
    }
    deals
}

fn make_odd(deal: &mut Opportunity, contact: &str, numbers: &mut Numbers) {
    set_stage(deal, ODD_STAGE);
    if !deal.roles.iter().any(|role| role.contact_id == contact) {
        deal.roles.push(ContactRole {
            id: record_id("00K", Numbers::take(&mut numbers.role)),
            contact_id: contact.into(),
            role: None,
            is_primary: false,
        });
    }
}

fn set_stage(deal: &mut Opportunity, stage: &str) {
    deal.stage = stage.into();
    deal.is_closed = false;
    deal.is_won = false;
    deal.probability = 50;
    if let Some(last) = deal.history.last_mut() {
        last.stage = stage.into();
        last.probability = 50;
    }
}

/// One deal that started `age` days ago and went through the stages up to `end` (an index into [`STAGES`]).
pub(super) fn opportunity(
    dice: &mut Seed,
    age: i64,
    end: usize,
    currency: &str,
    contacts: &[String],
    numbers: &mut Numbers,
) -> Opportunity {
    let created = TODAY.days_ago(age).plus_seconds(dice.below(20_000));
    let owner_id = owner(dice);
    let (stage, probability) = STAGES[end];
    let close_date =
        if end >= 4 { created.day().plus(dice.between(60, 100)) } else { TODAY.day().plus(dice.between(5, 120)) };
    // Steps: every stage before the last one, in order; a lost deal may be lost at any of them.
    let path: Vec<usize> = if end == 5 {
        (0..usize::try_from(dice.between(1, 4)).expect("small")).chain([5]).collect()
    } else {
        (0..=end).collect()
    };
    let list_cents = dice.between(40, 2400) * 12_500;
    let blank = dice.chance(6);
    let span = if end >= 4 { close_date.start().0 - created.0 } else { (TODAY.0 - created.0).max(86_400) - 43_200 };
    let mut amount_cents = list_cents;
    let history: Vec<StageChange> = path
        .iter()
        .enumerate()
        .map(|(step, index)| {
            let (stage, probability) = STAGES[*index];
            if *index >= 3 && *index != 5 {
                amount_cents = list_cents / 100 * (100 - dice.between(0, 18));
            }
            let share =
                i64::try_from(step).expect("short") * span / i64::try_from(path.len().max(2) - 1).expect("short");
            StageChange {
                id: record_id("008", Numbers::take(&mut numbers.change)),
                created: created.plus_seconds(share),
                created_by_id: owner_id.clone(),
                stage: stage.into(),
                amount_cents: (!blank).then_some(amount_cents),
                probability,
                close_date,
            }
        })
        .collect();
    let modified = history.last().map_or(created, |change| change.created);
    let deal = Numbers::take(&mut numbers.opportunity);
    let primary = (!contacts.is_empty()).then(|| dice.pick(contacts).clone());
    let quotes = if path.contains(&2) {
        quotes(dice, created, end, list_cents, amount_cents, primary.as_ref(), numbers)
    } else {
        Vec::new()
    };
    let roles = roles(dice, contacts, primary, numbers);
    Opportunity {
        id: record_id("006", deal),
        name: format!(
            "{} {}",
            dice.pick(&["Platform licences", "Support package", "Rollout", "Analytics add-on", "Renewal"]),
            2026 - age / 365
        ),
        stage: stage.into(),
        amount_cents: (!blank).then_some(amount_cents),
        currency: currency.to_uppercase(),
        probability,
        close_date,
        kind: dice.chance(80).then(|| (*dice.pick(&["New Business", "Existing Business", "Renewal"])).into()),
        next_step: (end < 4 && dice.chance(60)).then(|| "Send the revised offer".into()),
        is_closed: end >= 4,
        is_won: end == 4,
        owner_id,
        created,
        modified,
        history,
        quotes,
        roles,
    }
}

fn quotes(
    dice: &mut Seed,
    opened: Moment,
    end: usize,
    list_cents: i64,
    amount_cents: i64,
    contact: Option<&String>,
    numbers: &mut Numbers,
) -> Vec<Quote> {
    let count = dice.between(1, 2);
    (0..count)
        .map(|place| {
            let created = opened.plus_seconds((20 + 12 * place) * 86_400 + dice.below(30_000));
            let number = Numbers::take(&mut numbers.quote);
            let last = place + 1 == count;
            let status = match end {
                _ if !last => Some("Rejected"),
                4 => Some("Accepted"),
                5 => Some("Denied"),
                _ => *dice.pick(&[Some("Presented"), Some("Draft"), Some("Parked"), None]),
            };
            let total_cents = if last { amount_cents } else { list_cents };
            Quote {
                id: record_id("0Q0", number),
                number: format!("{:08}", number + 1),
                name: format!("Offer {}", place + 1),
                status: status.map(Into::into),
                expires: dice.chance(90).then(|| created.day().plus(30)),
                subtotal_cents: list_cents,
                total_cents,
                discount_percent: Some(100 - total_cents * 100 / list_cents),
                contact_id: contact.cloned(),
                created,
                modified: created.plus_seconds(86_400),
            }
        })
        .collect()
}

fn roles(dice: &mut Seed, contacts: &[String], primary: Option<String>, numbers: &mut Numbers) -> Vec<ContactRole> {
    let others = contacts
        .iter()
        .filter(|contact| Some(*contact) != primary.as_ref())
        .filter(|_| dice.chance(40))
        .cloned()
        .collect::<Vec<_>>();
    primary
        .into_iter()
        .map(|contact_id| (contact_id, Some("Decision Maker"), true))
        .chain(others.into_iter().take(3).map(|contact_id| (contact_id, Some("Evaluator"), false)))
        .map(|(contact_id, role, is_primary)| ContactRole {
            id: record_id("00K", Numbers::take(&mut numbers.role)),
            contact_id,
            role: role.map(Into::into),
            is_primary,
        })
        .collect()
}

/// Calls, e-mails, to-dos and meetings with one contact, oldest first.
pub(super) fn talks(
    dice: &mut Seed,
    account: Option<&str>,
    numbers: &mut Numbers,
) -> (Vec<SalesTask>, Vec<SalesEvent>) {
    let mut tasks: Vec<SalesTask> = (0..dice.between(0, 5)).map(|_| task(dice, account, numbers)).collect();
    tasks.sort_by_key(|task| task.created);
    let mut events: Vec<SalesEvent> = (0..dice.between(0, 2))
        .map(|_| SalesEvent {
            id: record_id("00U", Numbers::take(&mut numbers.event)),
            subject: Some((*dice.pick(&["Quarterly review", "Demo of the new module", "Kick-off"])).into()),
            start: TODAY.days_ago(dice.between(-20, 400)).plus_seconds(dice.below(8) * 3600),
            minutes: dice.between(1, 6) * 15,
            location: dice.chance(50).then(|| "Video call".into()),
            what_id: account.map(Into::into),
            owner_id: owner(dice),
        })
        .collect();
    events.sort_by_key(|event| event.start);
    (tasks, events)
}

fn task(dice: &mut Seed, account: Option<&str>, numbers: &mut Numbers) -> SalesTask {
    let created = TODAY.days_ago(dice.between(8, 400)).plus_seconds(dice.below(30_000));
    let subtype = *dice.pick(&["Call", "Email", "Task"]);
    SalesTask {
        id: record_id("00T", Numbers::take(&mut numbers.task)),
        subject: dice.chance(96).then(|| {
            format!(
                "{subtype}: {}",
                dice.pick(&["price of more seats", "open questions", "next steps", "invoice address"])
            )
        }),
        subtype: subtype.into(),
        status: (*dice.pick(&["Completed", "Completed", "Not Started", "Waiting on someone else"])).into(),
        priority: (*dice.pick(&["High", "Normal", "Normal"])).into(),
        due: dice.chance(90).then(|| created.day()),
        description: dice.chance(50).then(|| "Talked through the list, will send a summary.".into()),
        call_seconds: (subtype == "Call").then(|| dice.between(30, 2400)),
        what_id: account.map(Into::into),
        owner_id: owner(dice),
        created,
    }
}

/// The call in which the heroine talks of leaving, at `when`.
pub(super) fn churn_call(when: Moment, account: Option<&str>, numbers: &mut Numbers) -> SalesTask {
    SalesTask {
        id: record_id("00T", Numbers::take(&mut numbers.task)),
        subject: Some("Call: renewal at risk".into()),
        subtype: "Call".into(),
        status: "Completed".into(),
        priority: "High".into(),
        due: Some(when.day()),
        description: Some("Thinks of leaving at renewal: churn risk. Wants the export problem solved first.".into()),
        call_seconds: Some(1260),
        what_id: account.map(Into::into),
        owner_id: record_id("005", 0),
        created: when,
    }
}
