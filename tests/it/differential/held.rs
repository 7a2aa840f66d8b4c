//! Values as a department holds them, in the contract's terms.

use c360::demo::cast::{Day, Moment};

/// What a field holds.
#[derive(Clone, Debug, Default)]
pub(super) enum Held {
    #[default]
    Null,
    /// A value that does not fit the contract's type.
    Misfit,
    /// JSON text.
    Leaf(String),
    Object(Object),
    List(Vec<Held>),
}

/// An object: the contract's type and its fields. A field that is not there is null.
#[derive(Clone, Debug, Default)]
pub(super) struct Object {
    pub(super) ty: &'static str,
    pub(super) fields: Vec<(&'static str, Held)>,
}

impl Object {
    pub(super) fn get(&self, field: &str) -> Option<&Held> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, held)| held)
    }

    /// The text of a key field, for what has to be asked with it.
    pub(super) fn key(&self, field: &str) -> Option<String> {
        match self.get(field) {
            Some(Held::Leaf(json)) => serde_json::from_str(json).ok(),
            _ => None,
        }
    }
}

pub(super) fn object<const N: usize>(ty: &'static str, fields: [(&'static str, Held); N]) -> Held {
    Held::Object(Object { ty, fields: fields.into() })
}

pub(super) fn text<'a>(text: impl Into<Option<&'a str>>) -> Held {
    text.into().map_or(Held::Null, |text| Held::Leaf(serde_json::to_string(text).unwrap()))
}

/// An optional text of the cast.
pub(super) fn maybe(text_of: &Option<String>) -> Held {
    text(text_of.as_deref())
}

pub(super) fn id(id: impl ToString) -> Held {
    text(id.to_string().as_str())
}

pub(super) fn int(number: impl Into<Option<i64>>) -> Held {
    number.into().map_or(Held::Null, |number| Held::Leaf(number.to_string()))
}

pub(super) fn float(number: impl Into<Option<f64>>) -> Held {
    number.into().map_or(Held::Null, |number| Held::Leaf(serde_json::to_string(&number).unwrap()))
}

pub(super) fn flag(flag: bool) -> Held {
    Held::Leaf(flag.to_string())
}

pub(super) fn time(moment: impl Into<Option<Moment>>) -> Held {
    moment.into().map_or(Held::Null, |moment| text(moment.iso().as_str()))
}

pub(super) fn day(day: impl Into<Option<Day>>) -> Held {
    day.into().map_or(Held::Null, |day| text(day.iso().as_str()))
}

pub(super) fn texts(list: &[String]) -> Held {
    Held::List(list.iter().map(|word| text(word.as_str())).collect())
}

/// An enum value: the contract's name for a word of the system, `OTHER` for one that nobody foresaw.
pub(super) fn named<'a>(word: impl Into<Option<&'a str>>, names: &[(&str, &str)]) -> Held {
    let Some(word) = word.into() else { return Held::Null };
    text(names.iter().find(|(known, _)| *known == word).map_or("OTHER", |(_, name)| *name))
}

/// An amount of hundredths of the main unit, in the digits of its currency (lower or upper case), further ones kept.
pub(super) fn money_of_hundredths(hundredths: impl Into<Option<i64>>, currency: &str) -> Held {
    let Some(hundredths) = hundredths.into() else { return Held::Null };
    let mut amount = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let least = digits(currency);
    let decimals = |amount: &str| amount.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    while decimals(&amount) > least && amount.ends_with('0') {
        amount.pop();
    }
    while decimals(&amount) < least {
        amount.push('0');
    }
    money(amount.trim_end_matches('.'), currency)
}

/// An amount of the currency's smallest unit.
pub(super) fn money_of_smallest(smallest: i64, currency: &str) -> Held {
    let digits = digits(currency);
    let unit = 10_i64.pow(u32::try_from(digits).unwrap());
    let sign = if smallest < 0 { "-" } else { "" };
    let (whole, rest) = (smallest.abs() / unit, smallest.abs() % unit);
    let amount = if digits == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0digits$}") };
    money(&amount, currency)
}

fn digits(currency: &str) -> usize {
    usize::try_from(c360::demo::cast::exponent(&currency.to_lowercase())).unwrap()
}

fn money(amount: &str, currency: &str) -> Held {
    object("Money", [("amount", text(amount)), ("currency", text(currency.to_uppercase().as_str()))])
}

pub(super) fn address(city: Option<&str>, country: Option<&str>) -> Held {
    if city.is_none() && country.is_none() {
        return Held::Null;
    }
    object("Address", [("city", text(city)), ("country", text(country))])
}

/// Where something comes from. No department of the town says where colleagues open its records.
pub(super) fn origin(department: &str, record: impl ToString, updated: impl Into<Option<Moment>>) -> Held {
    let system = match department {
        "sales" => "Salesforce",
        "support" => "Zendesk",
        "marketing" => "HubSpot",
        "billing" => "Stripe",
        _ => "Product",
    };
    let fields =
        [("department", text(department)), ("system", text(system)), ("id", id(record)), ("updatedAt", time(updated))];
    object("Origin", fields)
}

/// Another entity of which only the id is known here.
pub(super) fn stub(ty: &'static str, key: Option<&str>) -> Held {
    key.map_or(Held::Null, |key| object(ty, [("id", text(key))]))
}
