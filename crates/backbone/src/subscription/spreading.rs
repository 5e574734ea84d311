//! Who shall run what, when several processes are alive. Each of them computes the
//! same shares from the same rows, so nobody needs to be in charge.

use std::collections::BTreeMap;

use uuid::Uuid;

/// A process that has given a sign of life.
#[derive(Clone, Debug)]
pub(super) struct LiveProcess {
    pub id: Uuid,
    /// The subscriptions in its program, with the version of their code.
    pub runs: BTreeMap<String, i64>,
}

/// A subscription and who has a lease on it.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub name: String,
    pub by: Option<Uuid>,
}

/// What one process should do now.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub acquire: Vec<String>,
    pub release: Vec<String>,
}

/// Shares differ by at most one where every process can run everything. A process
/// gives up only what it has beyond its share, and only for one that lacks
/// something, so that nothing moves unless a process came or went.
pub(super) fn plan(me: Uuid, processes: &[LiveProcess], held: &[Held]) -> Plan {
    let mut held: Vec<&Held> = held.iter().collect();
    held.sort_by(|a, b| a.name.cmp(&b.name));
    let shares = shares(processes, &held);
    let share = |id: &Uuid| shares.get(id).copied().unwrap_or(0);
    let mut owned: BTreeMap<Uuid, usize> = BTreeMap::new();
    for owner in held.iter().filter_map(|each| each.by) {
        *owned.entry(owner).or_default() += 1;
    }
    let lacks = |owned: &BTreeMap<Uuid, usize>, name: &str| {
        eligible(processes, name).find(|id| *id != me && owned.get(id).copied().unwrap_or(0) < share(id))
    };
    let mut plan = Plan::default();
    for each in held.iter().rev().filter(|each| each.by == Some(me)) {
        let unfit = eligible(processes, &each.name).next().is_some()
            && !eligible(processes, &each.name).any(|id| id == me);
        let heir = if unfit {
            eligible(processes, &each.name).next()
        } else if owned.get(&me).copied().unwrap_or(0) > share(&me) {
            lacks(&owned, &each.name)
        } else {
            None
        };
        if let Some(heir) = heir {
            *owned.entry(me).or_default() -= 1;
            *owned.entry(heir).or_default() += 1;
            plan.release.push(each.name.clone());
        }
    }
    for each in held.iter().filter(|each| each.by.is_none()) {
        if !eligible(processes, &each.name).any(|id| id == me) {
            continue;
        }
        let mine = owned.entry(me).or_default();
        if *mine < share(&me) {
            *mine += 1;
            plan.acquire.push(each.name.clone());
        } else if let Some(other) = lacks(&owned, &each.name) {
            *owned.entry(other).or_default() += 1;
        } else {
            *owned.entry(me).or_default() += 1;
            plan.acquire.push(each.name.clone());
        }
    }
    plan
}

/// Who can run it: those with the newest code of it. While a new version is rolled
/// out, an older process must not set the tables back.
fn eligible<'a>(processes: &'a [LiveProcess], name: &'a str) -> impl Iterator<Item = Uuid> + 'a {
    let newest = processes
        .iter()
        .filter_map(|process| process.runs.get(name))
        .max();
    processes
        .iter()
        .filter(move |process| newest.is_some() && process.runs.get(name) == newest)
        .map(|process| process.id)
}

/// How many each process should run.
fn shares(processes: &[LiveProcess], held: &[&Held]) -> BTreeMap<Uuid, usize> {
    let mut shares: BTreeMap<Uuid, usize> = processes.iter().map(|process| (process.id, 0)).collect();
    // What few can run is dealt first, so that the rest can make up for it.
    let mut by_choice = held.to_vec();
    by_choice.sort_by_key(|each| eligible(processes, &each.name).count());
    for each in by_choice {
        let least = eligible(processes, &each.name).min_by_key(|id| (shares[id], *id));
        if let Some(least) = least {
            *shares.entry(least).or_default() += 1;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn process(number: u128, runs: &[(&str, i64)]) -> LiveProcess {
        LiveProcess {
            id: id(number),
            runs: runs
                .iter()
                .map(|(name, version)| ((*name).to_owned(), *version))
                .collect(),
        }
    }

    /// Lets everybody act on the same view until nobody wants to; answers who owns
    /// what and how often something moved.
    fn settle(processes: &[LiveProcess], held: &mut [Held]) -> usize {
        let mut moves = 0;
        for _ in 0..20 {
            let plans: Vec<(Uuid, Plan)> = processes
                .iter()
                .map(|process| (process.id, plan(process.id, processes, held)))
                .collect();
            let mut quiet = true;
            for (me, plan) in plans {
                for each in held.iter_mut() {
                    if plan.release.contains(&each.name) && each.by == Some(me) {
                        each.by = None;
                        quiet = false;
                    } else if plan.acquire.contains(&each.name) && each.by.is_none() {
                        each.by = Some(me);
                        moves += 1;
                        quiet = false;
                    }
                }
            }
            if quiet {
                return moves;
            }
        }
        panic!("it never comes to rest: {held:?}");
    }

    fn count(held: &[Held], number: u128) -> usize {
        held.iter().filter(|each| each.by == Some(id(number))).count()
    }

    const NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

    fn free() -> Vec<Held> {
        NAMES
            .map(|name| Held {
                name: name.to_owned(),
                by: None,
            })
            .to_vec()
    }

    fn all(number: u128, version: i64) -> LiveProcess {
        process(number, &NAMES.map(|name| (name, version)))
    }

    #[test]
    fn shares_differ_by_at_most_one_and_only_the_difference_moves() {
        let mut held = free();
        assert_eq!(settle(&[all(1, 1)], &mut held), 7);
        assert_eq!(settle(&[all(1, 1), all(2, 1)], &mut held), 3);
        assert_eq!((count(&held, 1), count(&held, 2)), (4, 3));
        assert_eq!(settle(&[all(1, 1), all(2, 1), all(3, 1)], &mut held), 2);
        assert_eq!((count(&held, 1), count(&held, 2), count(&held, 3)), (3, 2, 2));
        assert_eq!(settle(&[all(1, 1), all(2, 1), all(3, 1)], &mut held), 0);
    }

    #[test]
    fn what_a_dead_process_left_is_shared_by_the_others() {
        let mut held = free();
        settle(&[all(1, 1), all(2, 1), all(3, 1)], &mut held);
        for each in &mut held {
            each.by = each.by.filter(|owner| *owner != id(1));
        }
        assert_eq!(settle(&[all(2, 1), all(3, 1)], &mut held), 3);
        assert_eq!((count(&held, 2), count(&held, 3)), (4, 3));
    }

    #[test]
    fn what_only_one_process_can_run_it_runs_even_beyond_its_share() {
        let mut held = free();
        let some = process(1, &[("a", 1), ("b", 1)]);
        settle(&[some.clone(), all(2, 1)], &mut held);
        assert_eq!((count(&held, 1), count(&held, 2)), (2, 5));
        settle(std::slice::from_ref(&some), &mut held);
        assert_eq!(count(&held, 2), 5, "nobody else can run these");
    }

    #[test]
    fn newer_code_takes_over_from_older_but_not_the_other_way_round() {
        let mut held = free();
        settle(&[all(1, 1)], &mut held);
        settle(&[all(1, 1), all(2, 2)], &mut held);
        assert_eq!((count(&held, 1), count(&held, 2)), (0, 7));
        for each in &mut held {
            each.by = None;
        }
        settle(&[all(1, 1)], &mut held);
        assert_eq!(
            count(&held, 1),
            7,
            "rolled back: the older code is the newest now"
        );
    }
}
