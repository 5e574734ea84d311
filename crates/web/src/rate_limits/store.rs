//! The buckets of one process: all that a request needs is looked at and taken in one
//! step, or nothing is.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;

use althing_backbone::Timestamp;
use althing_events::{ApiKeyId, UserId};

use super::bucket::{Bucket, Rate, Reading};
use super::numbers::Scope;

/// More buckets than this are not kept. Those that are full again go first; if there are
/// too many even so, whoever is new is refused.
const MOST: usize = 200_000;

/// Who is counted, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counted {
    /// Everybody together.
    Instance,
    /// Callers without a user, by their address.
    Address(Option<IpAddr>),
    /// Who tries to sign in, by their address.
    Attempts(Option<IpAddr>),
    /// A key.
    Key(ApiKeyId),
    /// A person.
    User(UserId, Scope),
}

impl Counted {
    /// The word of a refusal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Counted::Instance => "instance",
            Counted::Address(_) => "address",
            Counted::Attempts(_) => "sign_in_attempts",
            Counted::Key(_) => "key",
            Counted::User(_, scope) => scope.as_str(),
        }
    }
}

/// Whoever has one address of the newer kind has a whole network of them.
pub(super) fn network(address: Option<IpAddr>) -> Option<IpAddr> {
    match address?.to_canonical() {
        IpAddr::V6(address) => {
            let mut parts = address.segments();
            parts[4..].fill(0);
            Some(Ipv6Addr::from(parts).into())
        }
        v4 => Some(v4),
    }
}

/// One bucket is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Empty {
    pub counted: Counted,
    pub reading: Reading,
}

/// The buckets cannot be used: there are too many, or somebody broke off while changing them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unusable;

/// Why nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    Empty(Empty),
    Unusable,
}

impl From<Unusable> for Denied {
    fn from(Unusable: Unusable) -> Self {
        Denied::Unusable
    }
}

#[derive(Debug)]
pub(super) struct Store {
    buckets: Mutex<HashMap<Counted, (Bucket, Rate)>>,
    most: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            buckets: Mutex::default(),
            most: MOST,
        }
    }
}

type Wanted = [(Counted, Rate)];

impl Store {
    /// Takes one token of each, unless one of them is empty.
    pub fn take(&self, wanted: &Wanted, now: Timestamp) -> Result<Vec<Reading>, Denied> {
        let mut buckets = self.buckets.lock().map_err(|_| Unusable)?;
        self.make_room(&mut buckets, wanted, now)?;
        for (counted, rate) in wanted {
            let (bucket, kept) = buckets
                .entry(*counted)
                .or_insert_with(|| (Bucket::full(now), *rate));
            *kept = *rate;
            bucket.refill(*rate, now);
            if !bucket.has_one(*rate) {
                let (counted, reading) = (*counted, bucket.reading(*rate));
                return Err(Denied::Empty(Empty { counted, reading }));
            }
        }
        let taken = wanted.iter().filter_map(|(counted, rate)| {
            let (bucket, _) = buckets.get_mut(counted)?;
            bucket.take(*rate);
            Some(bucket.reading(*rate))
        });
        Ok(taken.collect())
    }

    /// How a bucket stands; nothing is taken.
    pub fn look(&self, counted: Counted, rate: Rate, now: Timestamp) -> Result<Reading, Unusable> {
        let buckets = self.buckets.lock().map_err(|_| Unusable)?;
        let known = buckets.get(&counted).map(|(bucket, _)| *bucket);
        let mut bucket = known.unwrap_or_else(|| Bucket::full(now));
        bucket.refill(rate, now);
        Ok(bucket.reading(rate))
    }

    /// Puts a token back.
    pub fn give_back(&self, counted: Counted, rate: Rate) {
        if let Ok(mut buckets) = self.buckets.lock()
            && let Some((bucket, _)) = buckets.get_mut(&counted)
        {
            bucket.give_back(rate);
        }
    }

    fn make_room(
        &self,
        buckets: &mut HashMap<Counted, (Bucket, Rate)>,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<(), Unusable> {
        let is_new = |(counted, _): &&(Counted, Rate)| !buckets.contains_key(counted);
        let coming = wanted.iter().filter(is_new).count();
        if coming == 0 || buckets.len() + coming <= self.most {
            return Ok(());
        }
        buckets.retain(|_, (bucket, rate)| !bucket.is_idle(*rate, now));
        if buckets.len() + coming <= self.most {
            return Ok(());
        }
        Err(Unusable)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use althing_backbone::Uuid;

    use super::*;

    fn user(number: u128) -> Counted {
        Counted::User(UserId(Uuid::from_u128(number)), Scope::Requests)
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0).plus(Duration::from_secs(seconds))
    }

    const TWO: Rate = Rate::per_minute(2);
    const MANY: Rate = Rate::per_minute(100);

    #[test]
    fn either_all_is_taken_or_nothing_is() {
        let store = Store::default();
        let wanted = [(Counted::Instance, MANY), (user(1), TWO)];
        assert!(store.take(&wanted, at(0)).is_ok() && store.take(&wanted, at(0)).is_ok());
        for _ in 0..200 {
            let Err(Denied::Empty(empty)) = store.take(&wanted, at(0)) else {
                panic!("the second bucket is empty");
            };
            assert_eq!((empty.counted, empty.reading.wait_secs), (user(1), 30));
        }
        let others = store
            .take(&[(Counted::Instance, MANY), (user(2), TWO)], at(0))
            .unwrap();
        assert_eq!(others[0].remaining, 97, "who was refused used nothing up");
    }

    #[test]
    fn many_threads_get_no_more_than_there_is() {
        let store = Store::default();
        let taken: usize = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let wanted = [(user(1), MANY)];
                        (0..50).filter(|_| store.take(&wanted, at(0)).is_ok()).count()
                    })
                })
                .collect();
            tries.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 100);
    }

    #[test]
    fn buckets_at_rest_are_forgotten_and_where_none_rests_whoever_is_new_is_refused() {
        let store = Store {
            most: 3,
            ..Store::default()
        };
        for number in 0..3 {
            assert!(store.take(&[(user(number), TWO)], at(0)).is_ok());
        }
        assert_eq!(store.take(&[(user(7), TWO)], at(29)), Err(Denied::Unusable));
        assert!(
            store.take(&[(user(0), TWO)], at(0)).is_ok(),
            "who is known goes on"
        );
        assert!(
            store.take(&[(user(7), TWO)], at(30)).is_ok(),
            "two are full again"
        );
        // One of them asked twice, and is not.
        let kept = store.buckets.lock().unwrap();
        assert!(kept.len() == 2 && kept.contains_key(&user(0)) && kept.contains_key(&user(7)));
    }

    #[test]
    fn a_broken_store_refuses() {
        let store = Store::default();
        let broken = std::thread::scope(|scope| {
            let breaking = scope.spawn(|| {
                let _held = store.buckets.lock();
                panic!("while it is changed");
            });
            breaking.join()
        });
        assert!(broken.is_err());
        assert_eq!(store.take(&[(user(1), TWO)], at(0)), Err(Denied::Unusable));
        assert_eq!(store.look(user(1), TWO, at(0)), Err(Unusable));
    }

    #[test]
    fn an_address_is_counted_with_its_network() {
        let of = |text: &str| network(Some(text.parse().unwrap())).unwrap().to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
    }
}
