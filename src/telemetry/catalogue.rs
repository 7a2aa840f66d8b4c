//! Every metric by name: what it counts, in which unit, with which labels. `docs/operations.md` shows the same table.
//!
//! Labels are bounded: sources, connectors and departments are the schema's, names of operations the first
//! [`super::Settings::operation_names`], everything else a word of ours.

/// One metric.
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name without unit and `_total`; [`Metric::full_name`] is what is queried.
    pub name: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// In which unit.
    pub unit: Unit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// How a metric moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It spreads over buckets.
    Histogram,
}

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// It counts.
    None,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

impl Metric {
    /// The name under which a scraper keeps it; a histogram's is followed by `_bucket`, `_sum` and `_count`.
    pub fn full_name(&self) -> String {
        let unit = match self.unit {
            Unit::None => "",
            Unit::Seconds => "_seconds",
            Unit::Bytes => "_bytes",
        };
        let end = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{unit}{end}", self.name)
    }
}

/// Makes a constant of each metric, and the list of all in their order.
macro_rules! metrics {
    ($($constant:ident $kind:ident $unit:ident $name:literal $labels:tt $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: Metric = Metric {
                name: $name,
                kind: Kind::$kind,
                unit: Unit::$unit,
                labels: &$labels,
                help: $help,
            };
        )*
        /// All of them, in the order of the page.
        pub static METRICS: &[&Metric] = &[$(&$constant),*];
    };
}

metrics! {
    // Operations.
    OPERATIONS Counter None "c360_operations" ["operation", "outcome"]
        "Operations answered, by name and by outcome: whole, or partial where the answer has errors";
    OPERATION_DURATION Histogram Seconds "c360_operation_duration" ["operation"]
        "Time from a question to its answer, within the gateway";
    OPERATION_ERRORS Counter None "c360_operation_errors" ["department", "code"]
        "Errors in answers, by the department they speak of and by code; an answer that several share counts once";
    OPERATIONS_REFUSED Counter None "c360_operations_refused" ["reason"]
        "Operations refused, or given up for what their answers would be, by reason";
    OPERATIONS_SLOW Counter None "c360_operations_slow" []
        "Operations that took at least telemetry.slow";
    PLANS Counter None "c360_plans" ["outcome"]
        "Looks into the memory of plans: hit, or miss";
    PLANS_KEPT Gauge None "c360_plans_kept" []
        "Plans that are remembered";
    ANSWERS Counter None "c360_answers" ["outcome"]
        "Where answers came from: kept, shared with an execution under way, made, or made apart because they cannot be kept";
    ANSWERS_HELD Gauge Bytes "c360_answers_held" []
        "Memory that whole answers take";
    // Sources.
    SOURCE_CALLS Counter None "c360_source_calls" ["source", "outcome"]
        "HTTP exchanges with a source, by status class or by why there is no status: timeout, unreachable, broken, too_large, unsendable";
    SOURCE_CALL_DURATION Histogram Seconds "c360_source_call_duration" ["source"]
        "Time of one HTTP exchange, from sending to the last byte";
    SOURCE_RECEIVED Counter Bytes "c360_source_received" ["source"]
        "Bytes of answers' bodies";
    SOURCE_CALLS_IN_FLIGHT Gauge None "c360_source_calls_in_flight" ["source"]
        "Calls that have a slot of the source now";
    SOURCE_CALLS_MOST Gauge None "c360_source_calls_most" ["source"]
        "Calls that may be under way at once now: concurrency, or fewer while the source has too much to do";
    SOURCE_KEYS_WAITING Gauge None "c360_source_keys_waiting" ["source"]
        "Keys that wait for a slot now";
    SOURCE_KEYS_SHED Counter None "c360_source_keys_shed" ["source"]
        "Keys refused before anything was sent for them";
    SOURCE_RETRIES Counter None "c360_source_retries" ["source"]
        "Exchanges that were a second try";
    SOURCE_BREAKER Gauge None "c360_source_breaker" ["source", "state"]
        "1 for the state in which the source's breaker is: closed, open, half-open; 0 for the others";
    SOURCE_PAUSED Gauge Seconds "c360_source_paused" ["source"]
        "How long the source is still left alone because it asked for that";
    SOURCE_QUOTA_LEFT Gauge None "c360_source_quota_left" ["source", "bucket"]
        "Calls that a quota still allows, where it is known";
    SOURCE_QUOTA_LIMIT Gauge None "c360_source_quota_limit" ["source", "bucket"]
        "Calls that a quota allows in a whole window, where it is known";
    SOURCE_STRETCH Gauge None "c360_source_quota_stretch" ["source", "bucket"]
        "By how much answers are believed for longer to spare a quota: 1 is as usual";
    // Connectors.
    CONNECTOR_CALLS Counter None "c360_connector_calls" ["connector", "source"]
        "HTTP exchanges of a connector, pages counted one by one";
    CONNECTOR_KEYS Counter None "c360_connector_keys" ["connector", "source"]
        "Keys that a connector's calls carried";
    CONNECTOR_CALL_KEYS Histogram None "c360_connector_call_keys" ["connector", "source"]
        "Keys carried by one call";
    CONNECTOR_FAILURES Counter None "c360_connector_failures" ["connector", "source", "code"]
        "Calls that ended in a failure, or were refused before they began, by its code";
    CONNECTOR_MISSING Counter None "c360_connector_missing" ["connector", "source"]
        "Fields that a connector can give and answers left out, most of them by design";
    CONNECTOR_ODDITIES Counter None "c360_connector_oddities" ["connector", "source", "kind"]
        "What was odd in answers: problem (of the mapping), stranger (a key nobody asked for), double, invalid (value of the wrong type), cut (list longer than may be read)";
    // The cache.
    CACHE_LOOKS Counter None "c360_cache_looks" ["connector", "source", "outcome"]
        "Looks for a key's record in the cache, by outcome";
    CACHE_HELD Gauge Bytes "c360_cache_held" ["tier"]
        "Memory that kept records take, bookkeeping included";
    CACHE_ENTRIES Gauge None "c360_cache_entries" ["tier"]
        "Entries kept: what connectors without arguments gave for one key is one";
    CACHE_FLIGHTS Gauge None "c360_cache_flights" []
        "Keys that are being fetched now";
    CACHE_FORGOTTEN Counter None "c360_cache_forgotten" ["what"]
        "How often something was to be forgotten: everything, source, connector or key";
    SHARED_LOOKS Counter None "c360_cache_shared_looks" ["outcome"]
        "Keys looked for in the shared tier: hit, miss, skipped (it is down, or a purge has yet to reach it), error, rubbish (none of ours), awaited (another gateway was fetching it)";
    SHARED_WRITES Counter None "c360_cache_shared_writes" ["outcome"]
        "Records for the shared tier: written, or dropped";
    SHARED_ERASED Counter None "c360_cache_shared_erased" []
        "Names removed from the shared tier behind what was forgotten whole";
    SHARED_PURGES Counter None "c360_cache_shared_purges" ["way"]
        "Purges between gateways: sent, heard, or lost, where everything was forgotten because some may have been missed";
    SHARED_UP Gauge None "c360_cache_shared_up" []
        "1 while the shared tier is used, 0 while it is down";
    SHARED_LISTENING Gauge None "c360_cache_shared_listening" []
        "1 while purges of other gateways are heard";
    // The doors.
    WEBHOOKS Counter None "c360_webhooks" ["source", "outcome"]
        "Deliveries to webhooks, by source and by outcome: heard, unsigned, forged, out_of_time, replayed, unreadable";
    HTTP_REQUESTS Counter None "c360_http_requests" ["status"]
        "HTTP requests answered, by status class";
    HTTP_REFUSED Counter None "c360_http_refused" ["reason"]
        "HTTP requests refused at the door, by reason";
    HTTP_CONNECTIONS Gauge None "c360_http_connections" []
        "Connections open now, those of sockets aside";
    HTTP_QUESTIONS Gauge None "c360_http_questions" []
        "Questions and operations that are being answered now, those that memory alone answers aside";
    HTTP_LAG Gauge Seconds "c360_http_lag" []
        "How long what comes in waited for a thread, at the latest look";
    HTTP_SOCKETS Gauge None "c360_http_sockets" []
        "WebSockets open now";
    HTTP_WAITING Gauge Bytes "c360_http_waiting" []
        "Bytes of answers that clients have yet to take: all of WebSockets', and those of more than 64 KiB over HTTP";
    HTTP_PANICS Counter None "c360_http_panics" []
        "Panics caught; each is a bug";
    READY Gauge None "c360_ready" []
        "1 while new work is taken, 0 once the gateway leaves";
    RELOADS Counter None "c360_reloads" ["outcome"]
        "Edits of the folder: taken, or refused, where what served before goes on serving";
    GENERATION Gauge None "c360_generation" []
        "1 for what served at the start, one more with each reload that was taken";
    RESTART Gauge None "c360_restart_settings" []
        "Settings and tables of the folder that have changed and hold only after a restart";
    // Telemetry itself.
    SPANS Counter None "c360_spans" ["outcome"]
        "Spans of traces: sent, dropped because too many waited, failed because the collector did not take them";
    // The process.
    BUILD Gauge None "c360_build_info" ["version"]
        "1, with the program's version";
    TASKS Gauge None "c360_tasks" []
        "Tasks of the runtime that are alive";
    PROCESS_RESIDENT Gauge Bytes "process_resident_memory" []
        "Resident memory";
    PROCESS_VIRTUAL Gauge Bytes "process_virtual_memory" []
        "Virtual memory";
    PROCESS_OPEN_FDS Gauge None "process_open_fds" []
        "File descriptors open";
    PROCESS_MAX_FDS Gauge None "process_max_fds" []
        "Most file descriptors that may be open";
    PROCESS_THREADS Gauge None "process_threads" []
        "Threads";
    PROCESS_CPU Counter Seconds "process_cpu" []
        "Processor time used";
    PROCESS_START Gauge Seconds "process_start_time" []
        "When the process started, since 1970";
}
