//! A bounded memory that costs next to nothing to look into: one hash, one comparison, one lock that readers share.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use ahash::RandomState;
use indexmap::Equivalent;

/// Into so many compartments a shelf is divided, each with its own lock. What would take more room than one of them has
/// is not kept.
const COMPARTMENTS: u64 = 8;
/// So many older things are looked at whenever a new one is put in, and taken out if they are of no use any longer.
const LOOKED_AFTER: usize = 2;

/// Things by their keys, bounded in weight. Those that nobody looked at since the last round make room first, so that
/// what is asked for once does not drive out what is asked for often.
pub(super) struct Shelf<K, V> {
    /// Seeded by chance: nobody outside can look for two keys of one hash.
    hasher: RandomState,
    room: u64,
    compartments: Box<[RwLock<Compartment<K, V>>]>,
}

struct Compartment<K, V> {
    room: u64,
    weight: u64,
    /// By the key's hash. Where two keys share one, which chance hardly ever brings about, the later has it.
    slots: HashMap<u64, Slot<K, V>, BuildHasherDefault<Hashed>>,
    /// The hashes of all slots; the first is the next to make room.
    line: VecDeque<u64>,
}

struct Slot<K, V> {
    key: K,
    value: V,
    weight: u64,
    is_used: AtomicBool,
}

impl<K: Eq + Hash, V> Shelf<K, V> {
    /// Room for things that weigh at most `room` together.
    pub(super) fn new(room: u64) -> Shelf<K, V> {
        let compartment =
            || Compartment { room: room / COMPARTMENTS, weight: 0, slots: HashMap::default(), line: VecDeque::new() };
        let compartments = (0..COMPARTMENTS).map(|_| RwLock::new(compartment())).collect();
        Shelf { hasher: RandomState::new(), room, compartments }
    }

    /// What `read` makes of the thing with this key; nothing where there is none. Others may read meanwhile.
    pub(super) fn look<Q, R>(&self, key: &Q, read: impl FnOnce(&V) -> R) -> Option<R>
    where
        Q: Equivalent<K> + Hash + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let compartment = self.compartment(hash).read().unwrap_or_else(PoisonError::into_inner);
        let slot = compartment.slots.get(&hash).filter(|slot| key.equivalent(&slot.key))?;
        if !slot.is_used.load(Ordering::Relaxed) {
            slot.is_used.store(true, Ordering::Relaxed);
        }
        Some(read(&slot.value))
    }

    /// Puts a thing in, in the place of an older one with the same key.
    pub(super) fn put(&self, key: K, value: V, weight: u64, is_of_use: impl Fn(&V) -> bool) {
        let hash = self.hasher.hash_one(&key);
        let mut compartment = self.compartment(hash).write().unwrap_or_else(PoisonError::into_inner);
        if weight > compartment.room {
            return;
        }
        compartment.look_after(is_of_use);
        let slot = Slot { key, value, weight, is_used: AtomicBool::new(false) };
        match compartment.slots.insert(hash, slot) {
            Some(older) => compartment.weight -= older.weight,
            None => compartment.line.push_back(hash),
        }
        compartment.weight += weight;
        compartment.make_room();
    }

    /// What `read` makes of things that were looked at since the last round, at most so many.
    pub(super) fn used<R>(&self, most: usize, read: impl Fn(&K, &V) -> R) -> Vec<R> {
        let mut used = Vec::new();
        for compartment in &self.compartments {
            let compartment = compartment.read().unwrap_or_else(PoisonError::into_inner);
            let slots = compartment.slots.values().filter(|slot| slot.is_used.load(Ordering::Relaxed));
            used.extend(slots.take(most - used.len()).map(|slot| read(&slot.key, &slot.value)));
        }
        used
    }

    /// Takes out what is of no use; how many things that were.
    pub(super) fn sweep(&self, is_of_use: impl Fn(&K, &V) -> bool) -> u64 {
        let sweep =
            |one: &RwLock<Compartment<K, V>>| one.write().unwrap_or_else(PoisonError::into_inner).sweep(&is_of_use);
        self.compartments.iter().map(sweep).sum()
    }

    /// The most that one thing may weigh.
    pub(super) fn most(&self) -> u64 {
        self.room / COMPARTMENTS
    }

    /// How many things there are.
    pub(super) fn count(&self) -> u64 {
        self.sum(|compartment| compartment.slots.len() as u64)
    }

    /// What they weigh together.
    pub(super) fn weight(&self) -> u64 {
        self.sum(|compartment| compartment.weight)
    }

    fn sum(&self, of: impl Fn(&Compartment<K, V>) -> u64) -> u64 {
        let compartments = self.compartments.iter();
        compartments.map(|one| of(&one.read().unwrap_or_else(PoisonError::into_inner))).sum()
    }

    fn compartment(&self, hash: u64) -> &RwLock<Compartment<K, V>> {
        // Other bits than those by which the map tells its slots apart.
        &self.compartments[((hash >> 32) % COMPARTMENTS) as usize]
    }
}

impl<K, V> Compartment<K, V> {
    fn look_after(&mut self, is_of_use: impl Fn(&V) -> bool) {
        for _ in 0..LOOKED_AFTER {
            let Some(hash) = self.line.pop_front() else { return };
            match self.slots.get(&hash) {
                Some(slot) if is_of_use(&slot.value) => self.line.push_back(hash),
                _ => self.take_out(hash),
            }
        }
    }

    fn sweep(&mut self, is_of_use: impl Fn(&K, &V) -> bool) -> u64 {
        let useless = self.slots.iter().filter(|(_, slot)| !is_of_use(&slot.key, &slot.value));
        let useless: HashSet<u64> = useless.map(|(hash, _)| *hash).collect();
        self.line.retain(|hash| !useless.contains(hash));
        useless.iter().for_each(|hash| self.take_out(*hash));
        useless.len() as u64
    }

    fn make_room(&mut self) {
        while self.weight > self.room {
            let Some(hash) = self.line.pop_front() else { return };
            match self.slots.get(&hash) {
                Some(slot) if slot.is_used.swap(false, Ordering::Relaxed) => self.line.push_back(hash),
                _ => self.take_out(hash),
            }
        }
    }

    fn take_out(&mut self, hash: u64) {
        self.weight -= self.slots.remove(&hash).map_or(0, |slot| slot.weight);
    }
}

/// A hash that is one already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
