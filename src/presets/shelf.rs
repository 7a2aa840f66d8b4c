//! The presets that are built into the program.

/// A department whose system a preset connects, in the order in which they speak for a person's name.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Department {
    /// Deals and talks with customers.
    Sales,
    /// Requests for help.
    Support,
    /// Mailings and campaigns.
    Marketing,
    /// Invoices, payments, subscriptions.
    Billing,
}

impl Department {
    /// As it is called in `coverage`.
    pub fn name(self) -> &'static str {
        match self {
            Department::Sales => "sales",
            Department::Support => "support",
            Department::Marketing => "marketing",
            Department::Billing => "billing",
        }
    }
}

/// The connector that knows which customers there are, and by what.
#[derive(Clone, Copy, Debug)]
pub enum Register {
    /// By the company-wide customer id.
    ById(&'static str),
    /// By e-mail address only. It is read from `Customer.email`, or, where no other preset gives addresses, from
    /// `Customer.id`: then the address is the customer's id.
    ByEmail(&'static str),
}

/// One ready-made connection.
#[derive(Debug)]
pub struct Preset {
    /// What it is asked for by, and the name of its source.
    pub name: &'static str,
    /// The vendor's own name for the system.
    pub title: &'static str,
    /// Whose system it is.
    pub department: Department,
    /// What it brings, in a line.
    pub brings: &'static str,
    /// Who knows which customers there are.
    pub customers: Register,
    /// The connector that knows which accounts there are, if the system keeps companies.
    pub accounts: Option<&'static str>,
    /// `NAME.graphql`: types, source, connectors.
    pub schema: &'static str,
    /// `NAME.connector.yaml`: tests of its connectors without a network.
    pub suite: &'static str,
    /// `NAME.toml`: its part of `gateway.toml`.
    pub settings: &'static str,
    /// `NAME.env`: the variables that part reads, `NAME=example` with comments.
    pub variables: &'static str,
    /// `README.md`: credential, scopes, and the field that carries the company's id.
    pub notes: &'static str,
}

/// One row of the shelf: the files of a preset lie in the folder of its name.
macro_rules! preset {
    ($name:literal, $title:literal, $department:ident, $customers:expr, $accounts:expr, $brings:literal) => {
        Preset {
            name: $name,
            title: $title,
            department: Department::$department,
            brings: $brings,
            customers: $customers,
            accounts: $accounts,
            schema: include_str!(concat!("../../presets/", $name, "/", $name, ".graphql")),
            suite: include_str!(concat!("../../presets/", $name, "/", $name, ".connector.yaml")),
            settings: include_str!(concat!("../../presets/", $name, "/", $name, ".toml")),
            variables: include_str!(concat!("../../presets/", $name, "/", $name, ".env")),
            notes: include_str!(concat!("../../presets/", $name, "/README.md")),
        }
    };
}

/// All presets, by department.
pub const SHELF: &[Preset] = &[
    preset!(
        "salesforce",
        "Salesforce",
        Sales,
        Register::ById("salesforceContact"),
        Some("salesforceAccount"),
        "contacts, accounts and their hierarchy, deals with stage history and quotes, activities"
    ),
    preset!(
        "pipedrive",
        "Pipedrive",
        Sales,
        Register::ById("pipedrivePerson"),
        Some("pipedriveOrganization"),
        "persons, organizations and their people, deals"
    ),
    preset!(
        "dynamics",
        "Dynamics 365",
        Sales,
        Register::ById("dynamicsContact"),
        Some("dynamicsAccount"),
        "contacts, accounts and their hierarchy, opportunities"
    ),
    preset!(
        "zendesk",
        "Zendesk",
        Support,
        Register::ById("zendeskUser"),
        Some("zendeskOrganization"),
        "tickets with metrics and satisfaction, of persons and of companies"
    ),
    preset!(
        "jira-service",
        "Jira Service Management",
        Support,
        Register::ById("jiraServicePerson"),
        None,
        "requests with service levels"
    ),
    preset!(
        "hubspot",
        "HubSpot",
        Marketing,
        Register::ById("hubspotContact"),
        Some("hubspotCompany"),
        "lifecycle, mailings and their fate, downloads, campaign responses, consent"
    ),
    preset!(
        "klaviyo",
        "Klaviyo",
        Marketing,
        Register::ById("klaviyoProfile"),
        None,
        "profiles, consent, mailings and their fate"
    ),
    preset!(
        "mailchimp",
        "Mailchimp",
        Marketing,
        Register::ByEmail("mailchimpMember"),
        None,
        "standing in one audience, consent, mailings and their fate; by e-mail address"
    ),
    preset!(
        "stripe",
        "Stripe",
        Billing,
        Register::ById("stripeCustomer"),
        None,
        "invoices, balances, payments, subscriptions"
    ),
];

/// The preset of this name.
///
/// # Errors
/// The name that is nearest to it, for a sentence that mends.
pub fn find(name: &str) -> Result<&'static Preset, &'static str> {
    SHELF.iter().find(|preset| preset.name == name).ok_or_else(|| nearest(name))
}

fn nearest(name: &str) -> &'static str {
    let distance = |preset: &&Preset| strsim::damerau_levenshtein(preset.name, &name.to_lowercase());
    SHELF.iter().min_by_key(distance).map_or("", |preset| preset.name)
}
