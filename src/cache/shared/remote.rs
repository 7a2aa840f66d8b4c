//! The only file that knows the client: addresses, connections, and the few commands that are sent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo};
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    RedisResult, ServerErrorKind, TlsCertificates, TlsMode, ToRedisArgs, Value, cmd,
};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::clues::Sign;
use super::seal::Place;
use super::settings::{Mode, Shared, SharedTls};

/// How long entries of purges are remembered at least: longer than any record is kept.
const EPOCH_SECONDS: u64 = 8 * 24 * 3600;
/// How long a purge of one entity is remembered at least: longer than any call takes.
pub(super) const KEY_EPOCH: Duration = Duration::from_secs(600);
/// How long a lease outlives the answer.
const AFTERMATH: Duration = Duration::from_millis(50);
/// The field of an entity's hash that says when it was last forgotten.
const EPOCH_FIELD: &[u8] = b"e";

/// Removes a name; of a hash stays when its entity was last forgotten.
const ERASE: &str = "local e = redis.call('TYPE', KEYS[1]).ok == 'hash' and redis.call('HGET', KEYS[1], ARGV[1]) \
                     redis.call('UNLINK', KEYS[1]) \
                     if e then redis.call('HSET', KEYS[1], ARGV[1], e) redis.call('PEXPIRE', KEYS[1], ARGV[2]) end";

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// Nothing came in time.
    #[error("no answer in time")]
    Late,
    /// The connection is of no use any longer, or an answer cannot be understood.
    #[error("{0}")]
    Broken(redis::RedisError),
    /// The server refused a command; others may work.
    #[error("{0}")]
    Refused(redis::RedisError),
}

impl From<redis::RedisError> for Trouble {
    fn from(error: redis::RedisError) -> Trouble {
        if error.is_timeout() {
            Trouble::Late
        } else if error.is_io_error()
            || error.is_unrecoverable_error()
            || error.kind() == ErrorKind::Parse
            // Another one is the master now.
            || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
        {
            Trouble::Broken(error)
        } else {
            Trouble::Refused(error)
        }
    }
}

/// How the servers are reached.
pub(super) struct Remote {
    server: Server,
    connect_timeout: Duration,
    /// Of the first address.
    password: String,
}

enum Server {
    Single(Box<Client>),
    Sentinel(Box<Mutex<SentinelClient>>),
    /// Clusters carry news to every node: they are heard from one after the other of those that are known.
    Cluster {
        cluster: Box<ClusterClient>,
        nodes: Vec<Client>,
        next: AtomicUsize,
    },
}

/// An open connection; clones are the same one.
#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// The address of one server among several.
pub(super) type Node = Option<(String, u16)>;

/// What lies at a place, beside when its entity was last forgotten.
pub(super) struct Lying {
    pub epoch: u64,
    pub value: Option<Vec<u8>>,
}

/// A value to be written.
pub(super) struct Put {
    pub place: Place,
    pub value: Vec<u8>,
    pub keep: Duration,
    pub lease: String,
}

/// News as they come.
pub(super) struct News {
    sink: PubSubSink,
    stream: PubSubStream,
}

impl Remote {
    /// `addresses` are separated by commas.
    pub fn new(addresses: &str, settings: &Shared) -> Result<Remote, String> {
        let said = |error: redis::RedisError| match error.detail() {
            // Details of the client's may quote the address, and with it a password.
            _ if addresses.contains('@') => "cannot be used as an address".to_owned(),
            Some(detail) => detail.to_owned(),
            None => error.category().to_owned(),
        };
        let infos: Vec<ConnectionInfo> = addresses
            .split(',')
            .map(|address| address.trim().into_connection_info())
            .collect::<RedisResult<_>>()
            .map_err(said)?;
        let Some(first) = infos.first().cloned() else { return Err("holds no address".to_owned()) };
        let password = first.redis_settings().password().unwrap_or_default().to_owned();
        let is_secure = matches!(first.addr(), ConnectionAddr::TcpTls { .. });
        let tls = certificates(&settings.tls)?;
        if tls.is_some() && !is_secure {
            return Err("is not spoken to over TLS, but has `shared.tls`; expected rediss:// or valkeys://".to_owned());
        }
        if let Some(tls) = &tls {
            let unread =
                |_| "has a `shared.tls` that cannot be read; expected certificates and a key in PEM".to_owned();
            Client::build_with_tls(first.clone(), tls.clone()).map_err(unread)?;
        }
        let client = |info: &ConnectionInfo| match &tls {
            Some(tls) => Client::build_with_tls(info.clone(), tls.clone()),
            None => Client::open(info.clone()),
        };
        let server = match settings.mode {
            Mode::Single => Server::Single(Box::new(client(&first).map_err(said)?)),
            Mode::Cluster => {
                let nodes = infos.iter().map(client).collect::<RedisResult<_>>().map_err(said)?;
                let timeout = settings.connect_timeout.0;
                let cluster = ClusterClient::builder(infos).connection_timeout(timeout).retries(1);
                let cluster = tls.into_iter().fold(cluster, |cluster, tls| cluster.certs(tls)).build();
                Server::Cluster { cluster: Box::new(cluster.map_err(said)?), nodes, next: AtomicUsize::new(0) }
            }
            Mode::Sentinel => {
                let sentinels: Vec<ConnectionAddr> = infos.iter().map(|info| info.addr().clone()).collect();
                Server::Sentinel(Box::new(Mutex::new(sentinel(sentinels, &first, tls, settings).map_err(said)?)))
            }
        };
        Ok(Remote { server, connect_timeout: settings.connect_timeout.0, password })
    }

    pub fn password(&self) -> &str {
        &self.password
    }

    pub async fn connect(&self) -> Result<Connection, Trouble> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            // Each command has its own limit.
            .set_response_timeout(None);
        let connect = async {
            RedisResult::Ok(match &self.server {
                Server::Single(client) => {
                    Connection::One(client.get_multiplexed_async_connection_with_config(&config).await?)
                }
                Server::Sentinel(client) => {
                    Connection::One(client.lock().await.get_async_connection_with_config(&config).await?)
                }
                Server::Cluster { cluster, .. } => Connection::Cluster(cluster.get_async_connection().await?),
            })
        };
        timeout(self.connect_timeout, connect).await.map_err(|_| Trouble::Late)?.map_err(Trouble::from)
    }

    /// Hears what is told on a channel from now on.
    pub async fn listen(&self, channel: &str) -> Result<News, Trouble> {
        let listen = async {
            let mut news = match &self.server {
                Server::Single(client) => client.get_async_pubsub().await?,
                Server::Cluster { nodes, next, .. } => {
                    let turn = next.fetch_add(1, Ordering::Relaxed) % nodes.len();
                    nodes[turn].get_async_pubsub().await?
                }
                Server::Sentinel(client) => client.lock().await.async_get_client().await?.get_async_pubsub().await?,
            };
            news.subscribe(channel).await?;
            let (sink, stream) = news.split();
            RedisResult::Ok(News { sink, stream })
        };
        timeout(self.connect_timeout, listen).await.map_err(|_| Trouble::Late)?.map_err(Trouble::from)
    }
}

/// What the settings say of TLS; nothing where they say nothing.
///
/// Errors: keys that do not go together, and a `ca` that is none. That the others hold PEM is seen by the client.
fn certificates(tls: &SharedTls) -> Result<Option<TlsCertificates>, String> {
    let client_tls = match (&tls.certificate, &tls.key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => Some(ClientTlsConfig {
            client_cert: certificate.clone().into_bytes(),
            client_key: key.expose_secret().as_bytes().to_vec(),
        }),
        _ => return Err("has one of `shared.tls.certificate` and `shared.tls.key`; expected both or none".to_owned()),
    };
    let root_cert = tls.ca.as_ref().map(|ca| ca.clone().into_bytes());
    let holds_one = |pem: &Vec<u8>| CertificateDer::from_pem_slice(pem).is_ok();
    if root_cert.as_ref().is_some_and(|pem| !holds_one(pem)) {
        return Err("has a `shared.tls.ca` that holds none; expected certificates in PEM".to_owned());
    }
    let is_set = client_tls.is_some() || root_cert.is_some();
    Ok(is_set.then_some(TlsCertificates { client_tls, root_cert }))
}

/// Who asks sentinels for the master. Credentials and database are the server's; sentinels are asked without.
fn sentinel(
    sentinels: Vec<ConnectionAddr>,
    first: &ConnectionInfo,
    tls: Option<TlsCertificates>,
    settings: &Shared,
) -> RedisResult<SentinelClient> {
    let of_server = first.redis_settings();
    let mut client = SentinelClientBuilder::new(sentinels, &settings.master, SentinelServerType::Master)?
        .set_client_to_redis_db(of_server.db());
    if let Some(user) = of_server.username() {
        client = client.set_client_to_redis_username(user);
    }
    if let Some(password) = of_server.password() {
        client = client.set_client_to_redis_password(password);
    }
    if matches!(first.addr(), ConnectionAddr::TcpTls { .. }) {
        client = client.set_client_to_redis_tls_mode(TlsMode::Secure);
    }
    if let Some(tls) = tls {
        client = client.set_client_to_redis_certificates(tls.clone()).set_client_to_sentinel_certificates(tls);
    }
    client.build()
}

impl News {
    /// The next message; `None` once the connection is gone. Asks every `every` whether it still is there.
    pub async fn next(&mut self, every: Duration) -> Option<Vec<u8>> {
        loop {
            match timeout(every, self.stream.next()).await {
                Ok(message) => return message.map(|message| message.get_payload_bytes().to_vec()),
                Err(_) => timeout(every, self.sink.ping::<Value>()).await.ok()?.ok()?,
            };
        }
    }
}

impl Connection {
    pub async fn ping(&self) -> Result<(), Trouble> {
        self.one(cmd("PING")).await.map(drop)
    }

    /// What lies at places, and the numbers under names (zero where there is none), asked for together.
    pub async fn read(&self, names: &[&str], places: &[Place]) -> Result<(Vec<u64>, Vec<Lying>), Trouble> {
        let mut commands: Vec<Cmd> = names.iter().map(|name| get(name)).collect();
        for place in places {
            let mut command = cmd("HMGET");
            command.arg(&place.name).arg(EPOCH_FIELD).arg(&place.field);
            commands.push(command);
        }
        let mut values = self.all(commands).await?;
        let lying = values.split_off(names.len()).into_iter().map(lying).collect::<Option<Vec<_>>>();
        let strange = || Trouble::Broken((ErrorKind::Parse, "an answer of another form").into());
        Ok((values.iter().map(number).collect(), lying.ok_or_else(strange)?))
    }

    /// Takes leases that nobody holds: which ones were taken.
    pub async fn lease(&self, names: &[String], time: Duration) -> Result<Vec<bool>, Trouble> {
        let values = self.all(names.iter().map(|name| take(name, 1, time)).collect()).await?;
        Ok(values.iter().map(|value| matches!(value, Value::Okay)).collect())
    }

    /// Takes a name for so long, under a number of ours; whether nobody else has it. It may have been taken by this very
    /// command, where that was sent once more because its answer got lost.
    pub async fn take(&self, name: &str, ours: u64, time: Duration) -> Result<bool, Trouble> {
        if self.one(take(name, &ours.to_le_bytes(), time)).await? == Value::Okay {
            return Ok(true);
        }
        Ok(number(&self.one(get(name)).await?) == ours)
    }

    /// Writes values. Their leases end a little later, for those who looked just before and take one just after.
    pub async fn put(&self, puts: &[Put]) -> Result<(), Trouble> {
        let mut commands = Vec::with_capacity(3 * puts.len());
        for put in puts {
            let mut write = cmd("HSET");
            write.arg(&put.place.name).arg(&put.place.field).arg(&put.value);
            let keep = expire(&put.place.name, put.keep.max(KEY_EPOCH));
            commands.extend([write, keep, expire(&put.lease, AFTERMATH)]);
        }
        self.all(commands).await.map(drop)
    }

    /// Puts up signs, each with the newest of its texts, so many.
    pub async fn put_up(&self, signs: &[Sign], most: usize) -> Result<(), Trouble> {
        let mut commands = Vec::with_capacity(3 * signs.len());
        for Sign { name, text, as_of, keep } in signs {
            let (mut add, mut cut) = (cmd("ZADD"), cmd("ZREMRANGEBYRANK"));
            let as_of = as_of.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            add.arg(name).arg(milliseconds(as_of)).arg(text);
            cut.arg(name).arg(0).arg(-1 - isize::try_from(most).unwrap_or(isize::MAX - 1));
            commands.extend([add, cut, expire(name, *keep)]);
        }
        self.all(commands).await.map(drop)
    }

    /// The newest texts of signs, at most so many of each; none where there is no such sign.
    pub async fn signs(&self, names: &[String], most: usize) -> Result<Vec<Vec<Vec<u8>>>, Trouble> {
        let read = |name: &String| {
            let mut command = cmd("ZREVRANGE");
            command.arg(name).arg(0).arg(most.saturating_sub(1));
            command
        };
        let texts = |value: Value| -> Option<Vec<Vec<u8>>> {
            let Value::Array(texts) = value else { return None };
            let text = |value| if let Value::BulkString(text) = value { Some(text) } else { None };
            texts.into_iter().map(text).collect()
        };
        let signs = self.all(names.iter().map(read).collect()).await?;
        let strange = || Trouble::Broken((ErrorKind::Parse, "a sign of another form").into());
        signs.into_iter().map(texts).collect::<Option<_>>().ok_or_else(strange)
    }

    /// Removes names, at once and whatever stands there, but when entities were last forgotten: what is on its way is
    /// measured by that.
    pub async fn erase(&self, names: &[String]) -> Result<(), Trouble> {
        let erase = |name: &String| {
            let mut command = cmd("EVAL");
            command.arg(ERASE).arg(1).arg(name).arg(EPOCH_FIELD).arg(milliseconds(KEY_EPOCH));
            command
        };
        self.all(names.iter().map(erase).collect()).await.map(drop)
    }

    /// Servers that hold names of their own.
    pub async fn nodes(&self) -> Result<Vec<Node>, Trouble> {
        let Connection::Cluster(cluster) = self else { return Ok(vec![None]) };
        let masters = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
        let strange = || Trouble::Broken((ErrorKind::Parse, "nodes of another form").into());
        let Value::Map(nodes) = cluster.clone().route_command(cmd("PING"), masters).await? else {
            return Err(strange());
        };
        let node = |(address, _)| {
            let Value::BulkString(address) = address else { return None };
            let (host, port) = str::from_utf8(&address).ok()?.rsplit_once(':')?;
            Some(Some((host.to_owned(), port.parse().ok()?)))
        };
        nodes.into_iter().map(node).collect::<Option<_>>().ok_or_else(strange)
    }

    /// Some names of a server's that are like a pattern, and where to go on; zero: there are no more.
    pub async fn scan(&self, node: &Node, from: u64, like: &str, count: usize) -> Result<(u64, Vec<String>), Trouble> {
        let mut command = cmd("SCAN");
        command.arg(from).arg("MATCH").arg(like).arg("COUNT").arg(count);
        let value = match (self, node) {
            (Connection::Cluster(cluster), Some((host, port))) => {
                let node = SingleNodeRoutingInfo::ByAddress { host: host.clone(), port: *port };
                cluster.clone().route_command(command, RoutingInfo::SingleNode(node)).await?
            }
            _ => self.one(command).await?,
        };
        redis::from_redis_value(value).map_err(|error| Trouble::Broken(error.into()))
    }

    /// Keeps a lease for longer.
    pub async fn keep(&self, lease: &str, time: Duration) -> Result<(), Trouble> {
        self.one(expire(lease, time)).await.map(drop)
    }

    /// Gives leases back.
    pub async fn release(&self, leases: &[String]) -> Result<(), Trouble> {
        self.all(leases.iter().map(|lease| delete(lease)).collect()).await.map(drop)
    }

    /// Sets a number that is not there.
    pub async fn found(&self, name: &str, number: u64) -> Result<(), Trouble> {
        let mut command = cmd("SET");
        command.arg(name).arg(&number.to_le_bytes()).arg("NX");
        self.one(command).await.map(drop)
    }

    /// Writes down that all of a kind is forgotten; for ever where it is everything.
    pub async fn end_all(&self, name: &str, number: u64, for_ever: bool) -> Result<(), Trouble> {
        let mut command = cmd("SET");
        command.arg(name).arg(&number.to_le_bytes());
        if !for_ever {
            command.arg("EX").arg(EPOCH_SECONDS);
        }
        self.one(command).await.map(drop)
    }

    /// Removes an entity's records, and writes down that they are forgotten: an answer on its way may still come.
    pub async fn end_one(&self, name: &str, number: u64) -> Result<(), Trouble> {
        let mut mark = cmd("HSET");
        mark.arg(name).arg(EPOCH_FIELD).arg(&number.to_le_bytes());
        self.all(vec![delete(name), mark, expire(name, KEY_EPOCH)]).await.map(drop)
    }

    /// Counts one up, to tell it to everybody.
    pub async fn count_up(&self, name: &str) -> Result<u64, Trouble> {
        let mut command = cmd("INCR");
        command.arg(name);
        match self.one(command).await? {
            Value::Int(count) => Ok(count.unsigned_abs()),
            _ => Err(Trouble::Broken((ErrorKind::Parse, "a count of another form").into())),
        }
    }

    /// The count, zero where nobody counted.
    pub async fn count(&self, name: &str) -> Result<u64, Trouble> {
        match self.one(get(name)).await? {
            Value::Nil => Ok(0),
            Value::BulkString(text) => Ok(str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).unwrap_or(0)),
            _ => Err(Trouble::Broken((ErrorKind::Parse, "a count of another form").into())),
        }
    }

    pub async fn tell(&self, channel: &str, message: &[u8]) -> Result<(), Trouble> {
        let mut command = cmd("PUBLISH");
        command.arg(channel).arg(message);
        self.one(command).await.map(drop)
    }

    async fn one(&self, command: Cmd) -> Result<Value, Trouble> {
        Ok(match self.clone() {
            Connection::One(mut one) => command.query_async(&mut one).await?,
            Connection::Cluster(mut cluster) => command.query_async(&mut cluster).await?,
        })
    }

    /// All commands at once: in one go where one server has all names, else each where its name belongs.
    async fn all(&self, commands: Vec<Cmd>) -> Result<Vec<Value>, Trouble> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Connection::One(one) => {
                let mut pipe = redis::pipe();
                for command in commands {
                    pipe.add_command(command);
                }
                Ok(pipe.query_async(&mut one.clone()).await?)
            }
            Connection::Cluster(_) => try_join_all(commands.into_iter().map(|command| self.one(command))).await,
        }
    }
}

fn get(name: &str) -> Cmd {
    let mut command = cmd("GET");
    command.arg(name);
    command
}

/// Sets a name that is not there, for so long.
fn take(name: &str, value: impl ToRedisArgs, time: Duration) -> Cmd {
    let mut command = cmd("SET");
    command.arg(name).arg(value).arg("NX").arg("PX").arg(milliseconds(time));
    command
}

fn delete(name: &str) -> Cmd {
    let mut command = cmd("DEL");
    command.arg(name);
    command
}

fn expire(name: &str, keep: Duration) -> Cmd {
    let mut command = cmd("PEXPIRE");
    command.arg(name).arg(milliseconds(keep));
    command
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn number(value: &Value) -> u64 {
    match value {
        Value::BulkString(bytes) => bytes.as_slice().try_into().map(u64::from_le_bytes).unwrap_or_default(),
        _ => 0,
    }
}

fn lying(value: Value) -> Option<Lying> {
    let Value::Array(members) = value else { return None };
    let [epoch, value] = <[Value; 2]>::try_from(members).ok()?;
    let value = match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::Nil => None,
        _ => return None,
    };
    Some(Lying { epoch: number(&epoch), value })
}
