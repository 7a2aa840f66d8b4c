//! What marketing knows: contacts, its own deals, what was mailed, opened, clicked, downloaded and answered, and who agreed to it.

use super::TODAY;
use super::moment::Moment;
use super::seed::Seed;

/// A person as the marketing system keeps them.
#[derive(Clone, Debug)]
pub struct MarketingContact {
    /// The marketing system's own id; a decimal number, a string at its interface.
    pub id: u64,
    /// E-mail, unique in the system whatever its case.
    pub email: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Role in the company.
    pub job_title: Option<String>,
    /// Company as the person typed it into a form.
    pub company_name: Option<String>,
    /// The marketing system's id of the company associated.
    pub company_id: Option<u64>,
    /// `lead`, `marketingqualifiedlead`, `customer`, …
    pub lifecycle_stage: String,
    /// `NEW`, `OPEN`, …
    pub lead_status: Option<String>,
    /// Owner id in the marketing system.
    pub owner_id: Option<u64>,
    /// Does not want any e-mail.
    pub opted_out: bool,
    /// First source of traffic.
    pub analytics_source: Option<String>,
    /// Last visit to the web site.
    pub last_visit: Option<Moment>,
    /// Forms filled in.
    pub conversions: i64,
    /// When they were entered.
    pub created: Moment,
    /// Last change.
    pub modified: Moment,
    /// E-mails sent to them and what became of these, newest first.
    pub email_events: Vec<EmailEvent>,
    /// Downloads, campaign responses, forms, visits; newest first.
    pub touches: Vec<Touch>,
    /// What they agreed to.
    pub consents: Vec<Consent>,
    /// Deals the marketing system follows (self-service orders), oldest first.
    pub deals: Vec<MarketingDeal>,
    /// Notes, calls, meetings and the like, oldest first.
    pub engagements: Vec<Engagement>,
}

/// Something that happened to one e-mail.
#[derive(Clone, Debug)]
pub struct EmailEvent {
    /// Event id, unique together with its time.
    pub id: String,
    /// `SENT`, `DELIVERED`, `OPEN`, `CLICK`, `BOUNCE`, `UNBOUNCE`.
    pub kind: String,
    /// When.
    pub created: Moment,
    /// Subject of the e-mail.
    pub subject: Option<String>,
    /// Which of [`campaigns`](super::Cast::campaigns).
    pub campaign_id: u64,
}

/// A behavioural event.
#[derive(Clone, Debug)]
pub struct Touch {
    /// Event id.
    pub id: String,
    /// One of [`DOWNLOAD`], [`CAMPAIGN_RESPONSE`], [`FORM`], [`VISIT`].
    pub kind: String,
    /// When.
    pub occurred: Moment,
    /// Asset, campaign, form or page, in words.
    pub title: String,
    /// Answer to a campaign: `Registered`, `Attended`, `Declined`; nothing elsewhere.
    pub response: Option<String>,
    /// Page address.
    pub url: String,
}

/// A subscription somebody has, or refused.
#[derive(Clone, Debug)]
pub struct Consent {
    /// Subscription type id.
    pub id: u64,
    /// Subscription type in words.
    pub name: String,
    /// Agreed.
    pub subscribed: bool,
    /// Which level said so.
    pub source: String,
    /// Legal ground.
    pub legal_basis: Option<String>,
}

/// A deal in the marketing system.
#[derive(Clone, Debug)]
pub struct MarketingDeal {
    /// The marketing system's own id.
    pub id: u64,
    /// Title.
    pub name: String,
    /// Stage id; one that the pipeline does not list.
    pub stage: String,
    /// Hundredths of the major unit.
    pub amount_cents: Option<i64>,
    /// ISO 4217, capitals.
    pub currency: String,
    /// When it closes.
    pub close: Option<Moment>,
    /// When it was entered.
    pub created: Moment,
    /// Last change.
    pub modified: Moment,
}

/// A note, call, e-mail, meeting or task at a contact.
#[derive(Clone, Debug)]
pub struct Engagement {
    /// The marketing system's own id.
    pub id: u64,
    /// Object type: `notes`, `calls`, `emails`, `meetings`, `tasks`.
    pub kind: String,
    /// When it happened.
    pub at: Moment,
    /// Title or first line.
    pub title: String,
    /// Length of a call in milliseconds.
    pub duration_ms: Option<i64>,
    /// Owner id.
    pub owner_id: u64,
}

/// A mailing.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// E-mail id and campaign id.
    pub id: u64,
    /// Internal name.
    pub name: String,
    /// Subject line.
    pub subject: String,
    /// When it went out.
    pub sent: Moment,
}

/// A form on the web site.
#[derive(Clone, Debug)]
pub struct Form {
    /// Form id (a UUID).
    pub id: String,
    /// Title.
    pub name: String,
    /// When it was made.
    pub created: Moment,
}

/// An owner: somebody who looks after contacts.
#[derive(Clone, Debug)]
pub struct MarketingOwner {
    /// Owner id.
    pub id: u64,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// E-mail.
    pub email: String,
}

/// Event type of a content download.
pub const DOWNLOAD: &str = "pe4711_content_downloaded";
/// Event type of an answer to a campaign.
pub const CAMPAIGN_RESPONSE: &str = "pe4711_campaign_response";
/// Event type of a form sent in.
pub const FORM: &str = "e_form_submission_v2";
/// Event type of a page visit.
pub const VISIT: &str = "e_visited_page";
/// A deal stage that the pipeline does not list.
pub const ODD_DEAL_STAGE: &str = "waiting_for_godot";

/// Stage ids of the marketing pipeline, with their titles.
pub const DEAL_STAGES: &[(&str, &str)] = &[
    ("appointmentscheduled", "Appointment scheduled"),
    ("qualifiedtobuy", "Qualified to buy"),
    ("contractsent", "Contract sent"),
    ("closedwon", "Closed won"),
    ("closedlost", "Closed lost"),
];

pub(super) fn campaigns() -> Vec<Campaign> {
    [
        ("Spring launch", "What is new this spring"),
        ("Webinar June", "Join us: reporting without tears"),
        ("Summer survey", "Two questions for you"),
        ("Autumn release", "The export you asked for"),
        ("Renewal season", "Your plan for next year"),
    ]
    .iter()
    .zip([230_i64, 160, 110, 60, 20])
    .zip(84_000_001_u64..)
    .map(|(((name, subject), days), id)| Campaign {
        id,
        name: (*name).into(),
        subject: (*subject).into(),
        sent: TODAY.days_ago(days),
    })
    .collect()
}

pub(super) fn forms() -> Vec<Form> {
    ["White paper", "Webinar registration", "Contact us"]
        .iter()
        .zip(1_i64..)
        .map(|(name, number)| Form {
            id: format!("0f0f0f0f-0000-4000-8000-00000000000{number}"),
            name: (*name).into(),
            created: TODAY.days_ago(700 - number),
        })
        .collect()
}

pub(super) fn owners() -> Vec<MarketingOwner> {
    [("Rita", "Vos"), ("Sam", "Adler"), ("Tina", "Moss"), ("Udo", "Brandt"), ("Vik", "Rao"), ("Wanda", "Pike")]
        .iter()
        .zip(501_u64..)
        .map(|((first, last), id)| MarketingOwner {
            id,
            first_name: (*first).into(),
            last_name: (*last).into(),
            email: format!("{}.{}@vendor.example", first.to_lowercase(), last.to_lowercase()),
        })
        .collect()
}

/// What became of the mailings to one person, newest first.
pub(super) fn email_events(dice: &mut Seed, campaigns: &[Campaign], since: Moment, all: bool) -> Vec<EmailEvent> {
    let mut events = Vec::new();
    for campaign in campaigns.iter().filter(|campaign| campaign.sent > since) {
        if !all && dice.chance(35) {
            continue;
        }
        let mut at = campaign.sent.plus_seconds(dice.below(600));
        let outcome: &[&str] = match dice.below(10) {
            _ if all => &["SENT", "DELIVERED", "OPEN", "CLICK"],
            0 => &["SENT", "BOUNCE"],
            1..=4 => &["SENT", "DELIVERED"],
            5..=7 => &["SENT", "DELIVERED", "OPEN"],
            _ => &["SENT", "DELIVERED", "OPEN", "CLICK"],
        };
        for kind in outcome {
            events.push(EmailEvent {
                id: uuid(dice),
                kind: (*kind).into(),
                created: at,
                subject: Some(campaign.subject.clone()),
                campaign_id: campaign.id,
            });
            at = at.plus_seconds(dice.between(20, 40_000));
        }
    }
    events.sort_by(|left, right| right.created.cmp(&left.created).then_with(|| left.id.cmp(&right.id)));
    events
}

/// Downloads, answers, forms and visits, newest first.
pub(super) fn touches(dice: &mut Seed, count: i64) -> Vec<Touch> {
    let mut touches: Vec<Touch> = (0..count)
        .map(|place| {
            let (kind, titles): (&str, &[&str]) = match if place < 4 && count >= 4 { place } else { dice.below(4) } {
                0 => (
                    DOWNLOAD,
                    &["White paper: one view of a customer", "Checklist: clean contact data", "Price list 2026"],
                ),
                1 => (CAMPAIGN_RESPONSE, &["Webinar June", "Summer survey", "Autumn release"]),
                2 => (FORM, &["White paper", "Webinar registration", "Contact us"]),
                _ => (VISIT, &["Pricing", "Documentation", "How to cancel"]),
            };
            let title = *dice.pick(titles);
            Touch {
                id: uuid(dice),
                kind: kind.into(),
                occurred: TODAY.days_ago(dice.between(0, 300)).plus_seconds(-dice.below(50_000)),
                title: title.into(),
                response: (kind == CAMPAIGN_RESPONSE)
                    .then(|| (*dice.pick(&["Registered", "Attended", "Declined"])).into()),
                url: format!("https://www.vendor.example/{}", title.to_lowercase().replace([' ', ':'], "-")),
            }
        })
        .collect();
    touches.sort_by(|left, right| right.occurred.cmp(&left.occurred).then_with(|| left.id.cmp(&right.id)));
    touches
}

pub(super) fn consents(dice: &mut Seed, opted_out: bool) -> Vec<Consent> {
    [(71_001, "Newsletter"), (71_002, "Product updates"), (71_003, "Events")]
        .iter()
        .map(|(id, name)| {
            let subscribed = !opted_out && dice.chance(70);
            Consent {
                id: *id,
                name: (*name).into(),
                subscribed,
                source: if opted_out { "PORTAL_WIDE_STATUS" } else { "SUBSCRIPTION_STATUS" }.into(),
                legal_basis: subscribed
                    .then(|| (*dice.pick(&["CONSENT_WITH_NOTICE", "LEGITIMATE_INTEREST_CLIENT"])).into()),
            }
        })
        .collect()
}

pub(super) fn deals(dice: &mut Seed, number: usize, count: i64, currency: &str, odd: bool) -> Vec<MarketingDeal> {
    (0..count)
        .map(|place| {
            let created = TODAY.days_ago(300 - place * 70 - dice.between(0, 60));
            let stage = if odd && place == 0 || dice.chance(2) { ODD_DEAL_STAGE } else { dice.pick(DEAL_STAGES).0 };
            MarketingDeal {
                id: 20_000_000_000 + 10 * number as u64 + u64::try_from(place).expect("not negative"),
                name: format!("Self-service order {}", place + 1),
                stage: stage.into(),
                amount_cents: (!dice.chance(10)).then(|| dice.between(1, 400) * 4_950),
                currency: currency.to_uppercase(),
                close: dice.chance(90).then(|| created.days_ago(-dice.between(5, 60))),
                created,
                modified: created.days_ago(-dice.between(0, 5)),
            }
        })
        .collect()
}

pub(super) fn engagements(dice: &mut Seed, number: usize, count: i64) -> Vec<Engagement> {
    let mut engagements: Vec<Engagement> = (0..count)
        .map(|place| {
            let (kind, title) = *dice.pick(&[
                ("notes", "Prefers e-mail"),
                ("calls", "Follow-up call"),
                ("emails", "Re: your question"),
                ("meetings", "Fair visit"),
                ("tasks", "Send the brochure"),
            ]);
            Engagement {
                id: 30_000_000_000 + 10 * number as u64 + u64::try_from(place).expect("not negative"),
                kind: kind.into(),
                at: TODAY.days_ago(dice.between(2, 300)),
                title: title.into(),
                duration_ms: (kind == "calls").then(|| dice.between(20, 900) * 1000),
                owner_id: 501 + dice.next() % 6,
            }
        })
        .collect();
    engagements.sort_by_key(|engagement| (engagement.at, engagement.id));
    engagements
}

fn uuid(dice: &mut Seed) -> String {
    let (high, low) = (dice.next(), dice.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}
