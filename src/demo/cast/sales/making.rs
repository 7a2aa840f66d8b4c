//! How the records of sales come about.

use super::records::{
    ContactRole, ODD_STAGE, Opportunity, Quote, STAGES, SalesAccount, SalesEvent, SalesTask, SalesUser, StageChange,
};
use crate::demo::cast::company::Company;
use crate::demo::cast::moment::Moment;
use crate::demo::cast::seed::Seed;
use crate::demo::cast::{COMPANY_WITHOUT_ACTIVITY, TODAY};

/// The sellers of the cast.
pub(in crate::demo::cast) fn users() -> Vec<SalesUser> {
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
pub(in crate::demo::cast) fn record_id(prefix: &str, number: usize) -> String {
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
pub(in crate::demo::cast) fn account(
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
pub(in crate::demo::cast) struct Numbers {
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
pub(in crate::demo::cast) fn opportunities(
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
pub(in crate::demo::cast) fn opportunity(
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
pub(in crate::demo::cast) fn talks(
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
pub(in crate::demo::cast) fn churn_call(when: Moment, account: Option<&str>, numbers: &mut Numbers) -> SalesTask {
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
