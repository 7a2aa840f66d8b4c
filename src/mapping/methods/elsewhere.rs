//! What other languages call a method of this one: likeness of letters alone would not find it.

/// The method that does what a name means in other languages.
pub(in crate::mapping) fn here(name: &str) -> Option<&'static str> {
    let named = |(names, _): &&(&[&str], _)| names.iter().any(|other| other.eq_ignore_ascii_case(name));
    NAMES.iter().find(named).map(|(_, here)| *here)
}

const NAMES: &[(&[&str], &str)] = &[
    (&["upcase", "uppercase", "toUpperCase", "toUpper", "ucase", "capitalize"], "upper"),
    (&["downcase", "lowercase", "toLowerCase", "toLower", "lcase"], "lower"),
    (&["strip", "trimStart", "trimEnd"], "trim"),
    (&["length", "len", "count"], "size"),
    (&["substring", "substr", "take", "limit"], "slice"),
    (&["join"], "joinNotNull"),
    (&["keys", "values", "toPairs"], "entries"),
    (&["fromPairs", "toObject"], "fromEntries"),
    (&["int", "integer", "number", "toNumber"], "toInt"),
    (&["float", "double", "parseFloat"], "toFloat"),
    (&["str", "string", "text"], "toString"),
    (&["bool", "boolean", "toBoolean"], "toBool"),
    (&["regex", "regexp", "test"], "matches"),
    (&["distinct", "uniq", "dedupe"], "unique"),
    (&["fromJson", "parseJson", "parse"], "jsonParse"),
    (&["toJson", "stringify", "dump"], "jsonStringify"),
    (&["sort", "order", "orderBy"], "sortBy"),
    (&["group"], "groupBy"),
    (&["head"], "first"),
    (&["at", "nth"], "get"),
    (&["equals", "is"], "eq"),
    (&["where", "select"], "filter"),
    (&["any", "some"], "or"),
    (&["every"], "all"),
    (&["switch", "case", "if"], "match"),
    (&["let"], "as"),
];
